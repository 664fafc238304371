/** A pod that runs in the simulator: the shim's view of it, its machine, and the worker's end of its network. */
import { request } from 'node:http';
import { runOnce, type Closable } from '#base';
import type { Agent } from '#agent';
import {
  diagnosePod,
  type DiagnosePodOptions,
  type PathDiagnosis,
  type PodVm,
  type Worker,
} from '#peerpod';
import type { PingReply, TcpSocket } from '#ipnet';
import { followContainers, type ContainerLogs, type PodLife } from '#node';
import type { PodSandbox } from '#shim';

import { simErrors } from './errors.ts';
import type { Machine } from './machine.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface SimulatedPod extends Closable {
  readonly sandbox: PodSandbox;
  /** Its status and events. */
  readonly life: PodLife;
  /** Settles when every container has ended. */
  readonly ended: Promise<void>;
  /** Of a pod VM in this process; with one in a process of its own, reading it is an error. */
  readonly vm: PodVm;
  readonly agent: Agent;
  readonly machine: Machine;
  readonly podIp: string;
  readonly vni: number;
  readonly logs: ContainerLogs;
  /** Where the policy came from that a VM starts with, and the digests of what was measured. */
  readonly initdata: {
    readonly source: 'annotation' | 'global' | 'none';
    readonly algorithm: string;
    readonly digest: string;
    readonly pcr8: string;
  };
  /** From the worker through the VXLAN tunnel. */
  ping(signal?: AbortSignal): Promise<PingReply>;
  /** HTTP from the worker to a port of the pod, through the tunnel. */
  fetch(
    path: string,
    options?: { readonly port?: number; readonly signal?: AbortSignal },
  ): Promise<HttpAnswer>;
  /** A stream to a port of the pod, through the tunnel; it emits 'connect' or fails. */
  connect(port: number): TcpSocket;
  /** Other faults of its VM from now on (`15150:reset`); none lifts them. */
  changeFaults(words: readonly string[]): Promise<void>;
  /** What is wrong in the path to it. */
  diagnose(options?: Pick<DiagnosePodOptions, 'timeoutMs' | 'signal'>): Promise<PathDiagnosis>;
}

interface SimulatedPodParts {
  readonly sandbox: PodSandbox;
  readonly life: PodLife;
  readonly logs: ContainerLogs;
  readonly podIp: string;
  readonly worker: Worker;
  readonly machine: Machine;
  readonly onClosed: () => Promise<void>;
}

export function simulatedPod(parts: SimulatedPodParts): SimulatedPod {
  const { sandbox, life, logs, podIp, worker, machine, onClosed } = parts;
  const record = worker.sandboxes.get(sandbox.sandboxId);
  const local = (): NonNullable<Machine['local']> => {
    if (machine.local === undefined) throw simErrors.otherProcess(machine.name);
    return machine.local;
  };
  const close = runOnce(async () => {
    try {
      await sandbox.close();
    } finally {
      await logs.close();
      await onClosed();
    }
  });
  life.started({ podIP: podIp, containers: sandbox.containers });
  return {
    sandbox,
    life,
    ended: followContainers(sandbox, life),
    get vm() {
      return local().vm;
    },
    get agent() {
      return local().agent;
    },
    machine,
    podIp,
    vni: record?.vni ?? 0,
    logs,
    initdata: {
      source: record?.initdata.source ?? 'none',
      ...machine.measured,
    },
    ping: (signal) => worker.network.ping(podIp, signal === undefined ? {} : { signal }),
    fetch: (path, options = {}) => fetchThroughTunnel(worker, podIp, path, options),
    connect: (port) => worker.network.connect(podIp, port),
    changeFaults: (words) => machine.changeFaults(words),
    diagnose: (options = {}) => {
      if (record === undefined) throw simErrors.closed();
      // Everything is on this machine: what takes longer does not come.
      return diagnosePod({
        timeoutMs: 2000,
        ...options,
        sandbox: record,
        network: worker.network,
        kernelNetns: worker.kernel?.netns,
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const HTTP_PORT = 80;

function fetchThroughTunnel(
  worker: Worker,
  podIp: string,
  path: string,
  { port = HTTP_PORT, signal }: { readonly port?: number; readonly signal?: AbortSignal },
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const call = request({
      host: podIp,
      port,
      path,
      ...(signal !== undefined && { signal }),
      // The socket is a user-space TCP connection inside VXLAN frames. No `agent` here: with one, even
      // with `agent: false`, Node ignores createConnection and dials the address on the real network.
      createConnection: () => worker.network.connect(podIp, port),
    });
    call.once('error', reject);
    call.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    call.end();
  });
}
