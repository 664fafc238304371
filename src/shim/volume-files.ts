/** The files of a pod's ConfigMap, Secret, downward API and projected volumes. */
import { posix } from 'node:path';
import { downwardValue, type PodFacts } from './downward.ts';
import type { ResolveContext } from './environment.ts';
import { shimErrors } from './errors.ts';
import type { HostFile } from './mounts.ts';
import type { Container, FileSource, Volume } from '#kube';

const REGULAR = 0o100000;
const READ_ONLY = ['rbind', 'rprivate', 'ro'];

interface VolumeFile {
  readonly content: string;
  readonly mode: number;
}

export function volumeFiles(container: Container, context: ResolveContext): readonly HostFile[] {
  return container.volumeMounts.flatMap(({ name, mountPath, subPath }): readonly HostFile[] => {
    const volume = context.pod.volumes.find((candidate) => candidate.name === name);
    if (volume?.kind !== 'files') return [];
    const files = filesOf(volume, context);
    const mount = { destination: mountPath, options: READ_ONLY };
    if (subPath === undefined) return [{ ...mount, mode: REGULAR | volume.defaultMode, files }];
    const { content = '', mode = volume.defaultMode } = files.get(posix.normalize(subPath)) ?? {};
    return [{ ...mount, mode: REGULAR | mode, content }];
  });
}

/** By relative path; a later source wins. */
function filesOf(
  volume: Volume & { readonly kind: 'files' },
  context: ResolveContext,
): ReadonlyMap<string, VolumeFile> {
  const files = new Map<string, VolumeFile>();
  for (const source of volume.sources) {
    for (const [path, content, mode = volume.defaultMode] of entriesOf(source, volume, context)) {
      files.set(posix.normalize(path), { content, mode: REGULAR | mode });
    }
  }
  return files;
}

type Entry = readonly [path: string, content: string, mode: number | undefined];

function entriesOf(
  source: FileSource,
  { name }: Pick<Volume, 'name'>,
  context: ResolveContext,
): readonly Entry[] {
  if (source.kind === 'downward') {
    return source.items.map(({ path, mode, from }) => [path, downwardBytes(from, context), mode]);
  }
  const object = context.objects.get(source.object);
  if (object === undefined) {
    if (source.optional) return [];
    throw shimErrors.noSuchObject(source.object, name);
  }
  if (source.items === undefined) {
    return [...object].map(([path, content]) => [path, content, undefined]);
  }
  return source.items.flatMap(({ key, path, mode }): readonly Entry[] => {
    const content = object.get(key);
    if (content !== undefined) return [[path, content, mode]];
    if (source.optional) return [];
    throw shimErrors.noSuchItem(source.object, key, name);
  });
}

const downwardBytes = (from: Parameters<typeof downwardValue>[0], facts: PodFacts): string =>
  Buffer.from(downwardValue(from, facts)).toString('latin1');
