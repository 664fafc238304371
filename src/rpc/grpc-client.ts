/** A gRPC client that moves bytes, on top of grpc-js; failures become `RpcStatusError`. */
import {
  Client,
  Metadata,
  credentials,
  type ClientUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import { RpcStatusError } from './status.ts';
import { rpcErrors } from './errors.ts';
import { typedClient, type CallOptions, type RawClient, type RpcClient } from './client.ts';
import type { Address } from './address.ts';
import type { DialOptions } from './dial.ts';
import { deferred } from '#base';

/** How long a first connection may take before dialling fails, as with a refused ttrpc socket. */
const CONNECT_TIMEOUT_MS = 10_000;

const asIs = (bytes: Buffer): Buffer => bytes;

export async function grpcClientTo(
  parsed: Address,
  address: string,
  options: DialOptions,
): Promise<RpcClient> {
  if (options.tls !== undefined || options.hybridVsockPort !== undefined)
    throw rpcErrors.badAddress(
      address,
      'gRPC is offered without TLS and vsock handshake; use ttrpc',
    );
  const client = new Client(targetOf(parsed, address), credentials.createInsecure(), {
    'grpc.max_receive_message_length': 4 << 20,
    'grpc.max_send_message_length': 4 << 20,
    // A connection of its own for every client, as with ttrpc.
    'grpc.use_local_subchannel_pool': 1,
    // Otherwise a proxy from the environment would be asked about loopback addresses.
    'grpc.enable_http_proxy': 0,
  });
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + CONNECT_TIMEOUT_MS, (error) => {
      if (error === undefined) resolve();
      else {
        client.close();
        reject(rpcErrors.cannotConnect(address, error));
      }
    });
  });
  return typedClient(new GrpcClient(client));
}

function targetOf(parsed: Address, address: string): string {
  if (parsed.kind === 'unix') {
    if (parsed.path.startsWith('\0') || parsed.vsockPort !== undefined)
      throw rpcErrors.badAddress(address, 'gRPC dials plain unix sockets and TCP only');
    return `unix:${parsed.path}`;
  }
  return `${parsed.host.includes(':') ? `[${parsed.host}]` : parsed.host}:${String(parsed.port)}`;
}

class GrpcClient implements RawClient {
  readonly protocol = 'grpc';
  readonly #client: Client;
  readonly #calls = new Set<ClientUnaryCall>();
  readonly #closed = deferred<undefined>();

  constructor(client: Client) {
    this.#client = client;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  async callRaw(
    service: string,
    method: string,
    payload: Uint8Array,
    { timeoutMs = 0, signal, metadata = [] }: CallOptions = {},
  ): Promise<Uint8Array> {
    const headers = new Metadata();
    for (const [key, value] of metadata) headers.add(key, value);
    const deadline = timeoutMs > 0 ? Date.now() + timeoutMs : Number.POSITIVE_INFINITY;
    return await new Promise<Uint8Array>((resolve, reject) => {
      const onAbort = (): void => {
        call.cancel();
      };
      const call = this.#client.makeUnaryRequest(
        `/${service}/${method}`,
        asIs,
        asIs,
        Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
        headers,
        { deadline },
        (error: ServiceError | null, response?: Buffer) => {
          signal?.removeEventListener('abort', onAbort);
          this.#calls.delete(call);
          if (error === null) resolve(response ?? Buffer.alloc(0));
          else reject(new RpcStatusError(error.code, error.details, { cause: error }));
        },
      );
      this.#calls.add(call);
      if (signal?.aborted === true) call.cancel();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  close(): Promise<void> {
    // The library would let running calls finish; hanging up means giving up.
    for (const call of this.#calls) call.cancel();
    this.#client.close();
    this.#closed.resolve(undefined);
    return this.#closed.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
