/**
 * Calls through a relay, frame by frame and taken apart (as with an observer): the client cannot tell.
 * Real unix sockets; the relay is the forwarder's and the proxy's redirector alone.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deferred } from '#base';
import { Code, dial, listen, RpcStatusError, type RawCall, type RpcClient } from '#rpc';
import { encodeFrame, encodeMessage, FrameDecoder, MAX_FRAME_LENGTH } from '#wire';
import { createRedirector, type RedirectorOptions, type RelayEvent } from './redirector.ts';

const SERVICE = 'grpc.AgentService';
let directory: string;
const open: { close(): Promise<void> }[] = [];
const opened = <T extends { close(): Promise<void> }>(resource: T): T => {
  open.push(resource);
  return resource;
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kr-'));
});
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
  await rm(directory, { recursive: true, force: true });
});

async function relay(
  answer: (call: RawCall) => Uint8Array | Promise<Uint8Array>,
  options: Partial<RedirectorOptions> = {},
) {
  const agentPath = join(directory, 'agent.sock');
  const agent = opened(
    await listen(`unix://${agentPath}`, {
      services: [SERVICE],
      has: () => true,
      call: async (call) => answer(call),
    }),
  );
  const redirector = opened(
    createRedirector({ dial: () => dial(`unix://${agentPath}`), changes: {}, ...options }),
  );
  await redirector.connect();
  const path = join(directory, 'relay.sock');
  opened(
    await listen(`unix://${path}`, redirector.dispatcher, { flavour: 'go', protocols: 'ttrpc' }),
  );
  const client = opened(await dial(`unix://${path}`));
  return { agent, client, path, redirector };
}

const call = (client: RpcClient, payload: Uint8Array, method = 'ReadStdout') =>
  client.callRaw(SERVICE, method, payload);
const bytes = (length: number): Buffer => Buffer.alloc(length, 'katasim ');

describe.each([
  { way: 'frame by frame', options: {} },
  { way: 'with an observer', options: { observe: () => undefined } },
])('$way', ({ options }) => {
  test.each([0, 1, 100_000, MAX_FRAME_LENGTH - 64])('%i bytes there and back', async (length) => {
    const { client } = await relay(({ payload }) => Uint8Array.from(payload), options);
    expect(Buffer.from(await call(client, bytes(length))).equals(bytes(length))).toBe(true);
  });

  test('answers find their calls, however they overtake each other', async () => {
    const held = deferred<undefined>();
    const { client } = await relay(async ({ payload }) => {
      if (payload[0] === 0) await held.promise;
      return Uint8Array.from(payload);
    }, options);
    const first = call(client, Buffer.of(0, 1));
    const others = Array.from({ length: 200 }, (_, n) => call(client, Buffer.of(1, n)));
    const answers = await Promise.all(others);
    expect(answers.map(([, n]) => n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    held.resolve(undefined);
    expect([...(await first)]).toEqual([0, 1]);
  });

  test('code and message of a refusal pass', async () => {
    const { client } = await relay(() => {
      throw new RpcStatusError(Code.PERMISSION_DENIED, '"X is blocked by policy: "');
    }, options);
    await expect(call(client, bytes(1))).rejects.toMatchObject({
      code: Code.PERMISSION_DENIED,
      message: '"X is blocked by policy: "',
    });
  });

  test('metadata and the time allowed reach the agent', async () => {
    const heard: unknown[] = [];
    const { client } = await relay(({ metadata, timeoutMs }) => {
      heard.push([...metadata], timeoutMs);
      return new Uint8Array();
    }, options);
    const metadata = [
      ['k', 'a'],
      ['k', 'b'],
    ] as const;
    await client.callRaw(SERVICE, 'ReadStdout', bytes(1), { metadata, timeoutMs: 60_000 });
    expect(heard).toEqual([[['k', ['a', 'b']]], 60_000]);
  });

  test('a call that takes too long ends in the words of Go', async () => {
    const { path } = await relay(() => new Promise<never>(() => undefined), options);
    const body = { service: SERVICE, method: 'ReadStdout', timeout_nano: 5_000_000n };
    const answer = await exchange(path, encodeMessage('ttrpc.Request', body));
    const status = { code: Code.DEADLINE_EXCEEDED, message: 'context deadline exceeded' };
    expect(answer).toEqual(Buffer.from(encodeMessage('ttrpc.Response', { status })));
  });

  test('a success carries no status, though the agent sends one', async () => {
    const { path } = await relay(() => Buffer.from('abc'), options);
    const body = { service: SERVICE, method: 'ReadStdout' };
    const answer = await exchange(path, encodeMessage('ttrpc.Request', body));
    expect(answer).toEqual(
      Buffer.from(encodeMessage('ttrpc.Response', { payload: Buffer.from('abc') })),
    );
  });

  test('an answer above the limit is refused by the agent, and the next one passes', async () => {
    const answers = [new Uint8Array(MAX_FRAME_LENGTH), Buffer.from('ok')];
    const { client } = await relay(() => answers.shift() ?? new Uint8Array(), options);
    await expect(call(client, bytes(1))).rejects.toMatchObject({
      message: expect.stringContaining('exceed maximum message size of 4194304') as string,
    });
    expect(Buffer.from(await call(client, bytes(1))).toString()).toBe('ok');
  });

  test('a lost agent fails what is in flight and all that follows, without dialling again', async () => {
    let dials = 0;
    const started = deferred<undefined>();
    const path = join(directory, 'agent.sock');
    const { agent, client } = await relay(
      () => {
        started.resolve(undefined);
        return new Promise<never>(() => undefined);
      },
      {
        ...options,
        dial: () => {
          dials += 1;
          return dial(`unix://${path}`);
        },
      },
    );
    const lost = call(client, bytes(1));
    await started.promise;
    await Promise.all([
      expect(lost).rejects.toMatchObject({ code: Code.UNKNOWN, message: 'ttrpc: closed' }),
      agent.close(),
    ]);
    await expect(call(client, bytes(1))).rejects.toMatchObject({
      code: Code.UNKNOWN,
      message: 'ttrpc: closed',
    });
    expect(dials).toBe(1);
  });

  test('a client that goes leaves the others their answers', async () => {
    const held = deferred<undefined>();
    const started = deferred<undefined>();
    const { client, path } = await relay(async ({ payload }) => {
      if (payload.length === 0) started.resolve(undefined);
      await held.promise;
      return Uint8Array.from(payload);
    }, options);
    const gone = await dial(`unix://${path}`);
    const abandoned = call(gone, new Uint8Array());
    await started.promise;
    const kept = call(client, Buffer.of(7));
    await Promise.all([expect(abandoned).rejects.toThrow('ttrpc: closed'), gone.close()]);
    held.resolve(undefined);
    expect([...(await kept)]).toEqual([7]);
  });
});

test('a method with a change is decoded, one without goes past the dispatcher', async () => {
  const calls: string[] = [];
  const { client, redirector } = await relay(
    ({ method, payload }) => {
      calls.push(`${method} ${payload.length}`);
      return new Uint8Array();
    },
    { changes: { CreateSandbox: (request) => void (request.dns = []) } },
  );
  expect(redirector.dispatcher.passThrough?.(SERVICE, 'CreateSandbox')).toBeUndefined();
  expect(redirector.dispatcher.passThrough?.(SERVICE, 'ReadStdout')).toBeDefined();
  const payload = encodeMessage('grpc.CreateSandboxRequest', { dns: ['192.0.2.1'] });
  await call(client, payload, 'CreateSandbox');
  await call(client, payload, 'ReadStdout');
  expect(calls).toEqual(['CreateSandbox 0', `ReadStdout ${payload.length}`]);
});

test('an observer hears of every call', async () => {
  const events: RelayEvent[] = [];
  const { client } = await relay(() => Buffer.from('ab'), {
    observe: (event) => events.push(event),
  });
  await call(client, bytes(3));
  expect(events).toMatchObject([{ method: 'ReadStdout', requestBytes: 3, responseBytes: 2 }]);
});

/** One request frame and the payload of the answer to it, without any client in between. */
async function exchange(path: string, body: Uint8Array): Promise<Buffer> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.write(encodeFrame({ streamId: 1, type: 1 }, body));
  const decoder = new FrameDecoder();
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    for (const event of decoder.push(chunk)) {
      if (event.kind === 'frame') return event.payload;
    }
  }
  throw new Error('the relay hung up');
}

test('the only dial there is ends with the deadline of the call that began it', async () => {
  const redirector = opened(
    createRedirector({
      dial: (signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
        }),
      changes: {},
    }),
  );
  const path = join(directory, 'relay.sock');
  opened(await listen(`unix://${path}`, redirector.dispatcher, { flavour: 'go' }));
  const client = opened(await dial(`unix://${path}`));
  const first = client.callRaw(SERVICE, 'ReadStdout', new Uint8Array(), { timeoutMs: 20 });
  await expect(first).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
  await expect(call(client, new Uint8Array())).rejects.toThrow(
    'agent connection is not established',
  );
});
