/** The doctor of a peer-pod path: files first, then each layer of the network, in the order of a start. */
import { systemClock, type Clock } from '#base';
import { DEFAULT_VXLAN_PORT } from '../network/vxlan-socket.ts';
import type { DialTarget } from '../proxy/dial.ts';
import type { TlsSettings } from '../tls/settings.ts';
import { MANUAL_SERVER_NAME } from '../tls/names.ts';
import type { PathFinding } from './finding.ts';
import { inspectApf, inspectUserData } from './inspect-files.ts';
import { probeVxlan } from './probe-network.ts';
import { probeTunnel } from './probe-tunnel.ts';

interface DiagnosePathOptions {
  readonly userData?: string;
  /** Text of apf.json; that of `userData` otherwise. */
  readonly apf?: string;
  /** The forwarder; without it only the files are looked at. */
  readonly target?: DialTarget;
  /** The name its certificate must carry; `podvm-server` unless given. */
  readonly serverName?: string;
  readonly tls?: TlsSettings | 'plain';
  readonly vxlanPort?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface PathDiagnosis {
  readonly ok: boolean;
  readonly findings: readonly PathFinding[];
}

/** For each step. */
export const TIMEOUT_MS = 5000;

export async function diagnosePath(options: DiagnosePathOptions): Promise<PathDiagnosis> {
  const findings: PathFinding[] = [];
  const inUserData =
    options.userData === undefined ? undefined : inspectUserData(options.userData, findings);
  const text = options.apf ?? inUserData;
  const config =
    text === undefined ? undefined : inspectApf(text, options.clock ?? systemClock, findings);
  const { target } = options;
  if (target !== undefined) {
    await probeTunnel(
      {
        target,
        serverName: options.serverName ?? MANUAL_SERVER_NAME,
        tls: options.tls ?? {},
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        signal: options.signal ?? new AbortController().signal,
      },
      findings,
    );
    const port = options.vxlanPort ?? config?.['pod-network']?.['vxlan-port'] ?? DEFAULT_VXLAN_PORT;
    await probeVxlan({ host: target.host, port }, findings);
  }
  return conclude(findings);
}

export const conclude = (findings: readonly PathFinding[]): PathDiagnosis => ({
  ok: !findings.some(({ severity }) => severity === 'error'),
  findings,
});
