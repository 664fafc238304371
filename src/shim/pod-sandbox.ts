/** A pod that runs: its containers, exec into them, and its end. */
import type { Closable } from '#base';
import type { RpcClient } from '#rpc';
import type { ShimAnnotations } from './annotations.ts';
import type { ExecBase, ExecOptions } from './exec.ts';
import type { ImageConfig } from './image.ts';
import type { LifecycleAction, Pod } from '#kube';
import type { RuntimeName } from './runtime.ts';
import type { ProcessSession } from './process-session.ts';

export interface RunningContainer {
  readonly name: string;
  readonly id: string;
  readonly image: ImageConfig;
  readonly tty: boolean;
  /** User, environment and directory that an exec starts with. */
  readonly base: ExecBase;
  /** Run before it is asked to end. */
  readonly preStop: LifecycleAction | undefined;
  /** The init process; its exit code settles when the container has ended. */
  readonly session: ProcessSession;
}

export interface PodSandbox extends Closable {
  readonly pod: Pod;
  readonly sandboxId: string;
  readonly podUid: string;
  readonly agentSocketPath: string;
  readonly runtime: RuntimeName;
  readonly annotations: ShimAnnotations;
  readonly containers: readonly RunningContainer[];
  /** Throws `ExecError` with kubectl's words when the agent refuses. */
  exec(options: ExecOptions): Promise<ProcessSession>;
  /** A further client of the same agent, over the same tunnel. */
  readonly client: RpcClient;
  /** Kills, waits, removes, destroys the sandbox and stops the VM. */
  close(): Promise<void>;
}
