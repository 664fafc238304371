/**
 * gRPC server reflection, versions 1 and 1alpha, so that grpcurl and its kind need no .proto files.
 * Source: the public gRPC reflection protocol.
 */
import {
  decodeMessage,
  encodeMessage,
  fileDescriptors,
  fileOfSymbol,
  type Api,
  type Init,
} from '#wire';
import { asBuffer, knownMethod, rawMethod } from './grpc-method.ts';
import { Code } from './status.ts';
import type { Server, ServerDuplexStream } from '@grpc/grpc-js';

const HELPERS = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
];

type Answer = Init<Api.ReflectionServerReflectionResponse>;

export function addReflection(server: Server, services: readonly string[]): void {
  const listed = [...services, ...HELPERS].map((name) => ({ name }));
  for (const version of ['v1', 'v1alpha']) {
    const info = knownMethod(`grpc.reflection.${version}.ServerReflection`, 'ServerReflectionInfo');
    server.addService(
      { ServerReflectionInfo: rawMethod(info, { request: true, response: true }) },
      {
        ServerReflectionInfo: (call: ServerDuplexStream<Buffer, Buffer>) => {
          call.on('data', (bytes: Buffer) => {
            call.write(reply(bytes, listed));
          });
          call.on('end', () => {
            call.end();
          });
          // The client went away; there is nothing to clean up.
          call.on('error', () => undefined);
        },
      },
    );
  }
}

/** Both versions have the same messages, so one pair of types serves them. */
function reply(bytes: Buffer, listed: readonly { name: string }[]): Buffer {
  let request: Api.ReflectionServerReflectionRequest | undefined;
  let answer: Answer;
  try {
    request = decodeMessage('grpc.reflection.v1.ServerReflectionRequest', bytes);
    answer = answerTo(request, listed);
  } catch (error) {
    answer = failure(Code.INVALID_ARGUMENT, error instanceof Error ? error.message : 'bad request');
  }
  return asBuffer(
    encodeMessage('grpc.reflection.v1.ServerReflectionResponse', {
      ...answer,
      valid_host: request?.host ?? '',
      original_request: request ?? null,
    }),
  );
}

function answerTo(
  request: Api.ReflectionServerReflectionRequest,
  listed: readonly { name: string }[],
): Answer {
  if (request.list_services !== null) return { list_services_response: { service: listed } };
  if (request.file_by_filename !== null) return filesAnswer(request.file_by_filename);
  if (request.file_containing_symbol !== null) {
    const file = fileOfSymbol(request.file_containing_symbol);
    return filesAnswer(file ?? request.file_containing_symbol);
  }
  if (request.all_extension_numbers_of_type !== null)
    return {
      all_extension_numbers_response: { base_type_name: request.all_extension_numbers_of_type },
    };
  return failure(Code.NOT_FOUND, 'the API has no extensions');
}

function filesAnswer(name: string): Answer {
  const files = fileDescriptors(name);
  return files === undefined
    ? failure(Code.NOT_FOUND, `not found: ${name}`)
    : { file_descriptor_response: { file_descriptor_proto: files } };
}

function failure(error_code: number, error_message: string): Answer {
  return { error_response: { error_code, error_message } };
}
