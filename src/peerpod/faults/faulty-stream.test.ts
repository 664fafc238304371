/** A stream whose fault changes while bytes are on their way: they come late, never out of order. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { FaultyStream, type TcpFault } from './faulty-stream.ts';

const open: { destroy(): void }[] = [];
afterEach(() => open.splice(0).forEach((socket) => socket.destroy()));

async function socketPair(): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [server] = (await once(listener, 'connection')) as [Socket];
  listener.close();
  open.push(client, server);
  return { client, server };
}

test.each<{ note: string; next: TcpFault }>([
  { note: 'lifted', next: { kind: 'none' } },
  { note: 'made shorter', next: { kind: 'delay', ms: 1 } },
])('a delay that is $note: the late bytes still come first, both ways', async ({ next }) => {
  const { client, server } = await socketPair();
  let fault: TcpFault = { kind: 'delay', ms: 3_600_000 };
  const stream = new FaultyStream(server, () => fault);
  client.write('a');
  await once(server, 'data');
  stream.write('c');
  fault = next;
  stream.faultChanged();
  client.write('b');
  stream.write('d');
  const heard = async (from: Duplex): Promise<string> => {
    let all = '';
    while (all.length < 2) all += ((await once(from, 'data')) as [Buffer])[0].toString();
    return all;
  };
  expect(await Promise.all([heard(stream), heard(client)])).toEqual(['ab', 'cd']);
});
