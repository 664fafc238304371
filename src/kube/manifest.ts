/**
 * A manifest file: pods, and the objects they take values and files from. Everything a user can get
 * wrong is found here, with line and column, before a virtual machine is made.
 */
import { LineCounter, parseAllDocuments } from 'yaml';
import { checkFields, type IgnoredField } from './check-fields.ts';
import { kubeErrors } from './errors.ts';
import { ObjectReader } from './object-reader.ts';
import type { Pod } from './pod.ts';
import { readName, readPod } from './read-pod.ts';

/** What one manifest file held. */
export interface Manifest {
  readonly pods: readonly Pod[];
  /** `configMap/name` or `secret/name` to files; their bytes as latin1. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** What a cluster would honour and this path does not. */
  readonly ignored: readonly IgnoredField[];
}

/** 1.5 MiB, the default request limit of etcd, and so the largest object a cluster takes. */
const MAX_MANIFEST_BYTES = 1_572_864;

/** Reads a manifest of one or more documents. `file` appears in error locations. */
export function parseManifest(text: string, file: string): Manifest {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) {
    throw kubeErrors.invalidPod(
      { file },
      '',
      `it is larger than ${MAX_MANIFEST_BYTES} bytes`,
      'Kubernetes takes no larger object.',
    );
  }
  const pods: Pod[] = [];
  const objects = new Map<string, ReadonlyMap<string, string>>();
  const ignored: IgnoredField[] = [];
  for (const reader of readersOf(text, file)) {
    const kind = reader.text(['kind']);
    if (kind !== 'Pod' && kind !== 'ConfigMap' && kind !== 'Secret') {
      return reader.fail(
        ['kind'],
        `${kind} is not supported here`,
        'Give a Pod, with the ConfigMaps and Secrets that it names.',
      );
    }
    ignored.push(...checkFields(reader, kind));
    if (kind === 'Pod') pods.push(readPod(reader));
    else objects.set(...readFiles(reader, kind));
  }
  if (pods.length === 0) {
    throw kubeErrors.invalidPod(
      { file },
      '',
      'it holds no Pod',
      'Begin with apiVersion: v1 and kind: Pod.',
    );
  }
  return { pods, objects, ignored };
}

function* readersOf(text: string, file: string): Generator<ObjectReader> {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter });
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col: column } = lineCounter.linePos(error.pos[0]);
      const [reason = 'it does not parse', ...excerpt] = error.message.split('\n');
      throw kubeErrors.notYaml(
        { file, line, column },
        reason.replace(/ at line.*$/, ''),
        excerpt.filter((row) => row !== ''),
      );
    }
    if (document.contents !== null) yield new ObjectReader(file, document, lineCounter);
  }
}

function readFiles(
  reader: ObjectReader,
  kind: 'ConfigMap' | 'Secret',
): readonly [string, ReadonlyMap<string, string>] {
  const plain = (field: string) =>
    Object.entries(reader.textMap([field])).map(
      ([name, text]) => [name, Buffer.from(text).toString('latin1')] as const,
    );
  const encoded = (field: string) =>
    Object.entries(reader.textMap([field])).map(
      ([name, text]) => [name, Buffer.from(text, 'base64').toString('latin1')] as const,
    );
  const name = readName(reader, ['metadata', 'name']);
  return kind === 'Secret'
    ? [`secret/${name}`, new Map([...encoded('data'), ...plain('stringData')])]
    : [`configMap/${name}`, new Map([...plain('data'), ...encoded('binaryData')])];
}
