import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { seededRandom } from '#base';
import { decodeEthernet, ETHERTYPE } from './ethernet.ts';
import { IpHost, type IpHostOptions } from './ip-host.ts';
import { decodeIpv4, formatIpv4, parseIpv4, parsePrefix } from './ipv4.ts';
import { decodeTcp, FLAG } from './tcp-segment.ts';
import type { TcpSocket } from './tcp-socket.ts';

/** A wire between two hosts; `lose` decides about each frame, `log` keeps what was sent. */
class Wire {
  readonly log: string[] = [];
  lose: (frame: Uint8Array, n: number) => boolean = () => false;
  reorder = false;
  #n = 0;
  #held: (() => void) | undefined;

  carry(to: () => IpHost): (frame: Uint8Array) => void {
    return (frame) => {
      this.log.push(describeFrame(frame));
      if (this.lose(frame, this.#n++)) return;
      const deliver = (): void => to().receive(frame);
      if (this.reorder && !this.#held && this.#n % 3 === 0) {
        this.#held = deliver;
        return;
      }
      setImmediate(() => {
        deliver();
        const held = this.#held;
        this.#held = undefined;
        held?.();
      });
    };
  }
}

function describeFrame(frame: Uint8Array): string {
  const { type, payload } = decodeEthernet(frame)!;
  if (type === ETHERTYPE.arp) return `arp ${payload[7] === 1 ? 'request' : 'reply'}`;
  const packet = decodeIpv4(payload);
  if (packet.kind === 'drop') return packet.reason;
  if (packet.protocol !== 6)
    return packet.protocol === 1 ? `icmp ${packet.payload[0] ?? ''}` : 'ip';
  const segment = decodeTcp(packet.payload, packet)!;
  const flags = Object.entries(FLAG).filter(([, bit]) => (segment.flags & bit) !== 0);
  return `${flags.map(([name]) => name).join('+')} ${segment.data.length}`;
}

const POD = parseIpv4('10.244.1.21');
const GATEWAY = parseIpv4('10.244.1.1');

let wire: Wire;
let worker: IpHost;
let pod: IpHost;
const host = (
  address: string,
  mac: string,
  transmit: (frame: Uint8Array) => void,
  more: Partial<IpHostOptions> = {},
): IpHost =>
  new IpHost({
    mac,
    address: parsePrefix(address),
    mtu: 1450,
    transmit,
    random: seededRandom(mac.length),
    ...more,
  });

beforeEach(() => {
  wire = new Wire();
  worker = host(
    '10.244.1.1/24',
    '0a:58:0a:f4:01:01',
    wire.carry(() => pod),
  );
  pod = host(
    '10.244.1.21/24',
    '32:b9:59:6b:f0:d5',
    wire.carry(() => worker),
  );
});
afterEach(() => {
  worker.close();
  pod.close();
  vi.useRealTimers();
});

describe('ping', () => {
  test('resolves the MAC once, then echoes', async () => {
    expect(await worker.ping(POD)).toMatchObject({ from: '10.244.1.21', bytes: 64, sequence: 1 });
    expect(await worker.ping(POD, { size: 1422 })).toMatchObject({ bytes: 1430, sequence: 2 });
    expect(wire.log).toEqual(['arp request', 'arp reply', 'icmp 8', 'icmp 0', 'icmp 8', 'icmp 0']);
  });

  test('beyond the MTU goes and comes back in fragments, up to the largest datagram', async () => {
    expect(await worker.ping(POD, { size: 1423 })).toMatchObject({ bytes: 1431 });
    expect(await worker.ping(POD, { size: 65507 })).toMatchObject({ bytes: 65515 });
  });

  test('an address nobody answers for is unreachable after three requests', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const pinging = worker.ping(parseIpv4('10.244.1.99'));
    const refused = expect(pinging).rejects.toMatchObject({ code: 'PEERPOD_EHOSTUNREACH' });
    const connecting = worker.connect(parseIpv4('10.244.1.99'), 80);
    const failed = once(connecting, 'error');
    await vi.advanceTimersByTimeAsync(3000);
    await refused;
    expect(((await failed) as [{ code: string }])[0].code).toBe('PEERPOD_EHOSTUNREACH');
    expect(wire.log).toEqual(['arp request', 'arp request', 'arp request']);
  });

  test('too large, off the net and after closing it is refused', async () => {
    await expect(worker.ping(POD, { size: 65508 })).rejects.toMatchObject({
      code: 'PEERPOD_PING_SIZE',
    });
    await expect(worker.ping(parseIpv4('8.8.8.8'))).rejects.toMatchObject({
      code: 'PEERPOD_EHOSTUNREACH',
    });
    wire.lose = () => true;
    const pinging = worker.ping(POD);
    worker.close();
    await expect(pinging).rejects.toMatchObject({ code: 'PEERPOD_NETWORK_CLOSED' });
  });
});

/** Reads to the end; `for await` would destroy the writable side as well. */
function read(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.once('error', reject);
  });
}
const text = async (stream: Readable): Promise<string> => (await read(stream)).toString();

/** Accepts every connection on port 80 and hands it out. */
function listen(target: IpHost): Promise<TcpSocket> {
  return new Promise((resolve) => {
    target.listen({ isOpen: (port) => port === 80, onConnection: resolve });
  });
}

describe('TCP', () => {
  test('opens, carries both ways and closes with every step on the wire', async () => {
    const accepted = listen(pod);
    const client = worker.connect(POD, 80);
    client.end('hello');
    const server = await accepted;
    expect(await text(server)).toBe('hello');
    server.end('world');
    expect(await text(client)).toBe('world');
    expect(server.remoteAddress).toBe(formatIpv4(GATEWAY));
    expect(wire.log.slice(2, 5)).toEqual(['syn 0', 'syn+ack 0', 'ack 0']);
    expect(wire.log).toContain('fin+ack 0');
    await vi.waitFor(() => expect([worker.connections, pod.connections]).toEqual([0, 0]), 5000);
  });

  test('a closed port answers RST', async () => {
    const client = worker.connect(POD, 81);
    const [error] = (await once(client, 'error')) as [{ code: string; message: string }];
    expect(error.code).toBe('PEERPOD_ECONNREFUSED');
    expect(error.message).toContain('10.244.1.21:81');
    expect(worker.connections).toBe(0);
  });

  test('a destroyed stream resets its peer', async () => {
    const accepted = listen(pod);
    const client = worker.connect(POD, 80);
    await once(client, 'connect');
    const server = await accepted;
    const failed = once(server, 'error');
    client.destroy();
    expect(((await failed) as [{ code: string }])[0].code).toBe('PEERPOD_ECONNRESET');
    expect([worker.connections, pod.connections]).toEqual([0, 0]);
  });

  async function transfer(size: number): Promise<void> {
    const accepted = listen(pod);
    const client = worker.connect(POD, 80);
    const data = Buffer.alloc(size, 'katasim');
    Readable.from(chunks(data)).pipe(client);
    client.resume();
    const server = await accepted;
    const received = await read(server);
    const closed = Promise.all([once(client, 'close'), once(server, 'close')]);
    server.end();
    await closed;
    expect(received.length).toBe(size);
    expect(createHash('sha256').update(received).digest('hex')).toBe(
      createHash('sha256').update(data).digest('hex'),
    );
  }
  function* chunks(data: Buffer): Generator<Buffer> {
    for (let i = 0; i < data.length; i += 10_007) yield data.subarray(i, i + 10_007);
  }

  test.each([
    { note: 'a clean wire', lose: () => false, reorder: false, size: 3 << 20 },
    {
      note: 'every 13th frame lost',
      lose: (_f: Uint8Array, n: number) => n % 13 === 5,
      reorder: false,
      size: 200_000,
    },
    { note: 'frames out of order', lose: () => false, reorder: true, size: 1 << 20 },
    {
      note: 'a burst of lost frames',
      lose: (_f: Uint8Array, n: number) => n > 60 && n < 88,
      reorder: false,
      size: 400_000,
    },
  ])('$size bytes arrive whole over $note', async ({ lose, reorder, size }) => {
    wire.lose = lose;
    wire.reorder = reorder;
    await transfer(size);
  });

  test('a reader that does not read closes the window and loses nothing', async () => {
    const accepted = listen(pod);
    const client = worker.connect(POD, 80);
    const server = await accepted;
    const data = Buffer.alloc(500_000, 1);
    client.end(data);
    // The sender is stopped with at most a window in flight.
    await vi.waitFor(() => expect(server.readableLength).toBeGreaterThan(60_000));
    expect(server.readableLength).toBeLessThanOrEqual(65_535);
    expect((await read(server)).length).toBe(data.length);
    const closed = Promise.all([once(server, 'close'), once(client, 'close')]);
    client.resume();
    server.end();
    await closed;
  });

  test('HTTP runs over it, keep-alive or not', async () => {
    const http = createServer((req, res) => res.end(`you asked for ${req.url ?? ''}`));
    pod.listen({
      isOpen: (port) => port === 8080,
      onConnection: (socket) => http.emit('connection', socket),
    });
    const get = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        request(
          {
            path,
            host: 'pod',
            createConnection: () => worker.connect(POD, 8080),
          },
          (res) => {
            text(res).then(resolve, reject);
          },
        )
          .on('error', reject)
          .end();
      });
    expect(await Promise.all(['/a', '/b', '/c'].map(get))).toEqual(
      ['/a', '/b', '/c'].map((p) => `you asked for ${p}`),
    );
  });
});

describe('bad frames', () => {
  test.each([
    { note: 'short', frame: new Uint8Array(5), counter: 'frame-short' },
    { note: 'for another MAC', frame: new Uint8Array(60).fill(2), counter: 'frame-not-for-us' },
    {
      note: 'IPv6',
      frame: Buffer.from(`3333000000fb${'00'.repeat(6)}86dd${'60'.repeat(40)}`, 'hex'),
      counter: 'ipv6-ignored',
    },
    {
      note: 'broken ARP',
      frame: Buffer.from(`${'ff'.repeat(6)}${'00'.repeat(6)}0806ffff`, 'hex'),
      counter: 'arp-bad',
    },
    {
      note: 'broken IP',
      frame: Buffer.from(`${'ff'.repeat(6)}${'00'.repeat(6)}0800${'45'.repeat(20)}`, 'hex'),
      counter: 'ip-short',
    },
  ])('$note is dropped and counted as $counter', ({ frame, counter }) => {
    pod.receive(frame);
    expect(pod.counters.snapshot()).toEqual({ [counter]: 1 });
    expect(wire.log).toEqual([]);
  });
});
