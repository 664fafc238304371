/**
 * One pod's shim: asks the remote hypervisor for a VM, dials its agent through the per-pod socket and
 * makes the runtime's calls in the runtime's order. A refused call ends the start, and what was made is
 * taken down again.
 */
import { messageOf } from '#base';
import type { Pod } from '#kube';
import { dial, type RpcClient } from '#rpc';
import { agentCalls } from './agent-calls.ts';
import { createVmAnnotations } from './annotations.ts';
import { PodStartError } from './errors.ts';
import type { PodSandbox, RunningContainer } from './pod-sandbox.ts';
import { prepareStart } from './prepare-start.ts';
import { runningSandbox } from './running-sandbox.ts';
import { attach, runInit, startContainer } from './start-container.ts';
import type { PodPlacement, ShimOptions, StartPodOptions } from './start-options.ts';
import { startSandbox } from './start-sandbox.ts';
import type { DialledStart } from './start-steps.ts';
import { removeContainer } from './stop.ts';
import { watchSandbox } from './watch.ts';

/** Starts the pod; throws before the first call for everything that is wrong with the pod itself. */
export async function startPod(
  pod: Pod,
  placement: PodPlacement,
  shim: ShimOptions,
  options: StartPodOptions = {},
): Promise<PodSandbox> {
  const start = prepareStart(pod, placement, shim, options);
  const { hypervisor } = shim;
  const { sandboxId } = start;
  const agentSocketPath = await hypervisor.createVm(
    {
      id: sandboxId,
      annotations: createVmAnnotations(pod, start.annotations, shim.initdataAnnotation),
      networkNamespacePath: placement.networkNamespacePath,
    },
    options.signal,
  );
  let client: RpcClient | undefined;
  try {
    await hypervisor.startVm(sandboxId, options.signal);
    client = await dial(`unix://${agentSocketPath}`, { signal: options.signal });
    return await bringUp({ ...start, client, agentSocketPath });
  } catch (error) {
    try {
      if (error instanceof PodStartError && client !== undefined) {
        await options.onRefused?.(error, client);
      }
    } finally {
      await client?.close();
      await hypervisor.stopVm(sandboxId).catch((cause: unknown) => {
        start.logger.warn({ sandboxId, reason: messageOf(cause) }, 'the VM did not stop');
      });
    }
    throw error;
  }
}

async function bringUp(dialled: DialledStart): Promise<PodSandbox> {
  const { client, options } = dialled;
  const over = new AbortController();
  const { runtime } = dialled;
  const observe = options.onCall;
  const shared = new Map<string, string>();
  const start = {
    ...dialled,
    shared,
    agent: agentCalls(client, { runtime, observe, over: options.signal }),
  };
  // What runs on after the start ends with the pod, no longer with the start's signal.
  const running = { ...dialled, shared, agent: agentCalls(client, { runtime, observe }) };
  try {
    await startSandbox(start);
    const ended: string[] = [];
    for (const container of start.pod.initContainers) ended.push(await runInit(start, container));
    const containers: RunningContainer[] = [];
    for (const container of start.pod.containers) {
      const { id, spec } = await startContainer(start, container);
      containers.push(await attach(running, container, { id, spec, signal: over.signal }));
    }
    // Not before: the volumes of the pod live as long as a container of it uses them.
    for (const id of ended) await removeContainer(start.agent, id);
    options.signal?.throwIfAborted();
    watchSandbox(running, over.signal);
    return runningSandbox(running, containers, over);
  } catch (error) {
    over.abort();
    throw error;
  }
}
