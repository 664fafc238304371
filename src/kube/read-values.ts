/** Where a pod's values come from: environment variables, and what files of the downward API hold. */
import { parseFieldPath, RESOURCE_FIELD } from './field-path.ts';
import type { ObjectReader, Path } from './object-reader.ts';
import type { EnvObject, EnvVar, ObjectKey, ValueSource } from './pod.ts';
import { parseQuantity } from './quantity.ts';

export function readEnvVar(reader: ObjectReader, at: Path, container: string): EnvVar {
  const name = reader.text([...at, 'name']);
  const value = reader.optionalText([...at, 'value']) ?? '';
  const source = [...at, 'valueFrom'];
  if (!reader.has(source)) return { name, value };
  if (value !== '') {
    reader.fail(
      source,
      'Invalid value: "": may not be specified when `value` is not empty',
      'Keep one of the two.',
    );
  }
  return { name, value: '', from: readEnvSource(reader, source, container) };
}

function readEnvSource(reader: ObjectReader, at: Path, container: string): ValueSource | ObjectKey {
  const kinds = reader.keys(at);
  if (kinds.length !== 1) {
    reader.fail(
      at,
      'Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
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
      'Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
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
export function readValueSource(
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
        `Invalid value: ${JSON.stringify(path)}: error converting fieldPath: field label not supported: ${path}`,
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
      `Unsupported value: ${JSON.stringify(resource)}`,
      'Write limits. or requests., then cpu, memory or ephemeral-storage.',
    );
  }
  const divisor = reader.numberText([...place, 'divisor']) ?? '0';
  if (parseQuantity(divisor) === undefined) {
    reader.fail(
      [...place, 'divisor'],
      `Invalid value: ${JSON.stringify(divisor)}: must be a quantity`,
      'Write 1, 1m or 1Mi.',
    );
  }
  return {
    kind: 'resource',
    resource,
    divisor,
    container: reader.optionalText([...place, 'containerName']) ?? container,
  };
}
