/**
 * Tries the API path of a pod VM: TCP, TLS, the agent's version. It makes no call that changes
 * anything, and says what a failure usually means.
 */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, TLSSocket, type Certificate } from 'node:tls';
import { messageOf } from '#base';
import { ttrpcClientOn, type RpcClient } from '#rpc';
import { dialForwarder, type DialTarget } from '../proxy/dial.ts';
import { dialError } from '../relay/go-words.ts';
import { resolveTls, type ResolvedTls, type TlsSettings } from '../tls/settings.ts';
import { reportOn, type PathFinding, type PathReport } from './finding.ts';
import { deadlineLog, meaningOf, retryLog, VANISHED } from './meanings.ts';

interface ProbeOptions {
  readonly target: DialTarget;
  readonly serverName: string;
  readonly tls: TlsSettings | 'plain';
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

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
    const text = `Failed to create tls config: ${messageOf(error)}`;
    tls('error', text, 'Nothing is dialled before the settings are right.', text);
    return;
  }
  const deadline = within(options);
  let socket;
  try {
    socket = await dialForwarder({ ...options, tls: resolved, signal: deadline });
  } catch (error) {
    if (deadline.aborted) {
      tls('error', noAnswer('no TLS handshake', options), VANISHED, deadlineLog(options.target));
      return;
    }
    if (resolved !== 'plain') await describeServer(options, tls);
    const text = messageOf(error);
    tls('error', text, meaningOf(text), retryLog(text));
    return;
  }
  tls('ok', socket instanceof TLSSocket ? described(socket) : 'plain TCP, as asked');
  await using client = ttrpcClientOn(socket);
  await probeVersion(client, options, reportOn(findings, 'agent'), AGENT_HINT);
}

const AGENT_HINT =
  'The forwarder answers, the agent behind it does not; its first failed dial is final, so restart the forwarder.';

/** One Health/Version call: the agent answers through whatever `client` goes through. */
export async function probeVersion(
  client: RpcClient,
  { timeoutMs, signal, target }: Pick<ProbeOptions, 'timeoutMs' | 'signal' | 'target'>,
  report: PathReport,
  hint: string,
): Promise<void> {
  try {
    const call = { timeoutMs, signal };
    const answer = await client.call('grpc.Health', 'Version', { service: '' }, call);
    report('ok', `answers, version ${answer.agent_version}`);
  } catch (error) {
    // In TLS 1.3 a refused client certificate shows up only here.
    const cause = error instanceof Error ? error.cause : undefined;
    const address = `${target.host}:${target.port}`;
    const more = cause === undefined ? '' : `: ${dialError('tcp', address, cause)}`;
    const text = `${messageOf(error)}${more}`;
    report('error', text, meaningOf(text) ?? hint, messageOf(error));
  }
}

const noAnswer = (what: string, { timeoutMs }: ProbeOptions): string =>
  `${what} within ${timeoutMs} ms`;

const within = ({ timeoutMs, signal }: Pick<ProbeOptions, 'timeoutMs' | 'signal'>): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);

async function probeTcp(options: ProbeOptions, report: PathReport): Promise<boolean> {
  const { host, port } = options.target;
  const socket = connectTcp({ host, port });
  const deadline = within(options);
  try {
    await once(socket, 'connect', { signal: deadline });
    return true;
  } catch (error) {
    if (deadline.aborted) {
      const text = noAnswer(`no TCP connection to ${host}:${port}`, options);
      report('error', text, VANISHED, deadlineLog(options.target));
      return false;
    }
    const text = dialError('tcp', `${host}:${port}`, error);
    report('error', text, meaningOf(text), retryLog(text));
    return false;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

/** Who the server says it is, when it is not believed. */
async function describeServer(options: ProbeOptions, report: PathReport): Promise<void> {
  const { host, port } = options.target;
  const socket = connectTls({
    host,
    port,
    servername: options.serverName,
    // Looking only: nothing is sent, and the verdict has been spoken.
    rejectUnauthorized: false,
  });
  try {
    await once(socket, 'secureConnect', { signal: within(options) });
    report('ok', `${described(socket)}; expected name ${options.serverName}`);
  } catch {
    // No handshake, nobody to describe.
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

function described(socket: TLSSocket): string {
  const { subjectaltname, subject, issuer, valid_to } = socket.getPeerCertificate();
  const own = socket.getCertificate();
  const shown = own !== null && 'subject' in own ? nameOf(own.subject) : 'none';
  const cipher = socket.getCipher().standardName;
  return `${socket.getProtocol() ?? 'TLS'}, ${cipher}; server certificate of ${nameOf(subject)}, names ${subjectaltname ?? 'none'}, by ${nameOf(issuer)}, until ${valid_to}; client certificate: ${shown}`;
}

const nameOf = ({ CN, O }: Partial<Certificate> = {}): string =>
  [CN ?? O].flat().join(', ') || 'nobody';
