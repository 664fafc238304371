/**
 * The doctor inside a worker: a sandbox of its own, from the files its VM was booted with, over the
 * path that the shim's calls take, to a ping through the tunnel.
 */
import { messageOf, systemClock, type Clock } from '#base';
import { dial } from '#rpc';
import type { WorkerNetwork } from '../network/worker-network.ts';
import type { Sandbox } from '../worker/sandbox.ts';
import { conclude, TIMEOUT_MS, type PathDiagnosis } from './diagnose-path.ts';
import { reportOn, type PathFinding } from './finding.ts';
import { inspectApf, inspectUserData } from './inspect-files.ts';
import { probePodNetwork, probeVxlan } from './probe-network.ts';
import { probeTunnel, probeVersion } from './probe-tunnel.ts';

export interface DiagnosePodOptions {
  readonly sandbox: Sandbox;
  readonly network: WorkerNetwork;
  /** Where the tunnels are when they are in the kernel. */
  readonly kernelNetns?: string | undefined;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

const PROXY_HINT =
  'The path of the shim is dead while the VM may be well: delete the pod and make it anew.';

export async function diagnosePod(options: DiagnosePodOptions): Promise<PathDiagnosis> {
  const { sandbox, network, timeoutMs = TIMEOUT_MS } = options;
  const signal = options.signal ?? new AbortController().signal;
  const findings: PathFinding[] = [];
  const report = reportOn(findings, 'sandbox');
  const address = sandbox.instance?.addresses[0];
  const name = `${sandbox.podNamespace}/${sandbox.podName}, VM ${sandbox.instanceName}`;
  const apf = inspectUserData(sandbox.userData, findings);
  if (apf !== undefined) inspectApf(apf, options.clock ?? systemClock, findings);
  if (address === undefined) {
    report('error', `${name}: no instance`, 'StartVM has not made one, or it was taken back.');
    return conclude(findings);
  }
  report('ok', `${name} at ${address.host}, VNI ${sandbox.vni}, proxy ${sandbox.proxy.socketPath}`);
  const target = { host: address.host, port: address.agentPort };
  const probe = { target, ...sandbox.dial, timeoutMs, signal };
  await probeTunnel(probe, findings);
  await probeProxy(sandbox.proxy.socketPath, probe, findings);
  await probeVxlan({ host: address.host, port: address.vxlanPort }, findings);
  inspectRules(sandbox.vni, options, findings);
  const [podIp = ''] = sandbox.podInterface.podIp.split('/');
  await probePodNetwork({ network, podIp, timeoutMs, signal }, findings);
  return conclude(findings);
}

/** The shim's own way: the per-pod socket, and the tunnel that stands since StartVM. */
async function probeProxy(
  path: string,
  probe: Parameters<typeof probeVersion>[1],
  findings: PathFinding[],
): Promise<void> {
  const report = reportOn(findings, 'proxy');
  try {
    await using client = await dial(`unix://${path}`, { signal: probe.signal });
    await probeVersion(client, probe, report, PROXY_HINT);
  } catch (error) {
    report('error', messageOf(error), 'Nothing listens before StartVM, or after it failed.');
  }
}

function inspectRules(
  vni: number,
  { network, kernelNetns }: DiagnosePodOptions,
  findings: PathFinding[],
): void {
  const rules = network.notrackRules().filter((rule) => rule.includes(`[vni:${vni}]`));
  const report = reportOn(findings, 'vxlan');
  if (rules.length > 0) report('ok', `${rules.length} NOTRACK rules in table raw of the worker`);
  else if (kernelNetns !== undefined) {
    report(
      'ok',
      `the tunnel is in the kernel, namespace ${kernelNetns}: its rules are not looked at`,
    );
  } else {
    report(
      'warning',
      `no NOTRACK rules of VNI ${vni} on the worker`,
      'StartVM makes them with the tunnel.',
    );
  }
}
