/** Method definitions for grpc-js that move bytes as they are; encoding is done elsewhere. */
import { findMethod, type MethodInfo } from '#wire';
import type { MethodDefinition } from '@grpc/grpc-js';

const asIs = (bytes: Buffer): Buffer => bytes;

export function rawMethod(
  { path, method }: MethodInfo,
  stream: { readonly request?: boolean; readonly response?: boolean } = {},
): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    originalName: method,
    requestStream: stream.request ?? false,
    responseStream: stream.response ?? false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

/** The catalogue row of a service of our own schema. */
export function knownMethod(service: string, method: string): MethodInfo {
  const info = findMethod(service, method);
  if (info === undefined) throw new TypeError(`${service}/${method} is not in the schema`);
  return info;
}

/** grpc-js wants Buffers; this one shares the bytes. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
