/**
 * The volumes that a container mounts: files that are copied, storages that the guest makes, and paths
 * that the guest has itself. Sources: kata-containers 4.1.0, src/runtime/virtcontainers (kata_agent.go,
 * fs_share_linux.go, mount.go), src/runtime/pkg/katautils/create.go (SetEphemeralStorageType).
 */
import { posix } from 'node:path';
import { type Container, expand, type Volume } from '#kube';
import { bindOptions, type PlannedMount } from './mounts.ts';
import type { PlacedMount, PlanContext } from './plan-context.ts';
import { emptyDirMount } from './storages.ts';
import { volumeFiles } from './volume-files.ts';

const DIRECTORY = 0o040755;
const REGULAR = 0o100644;

export function volumeMountsOf(
  container: Container,
  context: PlanContext,
): readonly PlannedMount[] {
  const variables = new Map(container.env.map(({ name, value }) => [name, value]));
  return container.volumeMounts.flatMap((mount): readonly PlannedMount[] => {
    const volume = context.pod.volumes.find(({ name }) => name === mount.name);
    if (volume === undefined) return [];
    const subPath = mount.subPath || posix.normalize(expand(mount.subPathExpr, variables));
    const options = bindOptions(mount.propagation, mount.readOnly || isReadOnly(volume));
    return volumeMount(
      volume,
      { ...mount, subPath: subPath === '.' ? '' : subPath, options },
      context,
    );
  });
}

/** The kubelet mounts these read-only, whatever the mount says. */
const isReadOnly = (volume: Volume): boolean =>
  volume.kind === 'files' || (volume.kind === 'node' && volume.readOnly);

function volumeMount(
  volume: Volume,
  mount: PlacedMount,
  context: PlanContext,
): readonly PlannedMount[] {
  switch (volume.kind) {
    case 'files':
      return volumeFiles(volume, mount, context).map((file) => ({
        kind: 'copied',
        destination: mount.mountPath,
        file,
      }));
    case 'emptyDir':
      // The kubelet binds a sub-path from elsewhere: the runtime sees no emptyDir in it.
      return mount.subPath === ''
        ? [emptyDirMount(volume, mount, context)]
        : [copiedDirectory(mount, context)];
    case 'node':
      return nodeMount(volume, mount, context);
  }
}

/** Below these the runtime mounts what the guest has. Source: virtcontainers/mount.go. */
const GUEST_PATHS = /^\/(?:proc|sys|dev)(?:\/|$)/;

function nodeMount(
  volume: Volume & { readonly kind: 'node' },
  mount: PlacedMount,
  context: PlanContext,
): readonly PlannedMount[] {
  const { mountPath: destination, options, subPath } = mount;
  const path = posix.join(volume.path, subPath);
  // Sockets cannot be copied: their mount is left out.
  if (volume.type === 'Socket') return [];
  if (volume.source === 'hostPath' && GUEST_PATHS.test(path)) {
    return [
      {
        kind: 'mount',
        destination,
        mount: { destination, source: path, type: 'bind', options: [...options] },
      },
    ];
  }
  if (!volume.type.startsWith('File')) return [copiedDirectory(mount, context)];
  return [
    { kind: 'copied', destination, file: { destination, options, mode: REGULAR, content: '' } },
  ];
}

/** A directory of the node, empty here. */
function copiedDirectory(mount: PlacedMount, { pod }: PlanContext): PlannedMount {
  const { mountPath: destination, options, name, subPath } = mount;
  const file = {
    destination,
    options,
    mode: DIRECTORY,
    files: new Map(),
    gid: pod.securityContext.fsGroup,
    source: posix.join(name, subPath),
  };
  return { kind: 'copied', destination, file };
}
