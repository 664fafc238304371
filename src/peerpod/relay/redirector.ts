/**
 * The relay that proxy and forwarder share: every call of AgentService and Health goes to one
 * upstream connection, frame by frame unless a change is listed for it.
 * Source: cloud-api-adaptor v0.22.0 pkg/util/agentproto/redirector.go.
 *
 * The upstream is dialled once, by the first call or `connect`. If that fails it stays failed: the
 * first caller hears why, everyone after only that there is no connection.
 */
import { messageOf, type Closable } from '#base';
import {
  decodeMessage,
  encodeMessage,
  findMethod,
  type MethodName,
  methodsOf,
  type RequestOf,
} from '#wire';
import {
  Code,
  RpcStatusError,
  type Dispatcher,
  type FrameUpstream,
  type RawCall,
  type RpcClient,
} from '#rpc';

type AgentMethod = MethodName<'grpc.AgentService'>;

/** Changes a decoded request in place before it is forwarded; only listed methods are decoded. */
export type RequestChanges = {
  readonly [M in AgentMethod]?: (
    request: RequestOf<'grpc.AgentService', M>,
    call: RawCall,
  ) => Promise<void> | void;
};

export interface RelayEvent {
  readonly service: string;
  readonly method: string;
  readonly requestBytes: number;
  /** 0 when the agent answered; else the status that passed through. */
  readonly code: number;
  readonly message: string;
  readonly responseBytes: number;
}

export interface RedirectorOptions {
  /** `signal` is that of the call that comes first: its deadline bounds the only dial there is. */
  readonly dial: (signal?: AbortSignal) => Promise<RpcClient>;
  readonly changes: RequestChanges;
  /** Hears of every call once it is answered. */
  readonly observe?: ((event: RelayEvent) => void) | undefined;
}

interface Redirector extends Closable {
  readonly dispatcher: Dispatcher;
  /** Dials now instead of on the first call; throws the same status. */
  connect(): Promise<RpcClient>;
}

const SERVICES = ['grpc.AgentService', 'grpc.Health'] as const;

export function createRedirector({ dial, changes, observe }: RedirectorOptions): Redirector {
  let upstream: Promise<RpcClient> | undefined;
  /** Of the upstream once it stands. */
  let frames: FrameUpstream | undefined;
  let isReported = false;
  const connect = async (signal?: AbortSignal): Promise<RpcClient> => {
    upstream ??= dial(signal);
    try {
      const client = await upstream;
      frames ??= client.frames && goWorded(client.frames);
      return client;
    } catch (cause) {
      const why = isReported ? '' : `: ${messageOf(cause)}`;
      isReported = true;
      throw new RpcStatusError(Code.UNKNOWN, `agent connection is not established${why}`, {
        cause,
      });
    }
  };
  const close = async (): Promise<void> => {
    const client = await upstream?.catch(() => undefined);
    await client?.close();
  };
  const forward = async (call: RawCall): Promise<Uint8Array> => {
    const payload = await changed(call, changes);
    const client = await connect(call.signal);
    return client.callRaw(call.service, call.method, payload, {
      timeoutMs: call.timeoutMs,
      signal: call.signal,
      metadata: flatten(call.metadata),
    });
  };
  return {
    dispatcher: {
      services: SERVICES,
      has: (service, method) => isRelayed(service) && findMethod(service, method) !== undefined,
      call: observe === undefined ? relayWith(forward) : observed(relayWith(forward), observe),
      // Who observes wants to know what an answer says, and a changed request has to be made anew.
      passThrough: (service, method) =>
        observe !== undefined || isChanged(service, method, changes) ? undefined : frames,
    },
    connect: () => connect(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The methods a relay knows, `/grpc.AgentService/CreateContainer` and so on. */
export function relayedMethods(): string[] {
  return SERVICES.flatMap((service) => methodsOf(service).map(({ path }) => path));
}

const isRelayed = (service: string): boolean => (SERVICES as readonly string[]).includes(service);

type Forward = (call: RawCall) => Promise<Uint8Array>;

const relayWith =
  (forward: Forward): Forward =>
  async (call) => {
    try {
      return await forward(call);
    } catch (error) {
      throw goStatus(error);
    }
  };

/** A lost upstream is no status in Go, just an error: ttrpc sends such as UNKNOWN. */
function goStatus<E>(error: E): E | RpcStatusError {
  if (error instanceof RpcStatusError && error.message === 'ttrpc: closed') {
    return new RpcStatusError(Code.UNKNOWN, error.message, { cause: error.cause });
  }
  return error;
}

const goWorded = (inner: FrameUpstream): FrameUpstream => ({
  forward: (frame, onAnswer) =>
    inner.forward(frame, (answer) => {
      onAnswer(answer instanceof RpcStatusError ? goStatus(answer) : answer);
    }),
});

const isChanged = (service: string, method: string, changes: RequestChanges): boolean =>
  service === 'grpc.AgentService' && Object.hasOwn(changes, method);

async function changed(call: RawCall, changes: RequestChanges): Promise<Uint8Array> {
  if (!isChanged(call.service, call.method, changes)) return call.payload;
  const info = findMethod(call.service, call.method);
  const change = changes[call.method as AgentMethod];
  if (info === undefined || change === undefined) return call.payload;
  const request = decodeMessage(info.requestType, call.payload);
  // The row and the message type come from the same method name; only the types cannot see it.
  await (change as (request: unknown, call: RawCall) => Promise<void> | void)(request, call);
  return encodeMessage(info.requestType, request as never);
}

const observed =
  (forward: Forward, observe: (event: RelayEvent) => void): Forward =>
  async (call) => {
    const { service, method, payload } = call;
    const event = { service, method, requestBytes: payload.length };
    try {
      const answer = await forward(call);
      observe({ ...event, code: Code.OK, message: '', responseBytes: answer.length });
      return answer;
    } catch (error) {
      const code = error instanceof RpcStatusError ? error.code : Code.UNKNOWN;
      observe({ ...event, code, message: messageOf(error), responseBytes: 0 });
      throw error;
    }
  };

function* flatten(
  metadata: ReadonlyMap<string, readonly string[]>,
): Generator<readonly [string, string]> {
  for (const [key, values] of metadata) for (const value of values) yield [key, value];
}
