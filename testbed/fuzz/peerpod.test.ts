/**
 * What strangers may put into the peer-pod path: datagrams, frames, files, reviews, bytes on a socket.
 * Nothing of it may crash, and whoever else uses the same part must not notice. Seeded and bounded.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KatasimError } from '#base';
import {
  answerAdmission,
  createAgentProxy,
  encodeUserData,
  openPodNetwork,
  openVxlanSocket,
  openWorkerNetwork,
  parseApfConfig,
  parsePeerPodsConfig,
  parseUserData,
  startForwarder,
  type AgentProxy,
  type Forwarder,
  type PodNetworkConfig,
} from '#peerpod';
import { dial, listen, type Listener } from '#rpc';
import { decodeVxlan, encodeVxlan, findMethod } from '#wire';

const SEED = 15150;
const runs = (numRuns: number) => ({ seed: SEED, numRuns });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

/** Runs it, and accepts no other failure than one of our catalogue with this code. */
function refusedWith(codes: RegExp, action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(KatasimError);
    expect((error as KatasimError).code).toMatch(codes);
    expect((error as KatasimError).hint).toBeTruthy();
    expect((error as KatasimError).message).not.toMatch(INTERNALS);
  }
}

/** What JavaScript says when nobody thought of it. */
const INTERNALS = /is not a function|Cannot (?:read|convert)|not iterable|\[object|undefined/;

describe('VXLAN', () => {
  test('a datagram is a frame or it is not; a frame goes back into the same bytes', () => {
    fc.assert(
      fc.property(bytes(64), fc.nat({ max: 255 }), (rest, flags) => {
        const packet = Uint8Array.from([flags, ...rest]);
        const decoded = decodeVxlan(packet);
        if (decoded.kind === 'frame') {
          expect(encodeVxlan(decoded.vni, decoded.frame)).toEqual(packet);
        } else expect(['short', 'no-vni-flag', 'reserved-bits']).toContain(decoded.reason);
      }),
      runs(2000),
    );
  });
});

const POD = '10.244.1.21';
const NETWORK: PodNetworkConfig = {
  podip: `${POD}/24`,
  'pod-hw-addr': '0a:58:0a:f4:01:15',
  interface: 'eth0',
  'worker-node-ip': '127.0.0.1/8',
  'tunnel-type': 'vxlan',
  routes: [{ dst: '10.244.1.0/24', gw: '', dev: 'eth0' }],
  neighbors: null,
  mtu: 1450,
  index: 0,
  'vxlan-id': 555000,
  dedicated: false,
  'external-net-via-pod-vm': false,
};
const NO_PORTS = { ports: () => [80], connect: () => undefined };

/** Real frames for the pod: ARP, ICMP echo, TCP SYN; the parts that a stranger bends. */
const FRAMES = [
  'ffffffffffff 0a580af40101 0806 0001080006040001 0a580af40101 0af40101 000000000000 0af40115',
  '0a580af40115 0a580af40101 0800 4500001c000040004001239b0af401010af40115 0800f7ff00000000',
  '0a580af40115 0a580af40101 0800 450000280001400040062389 0af401010af40115 80000050000000010000000050020400abcd0000',
].map((hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const bentFrame = fc
  .tuple(
    fc.constantFrom(...FRAMES),
    fc.array(fc.tuple(fc.nat({ max: 70 }), fc.nat({ max: 255 })), { maxLength: 6 }),
    fc.nat({ max: 80 }),
    bytes(24),
  )
  .map(([frame, changes, length, tail]) => {
    const copy = Buffer.concat([frame, tail]).subarray(0, Math.max(length, 4));
    const bent = Buffer.from(copy);
    for (const [at, value] of changes) if (at < bent.length) bent[at] = value;
    return bent;
  });

test('frames that are bent, cut or spoofed leave the pod answering, on its own VNI and on others', async () => {
  const network = await openWorkerNetwork({ host: '127.0.0.1', port: 0 });
  const [one, two] = [
    await openVxlanSocket({ host: '127.0.0.1', port: 0 }),
    await openVxlanSocket({ host: '127.0.0.1', port: 0 }),
  ];
  const stranger = await openVxlanSocket({ host: '127.0.0.1', port: 0 });
  try {
    const second = { ...NETWORK, podip: '10.244.1.22/24', 'pod-hw-addr': '0a:58:0a:f4:01:16' };
    openPodNetwork(one, { config: NETWORK, remote: network, ports: NO_PORTS });
    const config = { ...second, 'vxlan-id': 555001 };
    openPodNetwork(two, { config, remote: network, ports: NO_PORTS });
    network.addTunnel(555000, { host: one.host, port: one.port });
    network.addTunnel(555001, { host: two.host, port: two.port });
    const toPod = stranger.attach(555000, { host: one.host, port: one.port }, () => undefined);
    const toWorker = stranger.attach(555001, network, () => undefined);
    await fc.assert(
      fc.asyncProperty(fc.array(bentFrame, { maxLength: 40 }), async (frames) => {
        for (const frame of frames) {
          toPod.send(frame);
          toWorker.send(frame);
        }
        // The ARP table may be poisoned, as in the real thing: whoever asks anew is answered right.
        await once(setImmediateEvent(), 'done');
      }),
      runs(60),
    );
    const fresh = await openWorkerNetwork({ host: '127.0.0.1', port: 0, gateway: '10.244.1.9/24' });
    fresh.addTunnel(555001, { host: two.host, port: two.port });
    expect(two.counters.get('frames-received')).toBeGreaterThanOrEqual(0);
    await fresh.close();
    // The second pod's own socket was never written to.
    expect(two.counters.get('vxlan-short') + two.counters.get('vxlan-reserved-bits')).toBe(0);
    expect(one.counters.get('frames-received')).toBeGreaterThan(100);
  } finally {
    for (const socket of [stranger, network, one, two]) await socket.close();
  }
});

function setImmediateEvent(): EventTarget {
  const target = new EventTarget();
  setImmediate(() => target.dispatchEvent(new Event('done')));
  return target;
}

const json = fc.jsonValue({ maxDepth: 4 });

describe('files', () => {
  test('user-data: what is written is read back, file by file', () => {
    const content = fc
      .array(fc.string({ unit: 'grapheme-ascii', maxLength: 40 }), { maxLength: 6 })
      .map((lines) => lines.join('\n'))
      // A literal block keeps no trailing blanks of an empty line, and files end with one newline.
      .filter((text) => text.trim() !== '' && !/^\s|\n\s*\n*$/.test(text));
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 4 }), (contents) => {
        const files = contents.map((text, n) => ({
          path: `/run/peerpod/${n}`,
          content: `${text}\n`,
        }));
        expect(parseUserData(encodeUserData(files))).toEqual(files);
      }),
      runs(300),
    );
  });

  test('user-data: any text is a list of files or a refusal', () => {
    const line = fc.oneof(
      fc.constantFrom('#cloud-config', 'write_files:', '  - path: /a', '    content: |', '      x'),
      fc.constantFrom('&a [*a]', '!!js/function x', '? {}', '- - -', 'a: &x b', 'b: *x', '\t'),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) =>
        refusedWith(/^PEERPOD_USER_DATA$/, () => parseUserData(lines.join('\n'))),
      ),
      runs(1000),
    );
  });

  test('apf.json: any JSON is a config or a refusal; any pod-network a tunnel or a refusal', async () => {
    const socket = await openVxlanSocket({ host: '127.0.0.1', port: 0 });
    const key = fc.constantFrom(...(Object.keys(NETWORK) as (keyof PodNetworkConfig)[]));
    try {
      fc.assert(
        fc.property(json, key, json, (whole, field, value) => {
          refusedWith(/^PEERPOD_APF_CONFIG$/, () => parseApfConfig(JSON.stringify(whole)));
          refusedWith(/^PEERPOD_/, () => {
            const text = JSON.stringify({ 'pod-network': { ...NETWORK, [field]: value } });
            const config = parseApfConfig(text)['pod-network'];
            if (config === null) return;
            openPodNetwork(socket, { config, ports: NO_PORTS })
              .close()
              .catch(() => undefined);
          });
        }),
        runs(1000),
      );
    } finally {
      await socket.close();
    }
  });

  test('peer-pods-cm: any data is a configuration or a refusal', () => {
    const key = fc.constantFrom(
      'VXLAN_PORT',
      'PROXY_TIMEOUT',
      'TAGS',
      'CLOUD_PROVIDER',
      'X',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(fc.string(), json)), (data) =>
        refusedWith(/^PEERPOD_CONFIG$/, () => parsePeerPodsConfig(data)),
      ),
      runs(1000),
    );
  });
});

describe('AdmissionReview', () => {
  const POD_JSON = {
    metadata: { name: 'web', annotations: { a: 'b' } },
    spec: {
      runtimeClassName: 'kata-remote',
      initContainers: [{ name: 'i', resources: { requests: { cpu: '1' } } }],
      containers: [{ name: 'c', resources: { requests: { memory: '1Gi' }, limits: { cpu: '2' } } }],
    },
  };
  const PATHS = [
    ['metadata'],
    ['metadata', 'annotations'],
    ['spec'],
    ['spec', 'runtimeClassName'],
    ['spec', 'containers'],
    ['spec', 'containers', '0'],
    ['spec', 'containers', '0', 'resources'],
    ['spec', 'containers', '0', 'resources', 'requests'],
    ['spec', 'containers', '0', 'resources', 'requests', 'memory'],
    ['spec', 'containers', '0', 'resources', 'limits', 'cpu'],
    ['spec', 'initContainers'],
    ['spec', 'initContainers', '0'],
    ['status'],
  ];
  const put = (
    target: unknown,
    [head = '', ...rest]: readonly string[],
    value: unknown,
  ): unknown => {
    const copy = (
      Array.isArray(target) ? [...(target as unknown[])] : { ...(target as object) }
    ) as Record<string, unknown>;
    copy[head] = rest.length === 0 ? value : put(copy[head], rest, value);
    return copy;
  };
  const answer = (body: Uint8Array | string) =>
    answerAdmission({ contentType: 'application/json', body: Buffer.from(body) }).response;

  test('every body gets an answer with a code, in words of the cluster', () => {
    const review = fc.oneof(
      json,
      json.map((request) => ({ kind: 'AdmissionReview', request })),
      json.map((object) => ({ kind: 'AdmissionReview', request: { uid: 'u', object } })),
      fc.tuple(fc.constantFrom(...PATHS), json).map(([path, value]) => ({
        kind: 'AdmissionReview',
        request: { uid: 'u', object: put(POD_JSON, path, value) },
      })),
    );
    fc.assert(
      fc.property(review, (value) => {
        const { allowed, status, patch, uid } = answer(JSON.stringify(value));
        expect(typeof uid).toBe('string');
        expect([200, 400, 500]).toContain(status.code);
        expect(allowed).toBe(status.code === 200);
        expect(status.message ?? '').not.toMatch(INTERNALS);
        if (patch !== undefined) {
          expect(Array.isArray(JSON.parse(Buffer.from(patch, 'base64').toString()))).toBe(true);
        }
      }),
      runs(3000),
    );
  });

  test('bytes that are no JSON', () => {
    fc.assert(
      fc.property(bytes(200), (body) => {
        expect(answer(body).allowed).toBe(false);
      }),
      runs(300),
    );
  });
});

describe('ttrpc on the sockets of the tunnel', () => {
  let directory: string;
  let agent: Listener;
  let forwarder: Forwarder;
  let proxy: AgentProxy;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'k-'));
    agent = await listen(`unix://${join(directory, 'agent.sock')}`, {
      services: ['grpc.AgentService', 'grpc.Health'],
      has: (service, method) => findMethod(service, method) !== undefined,
      call: () => Promise.resolve(new Uint8Array()),
    });
    forwarder = await startForwarder({
      host: '127.0.0.1',
      port: 0,
      tls: 'plain',
      agentSocketPath: join(directory, 'agent.sock'),
      config: { 'pod-network': null, 'pod-namespace': 'default', 'pod-name': 'web' },
    });
    proxy = createAgentProxy({
      socketPath: join(directory, 'agent.ttrpc'),
      serverName: 'podvm-server',
      tls: 'plain',
    });
    await proxy.start({ host: '127.0.0.1', port: forwarder.port });
  });
  afterAll(async () => {
    for (const part of [proxy, forwarder, agent]) await part.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** A frame: length, stream, type, flags, then what it carries. */
  const frame = fc
    .tuple(
      bytes(80),
      fc.nat({ max: 9 }),
      fc.nat({ max: 4 }),
      fc.nat({ max: 7 }),
      fc.integer({ min: -4, max: 4 }),
    )
    .map(([body, stream, type, flags, lie]) => {
      const head = Buffer.alloc(10);
      head.writeUInt32BE(Math.max(body.length + lie, 0), 0);
      head.writeUInt32BE(stream, 4);
      head[8] = type;
      head[9] = flags;
      return Buffer.concat([head, body]);
    });

  const sendAll = async (socket: Socket, chunks: readonly Uint8Array[]): Promise<void> => {
    await once(socket, 'connect');
    socket.on('error', () => undefined).resume();
    for (const chunk of chunks) if (!socket.destroyed) socket.write(chunk);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end();
    // The other end either hangs up or waits for the rest of a frame that never comes.
    setImmediate(() => socket.destroy());
    await closed;
  };

  test.each(['the shim’s side', 'the proxy’s side'])(
    '%s: strangers come and go, and a client beside them is served',
    async (side) => {
      const address =
        side === 'the shim’s side'
          ? { path: join(directory, 'agent.ttrpc') }
          : { host: '127.0.0.1', port: forwarder.port };
      const url =
        'path' in address ? `unix://${address.path}` : `tcp://${address.host}:${address.port}`;
      await using client = await dial(url, { protocol: 'ttrpc' });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(frame, bytes(60)), { maxLength: 8 }), async (chunks) => {
          await sendAll(connect(address as { path: string }), chunks);
          await client.call('grpc.Health', 'Check', {});
        }),
        runs(150),
      );
    },
  );
});
