/**
 * One attempt of a probe, with the kubelet's verdict and words.
 * Source: Kubernetes pkg/probe/{exec,http,tcp}, pkg/kubelet/prober/prober.go.
 */
import { once } from 'node:events';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { isSystemError, messageOf } from '#base';
import { ExecError, type PodSandbox } from '#shim';
import { type Probe } from '#kube';

export interface ProbeTarget {
  readonly sandbox: Pick<PodSandbox, 'exec'>;
  readonly podIp: string;
  /** To a port of the pod, from the node, through the tunnel. */
  readonly connect: (port: number) => Duplex;
}

export type Attempt =
  | { readonly kind: 'success' }
  | { readonly kind: 'failure'; readonly output: string }
  /** The probe itself could not be made: neither a success nor a failure of the container. */
  | { readonly kind: 'error'; readonly reason: string };

/** Source: pkg/probe/exec/exec.go and http/http.go, maxReadLength and maxRespBodyLength. */
const MAX_OUTPUT_BYTES = 10 << 10;
const SIGKILL = 9;
const USER_AGENT = 'kube-probe/1.34';

/** `timeout` is aborted after the probe's timeoutSeconds, `over` when the container has ended. */
interface Limits {
  readonly timeout: AbortSignal;
  readonly over: AbortSignal;
}

export async function probeOnce(
  target: ProbeTarget,
  container: string,
  probe: Probe,
  limits: Limits,
): Promise<Attempt> {
  const { action } = probe;
  if (action.kind === 'exec')
    return execProbe(target, container, { ...probe, command: action.command }, limits);
  let socket: Duplex | undefined;
  try {
    socket = target.connect(action.port);
    // Failures after the connection was given up.
    socket.on('error', () => undefined);
    return action.kind === 'http'
      ? await httpProbe(socket, target.podIp, action, limits)
      : await tcpProbe(socket, target.podIp, action.port, limits);
  } catch (error) {
    return { kind: 'error', reason: messageOf(error) };
  } finally {
    socket?.destroy();
  }
}

const failure = (output: string): Attempt => ({ kind: 'failure', output });
const success: Attempt = { kind: 'success' };

async function execProbe(
  { sandbox }: ProbeTarget,
  container: string,
  {
    command,
    timeoutSeconds,
  }: Pick<Probe, 'timeoutSeconds'> & { readonly command: readonly string[] },
  { timeout, over }: Limits,
): Promise<Attempt> {
  const chunks: Buffer[] = [];
  let length = 0;
  const collect = (data: Uint8Array): void => {
    if (length < MAX_OUTPUT_BYTES) chunks.push(Buffer.from(data));
    length += data.length;
  };
  try {
    const session = await sandbox.exec({
      container,
      command,
      stdout: collect,
      stderr: collect,
      signal: over,
    });
    const code = await Promise.race([session.exitCode, aborted(timeout)]);
    if (code === undefined) {
      await session.signal(SIGKILL).catch(() => undefined);
      const words = JSON.stringify(command.join(' '));
      return failure(`command timed out: ${words} timed out after ${timeoutSeconds}s`);
    }
    if (code === 0) return success;
    return failure(Buffer.concat(chunks).toString('utf8', 0, MAX_OUTPUT_BYTES));
  } catch (error) {
    const reason = error instanceof ExecError ? error.criText : messageOf(error);
    return { kind: 'error', reason: `rpc error: code = Unknown desc = ${reason}` };
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    if (signal.aborted) resolve(undefined);
  });
}

async function httpProbe(
  socket: Duplex,
  podIp: string,
  { path, port, headers }: Probe['action'] & { readonly kind: 'http' },
  { timeout, over }: Limits,
): Promise<Attempt> {
  const call = request({
    host: podIp,
    port,
    // As Go writes a URL whose path has what a request line cannot have.
    path: path.replace(/[^!-~]/gu, encodeURIComponent),
    headers: {
      'user-agent': USER_AGENT,
      accept: '*/*',
      connection: 'close',
      ...Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    },
    createConnection: () => socket,
  });
  call.on('error', () => undefined);
  call.end();
  try {
    const [response] = (await once(call, 'response', {
      signal: AbortSignal.any([timeout, over]),
    })) as [{ readonly statusCode?: number }];
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 400) return success;
    return failure(`HTTP probe failed with statuscode: ${status}`);
  } catch (error) {
    const reason = timeout.aborted
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : dialFailure(podIp, port, error);
    return failure(`Get "http://${podIp}:${port}${path}": ${reason}`);
  } finally {
    call.destroy();
  }
}

async function tcpProbe(
  socket: Duplex,
  podIp: string,
  port: number,
  { timeout, over }: Limits,
): Promise<Attempt> {
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([timeout, over]) });
    return success;
  } catch (error) {
    if (timeout.aborted) return failure(`dial tcp ${podIp}:${port}: i/o timeout`);
    return failure(dialFailure(podIp, port, error));
  }
}

/** Go's words for the errors of a dial. */
const dialErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ECONNRESET: 'read: connection reset by peer',
  ETIMEDOUT: 'i/o timeout',
};

function dialFailure(podIp: string, port: number, error: unknown): string {
  const words = isSystemError(error) ? dialErrors[error.code ?? ''] : undefined;
  return words === undefined ? messageOf(error) : `dial tcp ${podIp}:${port}: ${words}`;
}
