/** The standard grpc.health.v1 service: Check and Watch. Every service served is SERVING. */
import {
  status as Status,
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { decodeMessage, encodeMessage } from '#wire';
import { asBuffer, knownMethod, rawMethod } from './grpc-method.ts';

const SERVICE = 'grpc.health.v1.Health';
const REQUEST = 'grpc.health.v1.HealthCheckRequest';

/** grpc.health.v1.HealthCheckResponse.ServingStatus */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

const response = (status: number): Buffer =>
  asBuffer(encodeMessage('grpc.health.v1.HealthCheckResponse', { status }));

/** `close` tells the watchers NOT_SERVING and ends their streams. */
export function addStandardHealth(server: Server, services: readonly string[]): { close(): void } {
  const watchers = new Set<ServerWritableStream<Buffer, Buffer>>();
  // The empty name asks about the server as a whole.
  const isServed = (request: Buffer): boolean =>
    ['', SERVICE, ...services].includes(decodeMessage(REQUEST, request).service);
  server.addService(
    {
      Check: rawMethod(knownMethod(SERVICE, 'Check')),
      Watch: rawMethod(knownMethod(SERVICE, 'Watch'), { response: true }),
    },
    {
      Check: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        if (isServed(call.request)) callback(null, response(SERVING));
        else callback({ code: Status.NOT_FOUND, details: 'unknown service' });
      },
      Watch: (call: ServerWritableStream<Buffer, Buffer>) => {
        watchers.add(call);
        call.on('cancelled', () => watchers.delete(call));
        call.on('error', () => undefined);
        call.write(response(isServed(call.request) ? SERVING : SERVICE_UNKNOWN));
      },
    },
  );
  return {
    close() {
      for (const watcher of watchers) {
        watcher.write(response(NOT_SERVING));
        watcher.end();
      }
      watchers.clear();
    },
  };
}
