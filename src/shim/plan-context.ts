/** What is known when the mounts of a container are planned. */
import type { VolumeMount } from '#kube';
import type { ResolveContext } from './environment.ts';
import type { Runtime } from './runtime.ts';

type EmptyDirMode = 'shared-fs' | 'block-encrypted' | 'block-plain';

/** Of the runtime's configuration. */
export interface EmptyDirSettings {
  /** `disable_guest_empty_dir`: a disk emptyDir is copied from the node like other directories. */
  readonly disableGuestEmptyDir: boolean;
  /** `emptydir_mode`. */
  readonly mode: EmptyDirMode;
}

/** Source: kata-containers 4.1.0, src/runtime/config/configuration-remote.toml.in. */
export const DEFAULT_EMPTY_DIRS: EmptyDirSettings = {
  disableGuestEmptyDir: false,
  mode: 'shared-fs',
};

export interface PodNetwork {
  readonly ip: string;
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
}

export interface PlanContext extends ResolveContext {
  readonly network: PodNetwork;
  readonly sandboxId: string;
  readonly runtime: Runtime;
  readonly emptyDirs: EmptyDirSettings;
}

/** A mount with its sub-path and options worked out. */
export interface PlacedMount extends VolumeMount {
  readonly options: readonly string[];
}
