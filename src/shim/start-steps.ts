/** What the steps of a start share, and the event that a refused call becomes. */
import type { Container } from '#kube';
import { RpcStatusError, type RpcClient } from '#rpc';
import type { AgentCalls } from './agent-calls.ts';
import type { SharedCopies } from './copy-files.ts';
import { PodStartError, shimErrors, type StartStage } from './errors.ts';
import type { ImageConfig } from './image.ts';
import type { SpecIdentity } from './oci-spec.ts';
import type { PreparedStart } from './prepare-start.ts';
import {
  containerNotStarted,
  containerRefused,
  sandboxRefused,
  type RuntimeWords,
} from './words.ts';

export interface DialledStart extends PreparedStart {
  readonly client: RpcClient;
  readonly agentSocketPath: string;
}

export interface Start extends DialledStart {
  /** Its calls end with the start's signal: whoever gives up must not wait for a silent agent. */
  readonly agent: AgentCalls;
  /** Directories that were copied once for all containers. */
  readonly shared: SharedCopies;
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
export async function during<T>(
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

export function identityOf(start: PreparedStart, containerId: string): SpecIdentity {
  const { pod, podUid, sandboxId, placement } = start;
  const { networkNamespacePath } = placement;
  return { pod, podUid, sandboxId, containerId, networkNamespacePath };
}

export function imageOf({ images, shim }: PreparedStart, { name, image }: Container): ImageConfig {
  const config = images.get(name);
  if (config === undefined) throw shimErrors.unknownImage(image, shim.images.names);
  return config;
}
