/** Clients that misbehave: everybody else notices nothing, and nothing is kept for them. */
import * as fc from 'fast-check';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FrameType, encodeFrame, encodeMessage } from '#wire';
import { dial, listen, type Listener, type RpcClient, type ServiceTables } from './index.ts';

let running = 0;
let largest = 0;

const services: ServiceTables = {
  'grpc.Health': { Check: { handle: () => ({ status: 1 }) } },
  'grpc.AgentService': {
    ReadStdout: { handle: ({ len }) => ({ data: new Uint8Array(len) }) },
    WaitProcess: {
      handle: (_request, { signal }) => {
        largest = Math.max(largest, ++running);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            running -= 1;
            reject(new Error('gone'));
          });
        });
      },
    },
  },
};

let server: Listener;
let honest: RpcClient;
beforeAll(async () => {
  server = await listen('tcp://127.0.0.1:0', services);
  honest = await dial(server.address);
});
afterAll(async () => {
  await honest.close();
  await server.close();
});

const serves = async (): Promise<void> => {
  expect(await honest.call('grpc.Health', 'Check', {})).toEqual({ status: 1 });
};

async function open(): Promise<Socket> {
  const socket = connect(server.port!, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Settles once the server has let go of everyone but the honest client. */
async function alone(): Promise<void> {
  while (server.connections > 1) await new Promise((resolve) => setImmediate(resolve));
}

function request(
  streamId: number,
  service: string,
  method: string,
  payload: Uint8Array = new Uint8Array(),
) {
  const body = encodeMessage('ttrpc.Request', { service, method, payload });
  return encodeFrame({ streamId, type: FrameType.request }, body);
}

test('any bytes at all leave the server serving', async () => {
  const openings = fc.constantFrom(
    '',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'PRI',
    'CONNECT ',
    'CONNECT 1024\n',
    'CONNECT x\n',
  );
  await fc.assert(
    fc.asyncProperty(openings, fc.uint8Array({ maxLength: 300 }), async (opening, bytes) => {
      const socket = await open();
      socket.end(Buffer.concat([Buffer.from(opening), bytes]));
      socket.resume();
      await once(socket, 'close');
      await serves();
    }),
    { numRuns: 150 },
  );
  await alone();
});

test('a client that sends half a request and goes leaves nothing behind', async () => {
  for (let cut = 1; cut < 40; cut += 3) {
    const socket = await open();
    await new Promise((sent) =>
      socket.write(request(1, 'grpc.Health', 'Check').subarray(0, cut), sent),
    );
    socket.destroy();
  }
  await alone();
  await serves();
});

test('a client that asks and never reads is read no further', async () => {
  const socket = await open();
  socket.pause();
  const ask = encodeMessage('grpc.ReadStreamRequest', { len: 1 << 20 });
  const before = process.memoryUsage().arrayBuffers;
  let sent = 0;
  // A gigabyte of answers, were they all made; the client's own writes stall long before.
  for (let id = 1; id < 2048 && socket.writableLength < 1 << 20; id += 2) {
    socket.write(request(id, 'grpc.AgentService', 'ReadStdout', ask));
    sent += 1;
    if (id % 64 === 1) await serves();
  }
  expect(sent).toBeGreaterThan(100);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(400 << 20);
  socket.destroy();
  await alone();
  await serves();
});

test('long polls of one connection are bounded in number, and end with it', async () => {
  const socket = await open();
  const polls = Array.from({ length: 6000 }, (_, i) =>
    request(2 * i + 1, 'grpc.AgentService', 'WaitProcess'),
  );
  socket.write(Buffer.concat(polls));
  while (running < 4096) await new Promise((resolve) => setImmediate(resolve));
  await serves();
  expect(largest).toBe(4096);
  socket.destroy();
  while (running > 0) await new Promise((resolve) => setImmediate(resolve));
  await serves();
});

test('a thousand connections are served side by side', async () => {
  const clients = await Promise.all(Array.from({ length: 1000 }, () => dial(server.address)));
  const answers = await Promise.all(
    clients.map((client) => client.call('grpc.Health', 'Check', {})),
  );
  expect(answers.every(({ status }) => status === 1)).toBe(true);
  expect(server.connections).toBe(1001);
  await Promise.all(clients.map((client) => client.close()));
  await alone();
});

test('a listener that is full refuses the next and goes on with the others', async () => {
  await using small = await listen('tcp://127.0.0.1:0', services, { maxConnections: 2 });
  await using first = await dial(small.address);
  await using second = await dial(small.address);
  await first.call('grpc.Health', 'Check', {});
  await second.call('grpc.Health', 'Check', {});
  await using third = await dial(small.address);
  await expect(third.call('grpc.Health', 'Check', {})).rejects.toMatchObject({ code: 14 });
  expect(await first.call('grpc.Health', 'Check', {})).toEqual({ status: 1 });
});
