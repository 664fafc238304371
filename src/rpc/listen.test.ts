/** One listener, both protocols, every kind of address: calls, failures, deadlines, disconnects. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deferred } from '#base';
import { decodeMessage, encodeMessage, FrameDecoder, FrameType, encodeFrame } from '#wire';
import {
  Code,
  RpcStatusError,
  dial,
  listen,
  type CallContext,
  type ServiceTables,
} from './index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'katasim-rpc-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const services: ServiceTables = {
  'grpc.Health': {
    Check: { handle: () => ({ status: 1 }) },
    Version: {
      handle: (_request, { metadata }) => ({
        grpc_version: '0.0.1',
        agent_version: (metadata.get('x-tag') ?? []).join('+'),
      }),
    },
  },
  'grpc.AgentService': {
    ReadStdout: { handle: ({ len }) => ({ data: new Uint8Array(len).fill(7) }) },
    PauseContainer: {
      handle: ({ container_id }) => {
        throw new RpcStatusError(Code.PERMISSION_DENIED, `"${container_id}" é\nline\\two`);
      },
    },
    WaitProcess: {
      handle: (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    },
  },
};

const cases = [
  { note: 'ttrpc over tcp', listenOn: () => 'tcp://127.0.0.1:0', protocol: 'ttrpc' },
  { note: 'gRPC over tcp', listenOn: () => 'tcp://127.0.0.1:0', protocol: 'grpc' },
  { note: 'ttrpc over unix', listenOn: () => `unix://${folder}/a.sock`, protocol: 'ttrpc' },
  { note: 'gRPC over unix', listenOn: () => `unix://${folder}/b.sock`, protocol: 'grpc' },
  {
    note: 'ttrpc over hybrid vsock',
    listenOn: () => `hvsock://${folder}/c.sock:1024`,
    protocol: 'ttrpc',
  },
  ...(process.platform === 'linux'
    ? [
        {
          note: 'ttrpc over an abstract socket',
          listenOn: () => `unix://@katasim-${process.pid}`,
          protocol: 'ttrpc',
        } as const,
      ]
    : []),
] as const;

describe.each(cases)('$note', ({ listenOn, protocol }) => {
  test('answers, with metadata', async () => {
    await using server = await listen(listenOn(), services);
    await using client = await dial(server.address, { protocol });
    expect(await client.call('grpc.Health', 'Check', {})).toEqual({ status: 1 });
    const metadata = [
      ['X-Tag', 'one'],
      ['x-tag', 'two'],
    ] as const;
    const version = await client.call('grpc.Health', 'Version', {}, { metadata });
    expect(version.agent_version.replace(', ', '+')).toBe('one+two');
  });

  test('passes code and message on exactly', async () => {
    await using server = await listen(listenOn(), services);
    await using client = await dial(server.address, { protocol });
    const refused = client.call('grpc.AgentService', 'PauseContainer', { container_id: 'c1' });
    await expect(refused).rejects.toMatchObject({ code: 7, message: '"c1" é\nline\\two' });
  });

  test('an API method without a row is not there', async () => {
    await using server = await listen(listenOn(), services);
    await using client = await dial(server.address, { protocol });
    const refused = client.call('grpc.AgentService', 'AddSwap', {});
    await expect(refused).rejects.toMatchObject(
      protocol === 'ttrpc'
        ? { code: Code.NOT_FOUND, message: '/grpc.AgentService/AddSwap is not supported' }
        : { code: Code.UNIMPLEMENTED },
    );
  });

  test('a call that takes too long ends with DEADLINE_EXCEEDED and its handler is told', async () => {
    const told = deferred<unknown>();
    const table: ServiceTables = {
      'grpc.AgentService': {
        WaitProcess: {
          handle: (_request, { signal }: CallContext) =>
            new Promise(() => {
              signal.addEventListener('abort', () => {
                told.resolve(signal.aborted);
              });
            }),
        },
      },
    };
    await using server = await listen(listenOn(), table);
    await using client = await dial(server.address, { protocol });
    const late = client.call('grpc.AgentService', 'WaitProcess', {}, { timeoutMs: 20 });
    await expect(late).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
    expect(await told.promise).toBe(true);
  });

  test('a client that goes away cancels its handlers and nobody else', async () => {
    const started = deferred<undefined>();
    const told = deferred<boolean>();
    const table: ServiceTables = {
      ...services,
      'grpc.AgentService': {
        WaitProcess: {
          handle: (_request, { signal }: CallContext) =>
            new Promise(() => {
              started.resolve(undefined);
              signal.addEventListener('abort', () => {
                told.resolve(true);
              });
            }),
        },
      },
    };
    await using server = await listen(listenOn(), table);
    await using stays = await dial(server.address, { protocol });
    const leaves = await dial(server.address, { protocol });
    const lost = leaves.call('grpc.AgentService', 'WaitProcess', {}).catch((e: unknown) => e);
    await started.promise;
    await leaves.close();
    expect(await lost).toBeInstanceOf(RpcStatusError);
    expect(await told.promise).toBe(true);
    expect(await stays.call('grpc.Health', 'Check', {})).toEqual({ status: 1 });
  });

  test('an aborted call is CANCELLED and the connection goes on', async () => {
    await using server = await listen(listenOn(), services);
    await using client = await dial(server.address, { protocol });
    const controller = new AbortController();
    const given = client.call(
      'grpc.AgentService',
      'WaitProcess',
      {},
      { signal: controller.signal },
    );
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: Code.CANCELLED });
    expect(await client.call('grpc.Health', 'Check', {})).toEqual({ status: 1 });
  });
});

test('ttrpc: a response above 4 MiB is replaced by INVALID_ARGUMENT', async () => {
  await using server = await listen('tcp://127.0.0.1:0', services);
  await using client = await dial(server.address);
  const large = client.call('grpc.AgentService', 'ReadStdout', { len: 4 << 20 });
  await expect(large).rejects.toMatchObject({
    code: Code.INVALID_ARGUMENT,
    message: /^message length 41943\d\d exceed maximum message size of 4194304$/,
  });
  const fits = await client.call('grpc.AgentService', 'ReadStdout', { len: (4 << 20) - 64 });
  expect(fits.data.length).toBe((4 << 20) - 64);
});

test('closing a listener tells its clients and frees the path', async () => {
  const address = `unix://${folder}/close.sock`;
  const server = await listen(address, services);
  const client = await dial(address);
  await server.close();
  await client.closed;
  await expect(client.call('grpc.Health', 'Check', {})).rejects.toMatchObject({
    code: Code.UNAVAILABLE,
    message: 'ttrpc: closed',
  });
  await expect(stat(`${folder}/close.sock`)).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('taking an address', () => {
  test('in use by a living server is an error', async () => {
    const address = `unix://${folder}/busy.sock`;
    await using _server = await listen(address, services);
    await expect(listen(address, services)).rejects.toMatchObject({ code: 'RPC_ADDRESS_IN_USE' });
    await using tcp = await listen('tcp://127.0.0.1:0', services);
    await expect(listen(tcp.address, services)).rejects.toMatchObject({
      code: 'RPC_ADDRESS_IN_USE',
    });
  });

  test('a socket file left by a dead server is replaced', async () => {
    const path = `${folder}/stale.sock`;
    const { execFileSync } = await import('node:child_process');
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(() => execFileSync(process.execPath, ['-e', leave])).toThrow();
    expect((await stat(path)).isSocket()).toBe(true);
    await using server = await listen(`unix://${path}`, services);
    await using client = await dial(server.address);
    expect(await client.call('grpc.Health', 'Check', {})).toEqual({ status: 1 });
  });

  test('a plain file in the way is left alone', async () => {
    const path = `${folder}/file`;
    await writeFile(path, 'mine');
    await expect(listen(`unix://${path}`, services)).rejects.toMatchObject({
      code: 'RPC_NOT_A_SOCKET',
    });
    expect((await stat(path)).size).toBe(4);
  });

  test('a missing folder is named', async () => {
    await expect(listen(`unix://${folder}/none/x.sock`, services)).rejects.toMatchObject({
      code: 'RPC_CANNOT_LISTEN',
    });
  });

  test('nobody there is a clear error', async () => {
    await expect(dial(`unix://${folder}/nobody.sock`)).rejects.toMatchObject({
      code: 'RPC_CANNOT_CONNECT',
      message: `cannot connect to unix://${folder}/nobody.sock: no such file or directory`,
    });
  });
});

/** A bare socket that speaks frames, for what no well-behaved client would send. */
async function rawExchange(address: string, bytes: Buffer, answers: number) {
  const socket = connect(Number(address.slice(address.lastIndexOf(':') + 1)), '127.0.0.1');
  await once(socket, 'connect');
  const decoder = new FrameDecoder();
  const got: { streamId: number; code: number; message: string }[] = [];
  const done = deferred<undefined>();
  socket.on('data', (chunk: Buffer) => {
    for (const event of decoder.push(chunk)) {
      if (event.kind !== 'frame') throw new Error('unexpected');
      const { status } = decodeMessage('ttrpc.Response', event.payload);
      got.push({
        streamId: event.header.streamId,
        code: status?.code ?? 0,
        message: status?.message ?? '',
      });
      if (got.length === answers) done.resolve(undefined);
    }
  });
  socket.write(bytes);
  await done.promise;
  socket.destroy();
  return got;
}

function request(streamId: number, service: string, method: string, payload = new Uint8Array()) {
  const body = encodeMessage('ttrpc.Request', { service, method, payload });
  return encodeFrame({ streamId, type: FrameType.request }, body);
}

const check = (streamId: number) => request(streamId, 'grpc.Health', 'Check');

const oversized = (length: number): Buffer => {
  const frame = Buffer.alloc(10 + length);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(5, 4);
  frame[8] = FrameType.request;
  return frame;
};

describe.each([
  {
    note: 'even stream id',
    bytes: check(2),
    rust: { streamId: 2, code: 3, message: 'stream id must be odd' },
  },
  {
    note: 'frame above 4 MiB',
    bytes: oversized((4 << 20) + 1),
    rust: {
      streamId: 5,
      code: 3,
      message: 'message length 4194305 exceed maximum message size of 4194304',
    },
    go: { code: 8 },
  },
  {
    note: 'a request that does not decode',
    bytes: encodeFrame({ streamId: 3, type: 1 }, Buffer.from('0aff', 'hex')),
    rust: { streamId: 3, code: 3, message: 'Unexpected EOF' },
  },
  {
    note: 'unknown service',
    bytes: request(3, 'grpc.Nope', 'X'),
    rust: { streamId: 3, code: 3, message: 'grpc.Nope service does not exist' },
    go: { code: 12, message: 'service grpc.Nope' },
  },
  {
    note: 'unknown method',
    bytes: request(3, 'grpc.Health', 'Nope'),
    rust: { streamId: 3, code: 12, message: 'Nope method' },
    go: { message: 'method Nope' },
  },
  {
    note: 'known method that is not built in',
    bytes: request(3, 'grpc.AgentService', 'AddSwap'),
    rust: { streamId: 3, code: 5, message: '/grpc.AgentService/AddSwap is not supported' },
  },
  {
    note: 'inner payload that does not decode',
    bytes: request(3, 'grpc.Health', 'Check', Buffer.from('0aff', 'hex')),
    rust: { streamId: 3, code: 2, message: 'ttrpc err: Unexpected EOF' },
  },
  {
    note: 'data frame for no stream',
    bytes: encodeFrame({ streamId: 3, type: 3 }, Buffer.from('x')),
    rust: { streamId: 3, code: 3, message: 'Stream is no longer active' },
  },
])('ttrpc: $note', ({ bytes, rust, go }) => {
  test.each(['rust', 'go'] as const)('%s: refused, and the connection goes on', async (flavour) => {
    await using server = await listen('tcp://127.0.0.1:0', services, { flavour });
    const [refusal, next] = await rawExchange(server.address, Buffer.concat([bytes, check(7)]), 2);
    expect(refusal).toEqual({ ...rust, ...(flavour === 'go' ? go : {}) });
    expect(next).toEqual({ streamId: 7, code: 0, message: '' });
  });
});

test('ttrpc: an unknown frame type is ignored', async () => {
  await using server = await listen('tcp://127.0.0.1:0', services);
  const odd = encodeFrame({ streamId: 3, type: 9 }, Buffer.from('x'));
  const answers = await rawExchange(server.address, Buffer.concat([odd, check(5)]), 1);
  expect(answers).toEqual([{ streamId: 5, code: 0, message: '' }]);
});

test('ttrpc: a stream id used again is served by the agent and refused by a Go server', async () => {
  const twice = Buffer.concat([check(3), check(3)]);
  await using rust = await listen('tcp://127.0.0.1:0', services);
  expect((await rawExchange(rust.address, twice, 2)).map(({ code }) => code)).toEqual([0, 0]);
  await using go = await listen('tcp://127.0.0.1:0', services, { flavour: 'go' });
  const codes = (await rawExchange(go.address, twice, 2)).map(({ code }) => code);
  expect(codes.sort()).toEqual([0, 3]);
});

test('requests cut at every byte are answered the same', async () => {
  await using server = await listen('tcp://127.0.0.1:0', services);
  const whole = Buffer.concat([check(1), check(3)]);
  const socket = connect(server.port!, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const decoder = new FrameDecoder();
  const done = deferred<undefined>();
  const got: number[] = [];
  socket.on('data', (chunk: Buffer) => {
    for (const event of decoder.push(chunk)) got.push(event.header.streamId);
    if (got.length === 2) done.resolve(undefined);
  });
  for (const byte of whole) await new Promise((sent) => socket.write(Buffer.of(byte), sent));
  await done.promise;
  socket.destroy();
  expect(got).toEqual([1, 3]);
});

test('more clients at once than a queue has room for all get through', async () => {
  await using listener = await listen(`unix://${join(folder, 'busy.sock')}`, {
    services: ['grpc.Health'],
    has: () => true,
    call: () => Promise.resolve(new Uint8Array()),
  });
  // Beyond Node's own default of 511, all in one turn of the event loop.
  const clients = await Promise.all(Array.from({ length: 800 }, () => dial(listener.address)));
  expect(await clients.at(-1)?.callRaw('grpc.Health', 'Check', new Uint8Array())).toHaveLength(0);
  await Promise.all(clients.map((client) => client.close()));
});
