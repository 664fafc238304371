/** What a pod is started with: the runtime's configuration, its place on the node, and what the caller sees of it. */
import type { Clock, Logger, Random } from '#base';
import type { Manifest } from '#kube';
import type { RpcClient } from '#rpc';
import type { PodStartError } from './errors.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { ImageRegistry } from './image.ts';
import type { EmptyDirSettings, PodNetwork } from './plan-context.ts';
import type { ProcessStreams } from './process-session.ts';
import type { RuntimeName } from './runtime.ts';

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
  /** `disable_guest_empty_dir` and `emptydir_mode` of the shim configuration. */
  readonly emptyDirs?: EmptyDirSettings | undefined;
  /** When service-account tokens are issued. */
  readonly clock?: Clock | undefined;
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
