/**
 * One pod's shim: asks the remote hypervisor for a VM, dials its agent through the per-pod socket and
 * makes the runtime's calls in the runtime's order (kata-agent.md 5.1, remote rows). A refused
 * call ends the start, and what was made is taken down again.
 */
import { type Logger, messageOf, type Random, randomHex, runOnce } from '#base';
import { dial, RpcStatusError, type RpcClient } from '#rpc';
import type { Api, Init } from '#wire';
import { agentCalls, type AgentCalls } from './agent-calls.ts';
import { createVmAnnotations } from './annotations.ts';
import { copyFiles } from './copy-files.ts';
import { PodStartError, shimErrors, type StartStage } from './errors.ts';
import { openExec, type ExecOptions } from './exec.ts';
import { containerFiles, resolvConf, sandboxFiles, type PodNetwork } from './host-files.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { ImageConfig, ImageRegistry } from './image.ts';
import { containerSpec, sandboxSpec, type SpecIdentity } from './oci-spec.ts';
import { type Container, hostnameOf, type Manifest, type Pod } from '#kube';
import type { PodSandbox, RunningContainer } from './pod-sandbox.ts';
import { prepareStart, type PreparedStart } from './prepare-start.ts';
import { openSession, type ProcessSession, type ProcessStreams } from './process-session.ts';
import type { RuntimeName } from './runtime.ts';
import { removeContainer } from './stop.ts';
import { emptyDirectories, imageStorage, shmStorage } from './storages.ts';
import { watchSandbox } from './watch.ts';
import {
  containerNotStarted,
  containerRefused,
  sandboxRefused,
  type RuntimeWords,
} from './words.ts';

export interface ShimOptions {
  readonly hypervisor: Hypervisor;
  readonly images: ImageRegistry;
  readonly random: Random;
  readonly logger?: Logger;
  /** Whose calls are made; the Go runtime's by default. */
  readonly runtime?: RuntimeName | undefined;
  /** How long the end of a pod may take when its agent does not answer. */
  readonly tearDownMs?: number | undefined;
  /** `enable_annotations` of the shim configuration. */
  readonly enabledAnnotations?: readonly string[] | undefined;
  /** The one key that this release reads initdata from and hands on; without it both are read. */
  readonly initdataAnnotation?: string | undefined;
}

/** What the CNI made for the pod on the worker. */
export interface PodPlacement {
  readonly networkNamespacePath: string;
  readonly network: PodNetwork;
}

export interface StartPodOptions {
  readonly objects?: Manifest['objects'];
  readonly sandboxId?: string;
  readonly signal?: AbortSignal;
  /** Sees each agent call by method name, just before it is sent. */
  readonly onCall?: (method: string) => void;
  /** Where the output of a container goes; without a sink nothing is read. */
  readonly output?: (container: string) => Pick<ProcessStreams, 'stdout' | 'stderr' | 'ended'>;
  /** Runs after a refusal, while the VM and the tunnel are still up. */
  readonly onRefused?: (error: PodStartError, client: RpcClient) => Promise<void>;
}

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

/** A silent agent must not keep a pod from being deleted: the VM goes anyway. */
const TEAR_DOWN_MS = 5000;

interface DialledStart extends PreparedStart {
  readonly client: RpcClient;
  readonly agentSocketPath: string;
}

interface Start extends DialledStart {
  /** Its calls end with the start's signal: whoever gives up must not wait for a silent agent. */
  readonly agent: AgentCalls;
}

interface Step {
  readonly stage: StartStage;
  readonly endpoint: string;
  /** Of the sandbox or the container. */
  readonly id: string;
}

const refusals: Readonly<
  Record<StartStage, (words: RuntimeWords, id: string, status: RpcStatusError) => string>
> = {
  sandbox: sandboxRefused,
  'container-create': (words, _id, status) => containerRefused(words, status),
  'container-start': containerNotStarted,
};

/** Rewords a refusal of the agent as the event of this stage; everything else passes. */
async function during<T>(
  { runtime }: Pick<PreparedStart, 'runtime'>,
  { stage, endpoint, id }: Step,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof RpcStatusError)) throw error;
    const text = refusals[stage](runtime.words, id, error);
    const status = { code: error.code, message: error.message };
    const reason = stage === 'sandbox' ? 'FailedCreatePodSandBox' : 'Failed';
    throw new PodStartError(text, { stage, reason, endpoint, status, cause: error });
  }
}

async function bringUp(dialled: DialledStart): Promise<PodSandbox> {
  const { client, options } = dialled;
  const over = new AbortController();
  const { runtime } = dialled;
  const observe = options.onCall;
  const start = {
    ...dialled,
    agent: agentCalls(client, { runtime, observe, over: options.signal }),
  };
  // What runs on after the start ends with the pod, no longer with the start's signal.
  const running = { ...dialled, agent: agentCalls(client, { runtime, observe }) };
  try {
    await startSandbox(start);
    const ended: string[] = [];
    for (const container of start.pod.initContainers) ended.push(await runInit(start, container));
    const containers: RunningContainer[] = [];
    for (const container of start.pod.containers) {
      const { id, spec } = await startContainer(start, container);
      containers.push(attach(running, container, { id, spec, signal: over.signal }));
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

/** Runs to its end before the next one starts; answers with its id. The kubelet would try a failed one again. */
async function runInit(start: Start, container: Container): Promise<string> {
  const over = new AbortController();
  const signals = [over.signal, start.options.signal].filter((one) => one !== undefined);
  const { id, spec } = await startContainer(start, container);
  const { session } = attach(start, container, { id, spec, signal: AbortSignal.any(signals) });
  try {
    const code = await session.exitCode;
    if (code !== 0) throw shimErrors.initFailed(container.name, code);
    return id;
  } finally {
    over.abort();
  }
}

/**
 * Tells a simulated agent that this SetPolicy carries the pod's annotation, for the provenance of its
 * decisions. A real agent ignores metadata that it does not know.
 */
const FROM_ANNOTATION = [['katasim-policy-source', 'annotation']] as const;

/** Steps 1 to 11 of kata-agent.md 5.1 for a remote hypervisor. */
async function startSandbox(start: Start): Promise<void> {
  const { agent, annotations, sandboxId, pod, placement, shim } = start;
  const at = <T>(endpoint: string, action: () => Promise<T>) =>
    during(start, { stage: 'sandbox', endpoint, id: sandboxId }, action);
  if (start.runtime.checksFirst) await agent.check();
  const { policy } = annotations;
  if (policy !== undefined) {
    await at('SetPolicyRequest', () =>
      agent.call('SetPolicy', { policy }, undefined, FROM_ANNOTATION),
    );
  }
  await at('CreateSandboxRequest', () =>
    agent.call('CreateSandbox', {
      hostname: hostnameOf(pod),
      dns: resolvConf(placement.network).split('\n'),
      storages: [shmStorage],
      sandbox_id: sandboxId,
      kernel_modules: annotations.kernelModules,
    }),
  );
  await at('GuestDetailsRequest', () =>
    agent.call('GetGuestDetails', { mem_block_size: true, mem_hotplug_probe: true }),
  );
  const copied = await at('CopyFileRequest', () =>
    copyFiles(agent, sandboxId, sandboxFiles(placement.network), shim.random),
  );
  const request = sandboxContainerRequest(start, copied);
  await at('CreateContainerRequest', () => agent.call('CreateContainer', request));
  await at('StartContainerRequest', () =>
    agent.call('StartContainer', { container_id: sandboxId }),
  );
}

function identityOf(start: PreparedStart, containerId: string): SpecIdentity {
  const { pod, podUid, sandboxId, placement } = start;
  const { networkNamespacePath } = placement;
  return { pod, podUid, sandboxId, containerId, networkNamespacePath };
}

function sandboxContainerRequest(
  start: PreparedStart,
  copied: Awaited<ReturnType<typeof copyFiles>>,
) {
  const { sandboxId, annotations, runtime, shim } = start;
  const spec = runtime.amendSpec(sandboxSpec(identityOf(start, sandboxId), copied), shim.random);
  const all = { ...annotations.forwarded, ...spec.Annotations };
  return {
    container_id: sandboxId,
    exec_id: runtime.initExecId(sandboxId),
    OCI: { ...spec, Annotations: all },
    storages: [imageStorage(sandboxId, { reference: 'pause' }, all as Record<string, string>)],
  };
}

interface StartedContainer {
  readonly id: string;
  readonly spec: Init<Api.Spec>;
}

async function startContainer(start: Start, container: Container): Promise<StartedContainer> {
  const { agent, pod, placement, shim, sandboxId, annotations, context, runtime } = start;
  const at = <T>(stage: StartStage, endpoint: string, action: () => Promise<T>) =>
    during(start, { stage, endpoint, id }, action);
  const image = imageOf(start, container);
  const id = randomHex(shim.random, 32);
  const files = containerFiles(container, placement.network, context);
  const copied = await at('container-create', 'CopyFileRequest', () =>
    copyFiles(agent, id, files, shim.random),
  );
  const directories = emptyDirectories(pod, container, sandboxId);
  const mounts = [...copied, ...directories.map(({ mount }) => mount)];
  const spec = runtime.amendSpec(
    containerSpec(identityOf(start, id), container, image, mounts),
    shim.random,
  );
  const all = { ...annotations.forwarded, ...spec.Annotations } as Record<string, string>;
  await at('container-create', 'CreateContainerRequest', () =>
    agent.call('CreateContainer', {
      container_id: id,
      exec_id: runtime.initExecId(id),
      OCI: { ...spec, Annotations: all },
      storages: [imageStorage(id, image, all), ...directories.map(({ storage }) => storage)],
    }),
  );
  await at('container-start', 'StartContainerRequest', () =>
    agent.call('StartContainer', { container_id: id }),
  );
  return { id, spec };
}

function imageOf({ images, shim }: PreparedStart, { name, image }: Container): ImageConfig {
  const config = images.get(name);
  if (config === undefined) throw shimErrors.unknownImage(image, shim.images.names);
  return config;
}

/** Takes over the streams of a container that was started. */
function attach(
  start: Start,
  container: Container,
  { id, spec, signal }: StartedContainer & { readonly signal: AbortSignal },
): RunningContainer {
  const { agent, options } = start;
  const { name, tty } = container;
  const sinks = options.output?.(name) ?? {};
  const logger = start.logger.child({ container: name });
  const target = { containerId: id, execId: start.runtime.initExecId(id), tty };
  const session = openSession({ ...sinks, ...target, agent, signal, logger });
  // Whoever waits for the exit code sees a failure; nobody has to.
  session.exitCode.catch(() => undefined);
  const base = spec.Process ?? {};
  return { name, id, image: imageOf(start, container), tty, base, session };
}

function runningSandbox(
  start: Start,
  containers: readonly RunningContainer[],
  over: AbortController,
): PodSandbox {
  const { agent, client, pod, podUid, sandboxId, annotations, agentSocketPath, logger } = start;
  const close = runOnce(async () => {
    const limit = AbortSignal.timeout(start.shim.tearDownMs ?? TEAR_DOWN_MS);
    const left: string[] = [];
    for (const id of [...containers.map((container) => container.id), sandboxId]) {
      await removeContainer(agent, id, limit);
      if (limit.aborted) left.push(id);
    }
    if (start.runtime.destroysSandbox && !limit.aborted) {
      await agent.call('DestroySandbox', {}, limit).catch((error: unknown) => {
        logger.warn({ sandboxId, reason: messageOf(error) }, 'DestroySandbox failed');
      });
    }
    if (left.length > 0) {
      logger.warn(
        { sandboxId, left },
        'the agent did not answer; its containers were left to the VM',
      );
    }
    over.abort();
    try {
      await client.close();
    } finally {
      await start.shim.hypervisor.stopVm(sandboxId);
    }
  });
  return {
    pod,
    podUid,
    sandboxId,
    agentSocketPath,
    runtime: start.runtime.name,
    annotations,
    containers,
    client,
    exec: (options) => execIn(start, containers, options, over.signal),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function execIn(
  { agent, shim, logger }: Start,
  containers: readonly RunningContainer[],
  options: ExecOptions,
  over: AbortSignal,
): Promise<ProcessSession> {
  const name = options.container ?? containers[0]?.name ?? '';
  const container = containers.find((candidate) => candidate.name === name);
  if (container === undefined) {
    throw shimErrors.noContainer(
      name,
      containers.map((candidate) => candidate.name),
    );
  }
  const { base } = container;
  return openExec(agent, container.id, { ...options, base, random: shim.random, logger, over });
}
