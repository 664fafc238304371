/**
 * The status of a pod as a value, in the API's own shape, and the rules that derive one field from the
 * others. Pure: facts in, status out.
 * Source: Kubernetes 1.34, staging/src/k8s.io/api/core/v1/types.go (PodStatus), pkg/kubelet/status/generate.go.
 */
import { qosClass, type Pod, type RestartPolicy } from '#kube';

type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

interface TerminatedState {
  /** `Completed`, `Error`, or `ContainerStatusUnknown` when its end was not observed. */
  readonly reason: string;
  readonly exitCode: number;
  readonly message?: string | undefined;
  readonly finishedAt: string;
}

/** Exactly one of the three is set. */
interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string | undefined };
  readonly running?: { readonly startedAt: string };
  readonly terminated?: TerminatedState;
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  /** `containerd://<id>`; absent until the container is created. */
  readonly containerID?: string | undefined;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: ContainerState;
}

type ConditionType =
  'PodScheduled' | 'PodReadyToStartContainers' | 'Initialized' | 'ContainersReady' | 'Ready';

interface PodCondition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False';
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime: string;
}

export interface PodStatus {
  readonly phase: PodPhase;
  readonly conditions: readonly PodCondition[];
  readonly containerStatuses: readonly ContainerStatus[];
  readonly podIP?: string | undefined;
  readonly hostIP?: string | undefined;
  readonly startTime?: string | undefined;
  readonly qosClass: 'Guaranteed' | 'Burstable' | 'BestEffort';
}

const QOS = { guaranteed: 'Guaranteed', burstable: 'Burstable', besteffort: 'BestEffort' } as const;

/** Not scheduled yet. */
export function pendingStatus(pod: Pod, now: string): PodStatus {
  return withConditions(
    {
      phase: 'Pending',
      conditions: [],
      containerStatuses: pod.containers.map(({ name, image }) => ({
        name,
        image,
        ready: false,
        restartCount: 0,
        state: { waiting: { reason: 'ContainerCreating' } },
      })),
      qosClass: QOS[qosClass(pod)],
    },
    now,
  );
}

/** The status with its conditions and phase brought up to date; unchanged conditions keep their time. */
export function withConditions(status: PodStatus, now: string): PodStatus {
  const { containerStatuses: containers } = status;
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const started = containers.some(({ state }) => state.waiting === undefined);
  const ended = isEnded(status);
  const readiness: Pick<PodCondition, 'status' | 'reason' | 'message'> =
    unready.length === 0
      ? { status: 'True' }
      : ended
        ? { status: 'False', reason: 'PodCompleted' }
        : {
            status: 'False',
            reason: 'ContainersNotReady',
            message: `containers with unready status: [${unready.join(' ')}]`,
          };
  const is = (value: boolean): Pick<PodCondition, 'status'> => ({
    status: value ? 'True' : 'False',
  });
  const facts: Readonly<Record<ConditionType, Omit<PodCondition, 'type' | 'lastTransitionTime'>>> =
    {
      PodScheduled: is(status.hostIP !== undefined),
      PodReadyToStartContainers: is(started && !ended),
      Initialized: is(started),
      ContainersReady: readiness,
      Ready: readiness,
    };
  const conditions = (Object.keys(facts) as ConditionType[]).map((type): PodCondition => {
    const before = status.conditions.find((condition) => condition.type === type);
    const isSame = before?.status === facts[type].status;
    return { type, ...facts[type], lastTransitionTime: isSame ? before.lastTransitionTime : now };
  });
  return { ...status, conditions, phase: phaseOf(status) };
}

/** Every container has ended. */
function isEnded({ containerStatuses }: Pick<PodStatus, 'containerStatuses'>): boolean {
  return (
    containerStatuses.length > 0 &&
    containerStatuses.every(({ state }) => state.terminated !== undefined)
  );
}

/**
 * Source: pkg/kubelet/kubelet_pods.go, getPhase. Here no container is started again, so that a pod
 * whose containers have all ended has ended, whatever its restartPolicy.
 */
function phaseOf(status: PodStatus): PodPhase {
  const states = status.containerStatuses.map(({ state }) => state);
  if (isEnded(status)) {
    return states.every(({ terminated }) => terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
  }
  return states.some(({ waiting }) => waiting !== undefined) ? 'Pending' : 'Running';
}

/** Whether a kubelet would start a container again that ended like this. */
export function wouldRestart(policy: RestartPolicy, exitCode: number | undefined): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** 128 + SIGKILL: what the kubelet reports when it did not observe the end. */
const UNKNOWN_EXIT_CODE = 137;

export interface ContainerEnd {
  /** Undefined when it is not known. */
  readonly exitCode?: number | undefined;
  /** Why it is not known. */
  readonly lost?: string | undefined;
}

/** Source: pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses. */
export function terminatedState({ exitCode, lost }: ContainerEnd, now: string): ContainerState {
  if (exitCode === undefined) {
    const reason = 'ContainerStatusUnknown';
    const terminated = { reason, exitCode: UNKNOWN_EXIT_CODE, message: lost, finishedAt: now };
    return { terminated };
  }
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return { terminated: { reason, exitCode, finishedAt: now } };
}
