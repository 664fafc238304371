/**
 * gRPC for the same dispatcher: the services under the same names (`/grpc.AgentService/X`), with
 * reflection and the standard health service beside Kata's own. The agent itself speaks only ttrpc;
 * this surface is ours, for tools that have no ttrpc.
 */
import {
  Metadata as GrpcMetadata,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
  type status as GrpcStatus,
} from '@grpc/grpc-js';
import { KatasimError, runOnce, type Closable } from '#base';
import { methodsOf, type MethodInfo } from '#wire';
import { asBuffer, rawMethod } from './grpc-method.ts';
import { addReflection } from './grpc-reflection.ts';
import { addStandardHealth } from './grpc-health.ts';
import { CallSignal } from './call-signal.ts';
import { Code, RpcStatusError, statusOf, type RpcStatus } from './status.ts';
import type { Dispatcher, Metadata } from './dispatch.ts';
import type { Duplex } from 'node:stream';

/** An answer that is ready takes no longer than this to leave, unless nobody reads it. */
const DRAIN_MS = 2_000;

type Call = ServerUnaryCall<Buffer, Buffer>;

export interface GrpcServer extends Closable {
  /** Serves a connection that is already open, its first bytes unread. Takes it over. */
  accept(connection: Duplex): void;
  /** Lets running calls send their answers, then ends the connections; cuts them off after a while. */
  drain(): void;
}

export function openGrpcServer(dispatcher: Dispatcher): GrpcServer {
  const server = new Server({
    // The same bound as a ttrpc frame's.
    'grpc.max_receive_message_length': 4 << 20,
    'grpc.max_send_message_length': 4 << 20,
  });
  for (const service of dispatcher.services) addService(server, service, dispatcher);
  const health = addStandardHealth(server, dispatcher.services);
  addReflection(server, dispatcher.services);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const close = runOnce(async () => {
    health.close();
    injector.destroy();
    server.forceShutdown();
    await Promise.resolve();
  });
  return {
    accept: (connection) => injector.injectConnection(connection),
    drain: () => injector.drain(DRAIN_MS),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function addService(server: Server, service: string, dispatcher: Dispatcher): void {
  const definition: Record<string, ReturnType<typeof rawMethod>> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const info of methodsOf(service)) {
    if (info.streaming || !dispatcher.has(service, info.method)) continue;
    definition[info.method] = rawMethod(info);
    implementation[info.method] = (call: Call, callback: sendUnaryData<Buffer>) => {
      answer(dispatcher, info, call).then(
        (response) => callback(null, response),
        (error: unknown) => {
          const { code, message } = grpcStatus(error);
          // The numbers are the same; the library types them as its own enum.
          callback({
            code: code as unknown as GrpcStatus,
            details: boundedDetails(message),
            metadata: new GrpcMetadata(),
          });
        },
      );
    };
  }
  // A service without methods is listed and nothing else; the library would refuse it.
  if (Object.keys(definition).length > 0) server.addService(definition, implementation);
}

async function answer(dispatcher: Dispatcher, info: MethodInfo, call: Call): Promise<Buffer> {
  const cancel = new CallSignal();
  call.on('cancelled', () => {
    cancel.abort(new RpcStatusError(Code.CANCELLED, 'client gave up'));
  });
  const response = await dispatcher.call({
    service: info.service,
    method: info.method,
    payload: call.request,
    get signal() {
      return cancel.signal;
    },
    get timeoutMs() {
      return timeLeft(call);
    },
    get metadata() {
      return collectMetadata(call.metadata);
    },
    peer: {
      protocol: 'grpc',
      get address() {
        return call.getPeer();
      },
    },
  });
  return asBuffer(response);
}

function timeLeft(call: Call): number | undefined {
  const deadline = call.getDeadline();
  const at = deadline instanceof Date ? deadline.getTime() : deadline;
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : undefined;
}

function collectMetadata(metadata: GrpcMetadata): Metadata {
  const collected = new Map<string, string[]>();
  for (const [key, values] of Object.entries(metadata.toJSON()))
    collected.set(key, values.map(String));
  return collected;
}

function grpcStatus(error: unknown): RpcStatus {
  if (error instanceof KatasimError && error.code === 'WIRE_UNDECODABLE')
    return { code: Code.INTERNAL, message: `error unmarshalling request: ${error.message}` };
  return statusOf(error);
}

/**
 * gRPC sends the message in a header, percent-encoded, and header lists are limited to 64 KiB: a longer
 * one would never arrive, and the client would wait for ever. ttrpc has no such limit.
 */
const MAX_DETAILS_BYTES = 48 << 10;

function boundedDetails(message: string): string {
  let kept = message;
  while (encodedLength(kept) > MAX_DETAILS_BYTES) {
    kept = kept.slice(0, Math.min(MAX_DETAILS_BYTES, Math.ceil(kept.length / 2)));
  }
  if (kept === message) return message;
  return `${kept}... (${message.length - kept.length} more characters; ask over ttrpc for all of it)`;
}

/** By way of bytes, since a lone surrogate cannot be percent-encoded. */
const encodedLength = (text: string): number => encodeURI(Buffer.from(text).toString()).length;
