/** Where a pod's values and files come from: environment variables, and the sources of volumes. */
import { parseFieldPath, RESOURCE_FIELD } from './field-path.ts';
import type { ObjectReader, Path } from './object-reader.ts';
import type {
  EnvObject,
  EnvVar,
  FileSource,
  ObjectKey,
  ValueSource,
  Volume,
  VolumeItem,
} from './pod.ts';
import { parseQuantity } from './quantity.ts';

/** Source: Kubernetes pkg/apis/core/v1/defaults.go. */
const DEFAULT_MODE = 0o644;

export function readEnvVar(reader: ObjectReader, at: Path, container: string): EnvVar {
  const name = reader.text([...at, 'name']);
  const value = reader.optionalText([...at, 'value']) ?? '';
  const source = [...at, 'valueFrom'];
  if (!reader.has(source)) return { name, value };
  if (value !== '') {
    reader.fail(source, 'may not be specified when `value` is not empty', 'Keep one of the two.');
  }
  return { name, value: '', from: readEnvSource(reader, source, container) };
}

function readEnvSource(reader: ObjectReader, at: Path, container: string): ValueSource | ObjectKey {
  const kinds = reader.keys(at);
  if (kinds.length !== 1) {
    reader.fail(
      at,
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      'Keep one of them.',
    );
  }
  const [kind = ''] = kinds;
  if (kind === 'configMapKeyRef' || kind === 'secretKeyRef') {
    const path = [...at, kind];
    return {
      kind: 'key',
      object: `${kind === 'secretKeyRef' ? 'secret' : 'configMap'}/${reader.text([...path, 'name'])}`,
      key: reader.text([...path, 'key']),
      optional: reader.flag([...path, 'optional']) ?? false,
    };
  }
  return readValueSource(reader, at, { container, wholeMaps: false });
}

export function readEnvObject(reader: ObjectReader, at: Path): EnvObject {
  const kind = ['configMapRef', 'secretRef'].find((name) => reader.has([...at, name]));
  if (kind === undefined) {
    return reader.fail(
      at,
      'must specify one of: `configMapRef` or `secretRef`',
      'Name the object under one of them.',
    );
  }
  return {
    prefix: reader.optionalText([...at, 'prefix']) ?? '',
    object: `${kind === 'secretRef' ? 'secret' : 'configMap'}/${reader.text([...at, kind, 'name'])}`,
    optional: reader.flag([...at, kind, 'optional']) ?? false,
  };
}

/** `fieldRef` or `resourceFieldRef`; only a file can hold all labels or annotations at once. */
function readValueSource(
  reader: ObjectReader,
  at: Path,
  { container, wholeMaps }: { readonly container: string; readonly wholeMaps: boolean },
): ValueSource {
  if (reader.has([...at, 'fieldRef'])) {
    const place = [...at, 'fieldRef', 'fieldPath'];
    const path = reader.text(place);
    const parsed = parseFieldPath(path);
    if (parsed === undefined || (parsed.kind === 'map' && !wholeMaps)) {
      reader.fail(
        place,
        `field label not supported: ${path}`,
        "Supported: metadata.name, metadata.namespace, metadata.uid, metadata.labels['KEY'], metadata.annotations['KEY'], spec.nodeName, spec.serviceAccountName, status.hostIP, status.podIP.",
      );
    }
    return { kind: 'field', path };
  }
  const place = [...at, 'resourceFieldRef'];
  const resource = reader.text([...place, 'resource']);
  if (!RESOURCE_FIELD.test(resource)) {
    reader.fail(
      [...place, 'resource'],
      `unsupported container resource: ${resource}`,
      'Write limits. or requests., then cpu, memory or ephemeral-storage.',
    );
  }
  const divisor = reader.numberText([...place, 'divisor']) ?? '0';
  if (parseQuantity(divisor) === undefined) {
    reader.fail([...place, 'divisor'], `${divisor} is no quantity`, 'Write 1, 1m or 1Mi.');
  }
  return {
    kind: 'resource',
    resource,
    divisor,
    container: reader.optionalText([...place, 'containerName']) ?? container,
  };
}

export function readVolume(reader: ObjectReader, at: Path): Volume {
  const name = reader.text([...at, 'name']);
  const kind = reader.keys(at).find((key) => key !== 'name') ?? '';
  const path = [...at, kind];
  if (kind === 'emptyDir') {
    return { kind, name, medium: reader.optionalText([...path, 'medium']) ?? '' };
  }
  const sources = readVolumeSources(reader, at, kind);
  if (sources === undefined) {
    return reader.fail(
      at,
      'this kind of volume is not supported',
      'Use configMap, secret, downwardAPI, projected or emptyDir.',
    );
  }
  const defaultMode = reader.mode([...path, 'defaultMode']) ?? DEFAULT_MODE;
  return { kind: 'files', name, sources, defaultMode };
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
        `${source === '' ? 'an empty source' : source} is not supported`,
        'Use configMap, secret or downwardAPI.',
      )
    );
  });
}

/** Undefined when it is none of the three. */
function readFileSource(reader: ObjectReader, at: Path, kind: string): FileSource | undefined {
  const path = [...at, kind];
  const item = (place: Path): VolumeItem => {
    const mode = reader.mode([...place, 'mode']);
    return { path: readItemPath(reader, [...place, 'path']), ...(mode !== undefined && { mode }) };
  };
  if (kind === 'downwardAPI') {
    return {
      kind: 'downward',
      items: reader.list([...path, 'items'], (place) => ({
        ...item(place),
        from: readValueSource(reader, place, { container: '', wholeMaps: true }),
      })),
    };
  }
  if (kind !== 'configMap' && kind !== 'secret') return undefined;
  // A Secret volume has `secretName`, a projected source `name`.
  const key = reader.has([...path, 'secretName']) ? 'secretName' : 'name';
  return {
    kind: 'object',
    object: `${kind}/${reader.text([...path, key])}`,
    optional: reader.flag([...path, 'optional']) ?? false,
    ...(reader.has([...path, 'items']) && {
      items: reader.list([...path, 'items'], (place) => ({
        ...item(place),
        key: reader.text([...place, 'key']),
      })),
    }),
  };
}

function readItemPath(reader: ObjectReader, at: Path): string {
  const path = reader.text(at);
  if (path.startsWith('/'))
    reader.fail(at, 'must be a relative path', 'Leave out the first slash.');
  if (path.split('/').includes('..')) {
    reader.fail(at, "must not contain '..'", 'Write the path without going up.');
  }
  return path;
}
