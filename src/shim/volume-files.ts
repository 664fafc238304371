/** The files of a pod's ConfigMap, Secret, downward API and projected volumes. */
import { posix } from 'node:path';
import type { FileSource, Pod, Volume } from '#kube';
import { downwardValue, type PodFacts } from './downward.ts';
import type { ResolveContext } from './environment.ts';
import { shimErrors } from './errors.ts';
import type { CopiedFile, HostFile } from './mounts.ts';
import type { PlacedMount } from './plan-context.ts';
import { ROOT_CA, serviceAccountToken } from './service-account.ts';

const REGULAR = 0o100000;
/** What the group gets with fsGroup. Source: Kubernetes 1.34, pkg/volume/volume_linux.go. */
const GROUP_READ = 0o440;
const OWNER_ONLY = 0o600;

type FilesVolume = Volume & { readonly kind: 'files' };

/** One directory, or the one file that a sub-path names; nothing when there is no such file. */
export function volumeFiles(
  volume: FilesVolume,
  { mountPath, subPath, options }: PlacedMount,
  context: ResolveContext,
): readonly HostFile[] {
  const files = filesOf(volume, context);
  const gid = context.pod.securityContext.fsGroup;
  const mount = { destination: mountPath, options, gid };
  if (subPath === '') {
    return [{ ...mount, mode: REGULAR | volume.defaultMode, files, source: volume.name }];
  }
  const { content = '', mode = REGULAR | volume.defaultMode } = files.get(subPath) ?? {};
  return [{ ...mount, mode, content }];
}

/** By relative path; a later source wins. */
function filesOf(volume: FilesVolume, context: ResolveContext): ReadonlyMap<string, CopiedFile> {
  const files = new Map<string, CopiedFile>();
  const group = context.pod.securityContext.fsGroup === undefined ? 0 : GROUP_READ;
  for (const source of volume.sources) {
    for (const [path, content, own, uid] of entriesOf(source, volume, context)) {
      const mode = REGULAR | (own ?? volume.defaultMode) | group;
      files.set(posix.normalize(path), { content, mode, uid });
    }
  }
  return files;
}

type Entry = readonly [
  path: string,
  content: string,
  mode?: number | undefined,
  uid?: number | undefined,
];

function entriesOf(
  source: FileSource,
  { name }: Pick<Volume, 'name'>,
  context: ResolveContext,
): readonly Entry[] {
  switch (source.kind) {
    case 'downward':
      return source.items.map(({ path, mode, from }) => [path, downwardBytes(from, context), mode]);
    case 'token':
      return [tokenEntry(source, context)];
    case 'object':
      return objectEntries(source, name, context);
  }
}

/** Read by its owner only where the pod says who that is. Source: Kubernetes 1.34, pkg/volume/projected. */
function tokenEntry(
  source: FileSource & { readonly kind: 'token' },
  context: ResolveContext,
): Entry {
  const { pod } = context;
  const uid = onlyUser(pod);
  const isOwned = uid !== undefined || pod.securityContext.fsGroup !== undefined;
  const token = serviceAccountToken(source, context);
  return [source.path, token, isOwned ? OWNER_ONLY : undefined, uid];
}

/** The user of all containers, when they have one and the same. */
function onlyUser({ securityContext, containers, initContainers }: Pod): number | undefined {
  const users = [...containers, ...initContainers].map(
    (container) => container.securityContext.runAsUser ?? securityContext.runAsUser,
  );
  return new Set(users).size === 1 ? users[0] : undefined;
}

function objectEntries(
  source: FileSource & { readonly kind: 'object' },
  volume: string,
  context: ResolveContext,
): readonly Entry[] {
  const files = context.objects.get(source.object)?.files ?? builtIn.get(source.object);
  if (files === undefined) {
    if (source.optional) return [];
    throw shimErrors.noSuchObject(source.object, volume);
  }
  if (source.items === undefined) return [...files];
  return source.items.flatMap(({ key, path, mode }): readonly Entry[] => {
    const content = files.get(key);
    if (content !== undefined) return [[path, content, mode]];
    if (source.optional) return [];
    throw shimErrors.noSuchItem(source.object, key, volume);
  });
}

/** Every namespace has it. */
const builtIn: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['configMap/kube-root-ca.crt', new Map([['ca.crt', ROOT_CA]])],
]);

const downwardBytes = (from: Parameters<typeof downwardValue>[0], facts: PodFacts): string =>
  Buffer.from(downwardValue(from, facts)).toString('latin1');
