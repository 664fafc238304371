/** The volumes of a pod out of its object. */
import type { ObjectReader, Path } from './object-reader.ts';
import { NODE_VOLUMES } from './object-fields.ts';
import type { FileSource, Volume, VolumeItem } from './pod.ts';
import { readLabel } from './read-name.ts';
import { readValueSource } from './read-values.ts';

/** Source: Kubernetes 1.34, pkg/apis/core/v1/defaults.go. */
const DEFAULT_MODE = 0o644;
const DEFAULT_EXPIRATION_SECONDS = 3600;

export function readVolume(reader: ObjectReader, at: Path): Volume {
  const name = readLabel(reader, [...at, 'name']);
  const kinds = reader.keys(at).filter((key) => key !== 'name' && reader.has([...at, key]));
  // A volume without a source is an emptyDir to the API server.
  const [kind = 'emptyDir'] = kinds;
  if (kinds.length > 1) {
    reader.fail(at, 'Forbidden: may not specify more than 1 volume type', 'Keep one of them.');
  }
  const path = [...at, kind];
  if (kind === 'emptyDir') {
    return { kind, name, medium: reader.optionalText([...path, 'medium']) ?? '' };
  }
  if (NODE_VOLUMES.includes(kind)) return readNodeVolume(reader, path, { name, source: kind });
  const sources = readVolumeSources(reader, at, kind);
  if (sources === undefined) {
    return reader.fail(
      at,
      `Unsupported value: ${JSON.stringify(kind)}`,
      'Use configMap, secret, downwardAPI, projected, emptyDir, hostPath or persistentVolumeClaim.',
    );
  }
  const defaultMode = reader.mode([...path, 'defaultMode']) ?? DEFAULT_MODE;
  return { kind: 'files', name, sources, defaultMode };
}

function readNodeVolume(
  reader: ObjectReader,
  path: Path,
  { name, source }: { readonly name: string; readonly source: string },
): Volume {
  const isHostPath = source === 'hostPath';
  return {
    kind: 'node',
    name,
    source,
    path: isHostPath ? reader.text([...path, 'path']) : '',
    type: isHostPath ? (reader.optionalText([...path, 'type']) ?? '') : '',
    readOnly: reader.has([...path, 'readOnly']) && reader.flag([...path, 'readOnly']) === true,
  };
}

function readVolumeSources(
  reader: ObjectReader,
  at: Path,
  kind: string,
): readonly FileSource[] | undefined {
  if (kind !== 'projected') {
    const source = readFileSource(reader, at, kind);
    return source === undefined ? undefined : [source];
  }
  return reader.list([...at, 'projected', 'sources'], (path) => {
    const [source = ''] = reader.keys(path);
    return (
      readFileSource(reader, path, source) ??
      reader.fail(
        path,
        source === '' ? 'Required value' : `Unsupported value: ${JSON.stringify(source)}`,
        'Use configMap, secret, downwardAPI or serviceAccountToken.',
      )
    );
  });
}

/** Undefined when it is none of these. */
function readFileSource(reader: ObjectReader, at: Path, kind: string): FileSource | undefined {
  const path = [...at, kind];
  switch (kind) {
    case 'downwardAPI':
      return {
        kind: 'downward',
        items: reader.list([...path, 'items'], (place) => ({
          ...readItem(reader, place),
          from: readValueSource(reader, place, { container: '', wholeMaps: true }),
        })),
      };
    case 'serviceAccountToken':
      return {
        kind: 'token',
        path: readItemPath(reader, [...path, 'path']),
        audience: reader.optionalText([...path, 'audience']) ?? '',
        expirationSeconds:
          reader.number([...path, 'expirationSeconds']) ?? DEFAULT_EXPIRATION_SECONDS,
      };
    case 'configMap':
    case 'secret':
      return readObjectSource(reader, path, kind);
    default:
      return undefined;
  }
}

function readObjectSource(
  reader: ObjectReader,
  path: Path,
  kind: 'configMap' | 'secret',
): FileSource {
  // A Secret volume has `secretName`, a projected source `name`.
  const key = reader.has([...path, 'secretName']) ? 'secretName' : 'name';
  const items = reader.has([...path, 'items'])
    ? reader.list([...path, 'items'], (place) => ({
        ...readItem(reader, place),
        key: reader.text([...place, 'key']),
      }))
    : undefined;
  return {
    kind: 'object',
    object: `${kind}/${reader.text([...path, key])}`,
    optional: reader.flag([...path, 'optional']) ?? false,
    items,
  };
}

const readItem = (reader: ObjectReader, place: Path): VolumeItem => ({
  path: readItemPath(reader, [...place, 'path']),
  mode: reader.mode([...place, 'mode']),
});

function readItemPath(reader: ObjectReader, at: Path): string {
  const path = reader.text(at);
  const shown = JSON.stringify(path);
  if (path.startsWith('/'))
    reader.fail(
      at,
      `Invalid value: ${shown}: must be a relative path`,
      'Leave out the first slash.',
    );
  if (path.split('/').includes('..')) {
    reader.fail(
      at,
      `Invalid value: ${shown}: must not contain '..'`,
      'Write the path without going up.',
    );
  }
  return path;
}
