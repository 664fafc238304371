/** One container of a pod: its files, CreateContainer and StartContainer, its streams and its postStart hook. */
import type { Container } from '#kube';
import type { Api, Init } from '#wire';
import { copyFile } from './copy-files.ts';
import { shimErrors, type StartStage } from './errors.ts';
import { runPostStart } from './lifecycle.ts';
import { planMounts } from './mount-plan.ts';
import { copiedMount, type OciMount, type PlannedMount, type Storage } from './mounts.ts';
import { containerSpec } from './oci-spec.ts';
import type { RunningContainer } from './pod-sandbox.ts';
import { openSession } from './process-session.ts';
import { randomHex } from '#base';
import { during, identityOf, imageOf, type Start } from './start-steps.ts';
import { imageStorage } from './storages.ts';

/** Runs to its end before the next one starts; answers with its id. The kubelet would try a failed one again. */
export async function runInit(start: Start, container: Container): Promise<string> {
  const over = new AbortController();
  const signals = [over.signal, start.options.signal].filter((one) => one !== undefined);
  const { id, spec } = await startContainer(start, container);
  const { session } = await attach(start, container, {
    id,
    spec,
    signal: AbortSignal.any(signals),
  });
  try {
    const code = await session.exitCode;
    if (code !== 0) throw shimErrors.initFailed(container.name, code);
    return id;
  } finally {
    over.abort();
  }
}

interface StartedContainer {
  readonly id: string;
  readonly spec: Init<Api.Spec>;
}

export async function startContainer(
  start: Start,
  container: Container,
): Promise<StartedContainer> {
  const { agent, pod, shim, annotations, context, runtime } = start;
  const at = <T>(stage: StartStage, endpoint: string, action: () => Promise<T>) =>
    during(start, { stage, endpoint, id }, action);
  const image = imageOf(start, container);
  const id = randomHex(shim.random, 32);
  const plan = planMounts(container, context);
  const mounts = await at('container-create', 'CopyFileRequest', () => makeMounts(start, id, plan));
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
      storages: [imageStorage(id, image, all), ...storagesOf(start, plan)],
      sandbox_pidns: pod.shareProcessNamespace,
    }),
  );
  await at('container-start', 'StartContainerRequest', () =>
    agent.call('StartContainer', { container_id: id }),
  );
  return { id, spec };
}

/** In the order of the spec; files are copied on the way. */
async function makeMounts(
  { agent, shim, shared }: Start,
  containerId: string,
  plan: readonly PlannedMount[],
): Promise<readonly OciMount[]> {
  const context = { agent, containerId, random: shim.random, shared };
  const mounts: OciMount[] = [];
  for (const planned of plan) {
    if (planned.kind === 'copied') {
      mounts.push(copiedMount(planned.file, await copyFile(planned.file, context)));
    } else mounts.push(planned.mount);
  }
  return mounts;
}

/** Memory first, then huge pages, then directories on disk; or as the mounts come. */
const STORAGE_KINDS = ['tmpfs', 'hugetlbfs', 'local'];

function storagesOf({ runtime }: Start, plan: readonly PlannedMount[]): readonly Storage[] {
  const storages = plan.flatMap((planned) => (planned.kind === 'storage' ? [planned.storage] : []));
  if (runtime.storageOrder === 'by-mount') return storages;
  const rank = ({ fstype = '' }: Storage): number => STORAGE_KINDS.indexOf(fstype);
  return [...storages].sort((a, b) => rank(a) - rank(b));
}

/** Takes over the streams of a container that was started, and runs its postStart hook. */
export async function attach(
  start: Start,
  container: Container,
  { id, spec, signal }: StartedContainer & { readonly signal: AbortSignal },
): Promise<RunningContainer> {
  const { agent, options } = start;
  const { name, tty, lifecycle } = container;
  const sinks = options.output?.(name) ?? {};
  const logger = start.logger.child({ container: name });
  const target = { containerId: id, execId: start.runtime.initExecId(id), tty };
  const session = openSession({ ...sinks, ...target, agent, signal, logger });
  // Whoever waits for the exit code sees a failure; nobody has to.
  session.exitCode.catch(() => undefined);
  const base = spec.Process ?? {};
  const image = imageOf(start, container);
  const running = { name, id, image, tty, base, session, preStop: lifecycle.preStop };
  await runPostStart(start, running, lifecycle.postStart, signal);
  return running;
}
