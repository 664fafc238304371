/**
 * Tries each layer of a path that should stand: TCP, TLS, the agent's health, and UDP. It makes no
 * call that changes anything, and says what a failure usually means.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type Certificate, type TLSSocket } from 'node:tls';
import { messageOf } from '#base';
import { ttrpcClientOn } from '#rpc';
import { encodeVxlan } from '#wire';
import { dialForwarder, type DialTarget } from '../proxy/dial.ts';
import { dialError } from '../relay/go-words.ts';
import { resolveTls, type ResolvedTls, type TlsSettings } from '../tls/settings.ts';
import { reportOn, type PathFinding, type PathReport } from './finding.ts';

export interface ProbeOptions {
  readonly target: DialTarget;
  readonly serverName: string;
  readonly tls: TlsSettings | 'plain';
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What an error of the dial usually means. First match counts. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [
    /connection refused/,
    'Nothing listens: the VM is still booting, its forwarder failed, or the port is another one (FORWARDER_PORT).',
  ],
  [
    /no route to host|network is unreachable/,
    'Check the address, and the routes between worker and pod VM.',
  ],
  [
    /connection reset by peer|EOF/,
    'The other end hung up: it speaks plain TCP, wants a client certificate, or something in between cuts.',
  ],
  [
    /certificate required/,
    'The forwarder wants a client certificate: name --cert-file and --cert-key.',
  ],
  [
    /unknown certificate|bad certificate|unknown ca/i,
    'The forwarder does not know this client certificate: it must be the one in its tls-client-ca.',
  ],
  [
    /unknown authority/,
    'The VM was made by another CA: the adaptor makes a new one with each restart.',
  ],
  [
    /certificate is valid for/,
    'With the automatic CA the name is podvm-<pod>-<8 of the sandbox id>, with files it is podvm-server.',
  ],
  [/expired or is not yet valid/, 'Compare the clocks of worker and pod VM.'],
  [
    /does not look like a TLS handshake/,
    'The forwarder runs with -disable-tls: the proxy must, too.',
  ],
  [/protocol version/, 'Compare TLS_MIN_VERSION on both ends.'],
  [
    /deadline|timeout|aborted/i,
    'Packets vanish: open TCP 15150 between the subnets of worker and pod VM.',
  ],
];

const meaningOf = (text: string): string | undefined =>
  MEANINGS.find(([pattern]) => pattern.test(text))?.[1];

export async function probeTunnel(options: ProbeOptions, findings: PathFinding[]): Promise<void> {
  const address = reportOn(findings, 'address');
  const { host, port } = options.target;
  if (!(await probeTcp(options, address))) return;
  address('ok', `TCP ${host}:${port} accepts`);
  const tls = reportOn(findings, 'tls');
  let resolved: ResolvedTls | undefined | 'plain';
  try {
    resolved = options.tls === 'plain' ? 'plain' : await resolveTls(options.tls);
  } catch (error) {
    tls('error', `Failed to create tls config: ${messageOf(error)}`);
    return;
  }
  if (resolved !== 'plain') await describeServer(options, tls);
  const deadline = within(options);
  let socket;
  try {
    socket = await dialForwarder({ ...options, tls: resolved, signal: deadline });
  } catch (error) {
    const text = messageOf(error);
    tls('error', text, meaningOf(text));
    return;
  }
  tls('ok', resolved === 'plain' ? 'plain TCP, as asked' : 'handshake done, names and anchors fit');
  await using client = ttrpcClientOn(socket);
  const agent = reportOn(findings, 'agent');
  try {
    const call = { timeoutMs: options.timeoutMs, signal: options.signal };
    const { agent_version: version } = await client.call(
      'grpc.Health',
      'Version',
      { service: '' },
      call,
    );
    agent('ok', `answers, version ${version}`);
  } catch (error) {
    // In TLS 1.3 a refused client certificate shows up only here.
    const text = dialErrorText(error, options.target);
    agent('error', text, meaningOf(text) ?? AGENT_HINT);
  }
}

const AGENT_HINT =
  'The forwarder answers, the agent behind it does not; its first failed dial is final, so restart the forwarder.';

const dialErrorText = (error: unknown, { host, port }: DialTarget): string =>
  `${messageOf(error)}${error instanceof Error && error.cause !== undefined ? `: ${dialError('tcp', `${host}:${port}`, error.cause)}` : ''}`;

const within = ({ timeoutMs, signal }: ProbeOptions): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);

async function probeTcp(options: ProbeOptions, report: PathReport): Promise<boolean> {
  const { host, port } = options.target;
  const socket = connectTcp({ host, port });
  try {
    await once(socket, 'connect', { signal: within(options) });
    return true;
  } catch (error) {
    const text = dialError('tcp', `${host}:${port}`, error);
    report('error', text, meaningOf(text));
    return false;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

/** Who the server says it is, whether or not it is believed. */
async function describeServer(options: ProbeOptions, report: PathReport): Promise<void> {
  const { host, port } = options.target;
  const socket: TLSSocket = connectTls({
    host,
    port,
    servername: options.serverName,
    // Looking only: nothing is sent, and the real handshake with its checks follows.
    rejectUnauthorized: false,
  });
  try {
    await once(socket, 'secureConnect', { signal: within(options) });
    const { subjectaltname, subject, issuer } = socket.getPeerCertificate();
    report(
      'ok',
      `${socket.getProtocol() ?? 'TLS'}, certificate of ${nameOf(subject)}, names ${subjectaltname ?? 'none'}, by ${nameOf(issuer)}; expected name ${options.serverName}`,
    );
  } catch {
    // The real handshake tells what is wrong.
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

const nameOf = ({ CN, O }: Certificate): string => [CN ?? O].flat().join(', ') || 'nobody';

/** No VNI of ours: every end drops it silently, and only a closed port answers. */
const PROBE_VNI = 0;

/** UDP tells only that nobody listens; silence is what a tunnel end answers, too. */
export async function probeVxlan(
  target: DialTarget,
  waitMs: number,
  findings: PathFinding[],
): Promise<void> {
  const report = reportOn(findings, 'vxlan');
  const socket = createSocket('udp4');
  let timer: NodeJS.Timeout | undefined;
  const refused = new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(true));
    timer = setTimeout(() => resolve(false), waitMs);
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
