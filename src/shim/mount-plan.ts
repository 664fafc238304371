/**
 * The mounts of a container in the order of its OCI spec: those of containerd that no volume replaces,
 * then the volumes, the kubelet's files and containerd's files, by depth of their path.
 * Sources: Kubernetes 1.34, pkg/kubelet/kubelet_pods.go (makeMounts) and kuberuntime_container.go;
 * containerd 2.2, internal/cri/opts/spec_linux_opts.go (WithMounts).
 */
import { posix } from 'node:path';
import { type Container, effectiveSecurityContext } from '#kube';
import { kubeletFiles, runtimeFiles } from './host-files.ts';
import {
  containerMounts,
  sharedMemory,
  type HostFile,
  type OciMount,
  type PlannedMount,
} from './mounts.ts';
import type { PlanContext } from './plan-context.ts';
import { volumeMountsOf } from './volume-mounts.ts';

const SHM = '/dev/shm';

export function planMounts(container: Container, context: PlanContext): readonly PlannedMount[] {
  const security = effectiveSecurityContext(context.pod.securityContext, container.securityContext);
  const requested = [
    ...volumeMountsOf(container, context),
    ...kubeletFiles(container, context).map(copied),
  ];
  const taken = new Set(requested.map(cleanDestination));
  // What a volume covers is not made; /etc/hosts of the kubelet already is among them.
  const added = [
    ...runtimeFiles(context, security.readOnlyRootFilesystem === true).map(copied),
    planned(sharedMemory),
  ].filter((mount) => !taken.has(cleanDestination(mount)));
  const all = byDepth([...requested, ...added]);
  const covered = new Set(all.map(cleanDestination));
  const defaults = containerMounts(security.privileged === true).filter(
    ({ destination = '' }) =>
      !covered.has(destination) && !(covered.has('/dev') && destination.startsWith('/dev/')),
  );
  return [...defaults.map(planned), ...all.map(shared)];
}

export const copied = (file: HostFile): PlannedMount => ({
  kind: 'copied',
  destination: file.destination,
  file,
});

const planned = (mount: OciMount): PlannedMount => ({
  kind: 'mount',
  destination: mount.destination ?? '',
  mount,
});

/** Whatever is mounted at /dev/shm becomes the sandbox's, unless it is memory of its own. */
function shared(mount: PlannedMount): PlannedMount {
  const ownMemory = mount.kind === 'storage' && mount.storage.driver === 'ephemeral';
  return mount.destination === SHM && !ownMemory ? planned(sharedMemory) : mount;
}

function cleanDestination({ destination }: PlannedMount): string {
  const clean = posix.normalize(destination);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}

/** By the number of parts, otherwise as they come: no mount hides a deeper one. */
function byDepth(mounts: readonly PlannedMount[]): readonly PlannedMount[] {
  const depth = (mount: PlannedMount): number => cleanDestination(mount).split('/').length;
  return [...mounts].sort((a, b) => depth(a) - depth(b));
}
