/** Tries the pod network: the UDP port of a tunnel's end, and a ping of the pod through the tunnel. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { KatasimError, messageOf } from '#base';
import { encodeVxlan } from '#wire';
import type { WorkerNetwork } from '../network/worker-network.ts';
import type { DialTarget } from '../proxy/dial.ts';
import { reportOn, type PathFinding } from './finding.ts';

/** No VNI of ours: every end drops it silently, and only a closed port answers. */
const PROBE_VNI = 0;
/** An ICMP answer of a machine in the same data centre takes a fraction of it. */
const UDP_WAIT_MS = 300;

/** UDP tells only that nobody listens; silence is what a tunnel end answers, too. */
export async function probeVxlan(target: DialTarget, findings: PathFinding[]): Promise<void> {
  const report = reportOn(findings, 'vxlan');
  const socket = createSocket('udp4');
  let timer: NodeJS.Timeout | undefined;
  const refused = new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(true));
    timer = setTimeout(() => resolve(false), UDP_WAIT_MS);
  });
  try {
    socket.connect(target.port, target.host);
    await Promise.race([once(socket, 'connect'), refused]);
    socket.send(encodeVxlan(PROBE_VNI, new Uint8Array(14)));
    if (await refused) {
      report(
        'error',
        `UDP ${target.host}:${target.port} is closed`,
        'No tunnel end there: compare VXLAN_PORT with vxlan-port of apf.json (4789 unless set, 9000 in OpenShift).',
      );
    } else {
      report(
        'ok',
        `UDP ${target.host}:${target.port} is open, or something drops packets silently`,
      );
    }
  } finally {
    clearTimeout(timer);
    socket.on('error', () => undefined).close();
  }
}

interface PodNetworkProbe {
  readonly network: WorkerNetwork;
  readonly podIp: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** One lost frame is no broken network. */
const ECHOES = 3;

/** Where frames are dropped without a word, and what to do about it. */
const DROPS: readonly (readonly [RegExp, string])[] = [
  [/^fault-dropped/, 'A fault on demand holds the frames: katasim peerpod fault POD lifts it.'],
  [/^vxlan-unknown-vni$/, 'The two ends use different VNIs: compare vxlan-id of apf.json.'],
  [
    /^vxlan-/,
    'Frames with a broken header or reserved bits are dropped as the kernel does: look at who else sends to this port.',
  ],
];

export async function probePodNetwork(
  { network, podIp, timeoutMs, signal }: PodNetworkProbe,
  findings: PathFinding[],
): Promise<void> {
  const report = reportOn(findings, 'pod network');
  const before = network.counters();
  let lost = 0;
  let failure: unknown;
  for (; lost < ECHOES; lost++) {
    try {
      const { bytes, ms } = await network.ping(podIp, { timeoutMs: timeoutMs / 2, signal });
      report('ok', `${bytes} bytes from ${podIp} through the tunnel in ${ms.toFixed(2)} ms`);
      break;
    } catch (error) {
      failure = error;
    }
  }
  if (lost === ECHOES) {
    const hint = failure instanceof KatasimError ? failure.hint : undefined;
    report('error', messageOf(failure), hint);
  } else if (lost > 0) {
    report('warning', `${lost} echoes before it were lost`, 'Something drops frames, or is slow.');
  }
  for (const [name, count] of Object.entries(network.counters())) {
    const row = DROPS.find(([pattern]) => pattern.test(name));
    const dropped = count - (before[name] ?? 0);
    if (row !== undefined && dropped > 0) {
      report('warning', `${dropped} frames dropped meanwhile: ${name}`, row[1]);
    }
  }
}
