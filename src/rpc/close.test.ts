/** Closing a connection: the last answers go out, but only to a client that takes them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { deferred } from '#base';
import { FrameType, encodeFrame, encodeMessage } from '#wire';
import { dial, listen } from './index.ts';
import { serveTtrpcOn } from './ttrpc-server.ts';

afterEach(() => void vi.useRealTimers());

test('an answer that the client does not take holds a close up for a second', async () => {
  const written = deferred<undefined>();
  const stream = new Duplex({
    read: () => undefined,
    // Handed to the kernel, which has no room for it: less than what a stream calls congested.
    write: () => written.resolve(undefined),
  });
  const connection = serveTtrpcOn(stream, {
    services: ['grpc.Health'],
    has: () => true,
    call: () => Promise.resolve(new Uint8Array(100)),
  });
  const request = encodeMessage('ttrpc.Request', { service: 'grpc.Health', method: 'Check' });
  stream.push(encodeFrame({ streamId: 1, type: FrameType.request }, request));
  await written.promise;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const closed = connection.close();
  await vi.advanceTimersByTimeAsync(999);
  expect(stream.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await closed;
  expect(stream.destroyed).toBe(true);
});

test('a drain lets the last answer out, however large', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kr-'));
  const [asked, held] = [deferred<undefined>(), deferred<undefined>()];
  const server = await listen(`unix://${directory}/s.sock`, {
    'grpc.AgentService': {
      ReadStdout: {
        async handle({ len }) {
          asked.resolve(undefined);
          await held.promise;
          return { data: new Uint8Array(len).fill(7) };
        },
      },
    },
  });
  await using client = await dial(server.address);
  const answer = client.call('grpc.AgentService', 'ReadStdout', { len: 4_000_000 });
  await asked.promise;
  const drained = server.drain();
  held.resolve(undefined);
  expect((await answer).data).toHaveLength(4_000_000);
  await drained;
  await server.close();
  await rm(directory, { recursive: true });
});
