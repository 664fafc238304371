/**
 * Manifest files: pods, and the objects they take values and files from. Everything a user can get
 * wrong is found here, with line and column, before a virtual machine is made.
 */
import { LineCounter, parseAllDocuments, type Document } from 'yaml';
import { corruptBase64At } from '#base';
import { checkFields, type IgnoredField } from './check-fields.ts';
import { kubeErrors } from './errors.ts';
import { ObjectReader } from './object-reader.ts';
import { objectFields, type KnownKind } from './object-fields.ts';
import type { Pod } from './pod.ts';
import { optionalLabel, readName } from './read-name.ts';
import { readPod, type PodContext } from './read-pod.ts';
import { isWorkload, readWorkload } from './workload.ts';
import { YamlError } from './yaml-nodes.ts';

/** The files of a ConfigMap or Secret; their bytes as latin1. */
interface ObjectData {
  /** What variables may take. */
  readonly data: ReadonlyMap<string, string>;
  /** `data` and `binaryData`: what volumes show. */
  readonly files: ReadonlyMap<string, string>;
}

/** What the manifests held. */
export interface Manifest {
  readonly pods: readonly Pod[];
  /** By `configMap/name` or `secret/name`. */
  readonly objects: ReadonlyMap<string, ObjectData>;
  /** What a cluster would honour and this path does not. */
  readonly ignored: readonly IgnoredField[];
}

export interface ManifestFile {
  readonly text: string;
  /** Appears in error locations. */
  readonly file: string;
}

interface ManifestOptions {
  /** As `--namespace`: of objects that name none; another one in the manifest is an error. */
  readonly namespace?: string | undefined;
}

/** 1.5 MiB, the default request limit of etcd, and so the largest object a cluster takes. */
const MAX_MANIFEST_BYTES = 1_572_864;

/** Reads one manifest file of one or more documents. */
export const parseManifest = (text: string, file: string, options?: ManifestOptions): Manifest =>
  readManifests([{ text, file }], options);

/** Reads several files as one manifest. */
export function readManifests(
  files: readonly ManifestFile[],
  options: ManifestOptions = {},
): Manifest {
  const content = new Content(options);
  const objects = files.flatMap((file) => [...objectsOf(file)]);
  // Service accounts first: a pod may stand before its own.
  for (const object of objects) if (object.kind === 'ServiceAccount') content.add(object);
  for (const object of objects) if (object.kind !== 'ServiceAccount') content.add(object);
  if (content.pods.length === 0) {
    throw kubeErrors.invalidPod(
      { file: files[0]?.file ?? '' },
      '',
      'no Pod, and no workload with a pod template',
      'Begin with apiVersion: v1 and kind: Pod.',
    );
  }
  return content;
}

interface ManifestObject {
  readonly kind: string;
  readonly reader: ObjectReader;
}

function* objectsOf({ text, file }: ManifestFile): Generator<ManifestObject> {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) {
    throw kubeErrors.invalidPod(
      { file },
      '',
      `it is larger than ${MAX_MANIFEST_BYTES} bytes`,
      'Kubernetes takes no larger object.',
    );
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines });
  for (const document of Array.isArray(documents) ? documents : []) {
    assertParsed(document, file, lines);
    if (document.contents === null) continue;
    const reader = ObjectReader.ofDocument(file, document, lines);
    const objects = located(file, lines, () => [...expand(reader)]);
    for (const object of objects) yield object;
  }
}

/** Lists into their items. */
function* expand(reader: ObjectReader, fallback?: string): Generator<ManifestObject> {
  // Unfolded once, which bounds all that follows.
  reader.value([]);
  const kind = reader.optionalText(['kind']) ?? fallback ?? reader.text(['kind']);
  if (!kind.endsWith('List') || !reader.isList(['items'])) {
    yield { kind, reader };
    return;
  }
  const itemKind = kind === 'List' ? undefined : kind.slice(0, -'List'.length);
  for (let index = 0; index < reader.length(['items']); index++) {
    yield* expand(reader.at(['items', index], { shown: false }), itemKind);
  }
}

function assertParsed(document: Document, file: string, lines: LineCounter): void {
  const [error] = document.errors;
  if (error === undefined) return;
  const { line, col: column } = lines.linePos(error.pos[0]);
  const [reason = 'it does not parse', ...excerpt] = error.message.split('\n');
  throw kubeErrors.notYaml(
    { file, line, column },
    reason.replace(/ at line.*$/, ''),
    excerpt.filter((row) => row !== ''),
  );
}

/** Gives what is wrong with aliases its place. */
function located<T>(file: string, lines: LineCounter, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const { line, col: column } = lines.linePos(error.offset);
    throw kubeErrors.notYaml({ file, line, column }, error.message, []);
  }
}

/** What was read so far. */
class Content implements Manifest {
  readonly pods: Pod[] = [];
  readonly objects = new Map<string, ObjectData>();
  readonly ignored: IgnoredField[] = [];
  readonly #accounts = new Map<string, boolean | undefined>();
  readonly #options: ManifestOptions;
  readonly #context: PodContext;

  constructor(options: ManifestOptions) {
    this.#options = options;
    this.#context = {
      namespace: options.namespace ?? 'default',
      automount: (name) => this.#accounts.get(name),
    };
  }

  add({ kind, reader }: ManifestObject): void {
    if (!Object.hasOwn(objectFields, kind)) {
      this.#skip(kind, reader);
      return;
    }
    this.ignored.push(...checkFields(reader, kind as KnownKind));
    this.#checkNamespace(reader);
    if (kind === 'Pod') this.#addPod(reader, readPod(reader, this.#context));
    else if (isWorkload(kind)) this.#addPod(reader, readWorkload(reader, kind, this.#context));
    else if (kind === 'ServiceAccount') {
      this.#accounts.set(
        readName(reader, ['metadata', 'name']),
        reader.flag(['automountServiceAccountToken']),
      );
    } else this.objects.set(...readFiles(reader, kind));
  }

  #addPod(reader: ObjectReader, pod: Pod): void {
    const { name, namespace } = pod;
    if (this.pods.some((other) => other.name === name && other.namespace === namespace)) {
      reader.fail(['metadata', 'name'], `pods "${name}" already exists`, 'Give it another name.');
    }
    this.pods.push(pod);
  }

  #skip(kind: string, reader: ObjectReader): void {
    const name = reader.isText(['metadata', 'name']) ? reader.text(['metadata', 'name']) : '';
    this.ignored.push({
      file: reader.file,
      line: reader.placeOf(['kind']).line,
      path: `${kind} ${name}`.trim(),
      because: 'objects of this kind have no part in the start of a pod',
    });
  }

  #checkNamespace(reader: ObjectReader): void {
    const own = optionalLabel(reader, ['metadata', 'namespace']);
    const { namespace } = this.#options;
    if (own === undefined || namespace === undefined || own === namespace) return;
    const place = { file: reader.file, ...reader.placeOf(['metadata', 'namespace']) };
    throw kubeErrors.otherNamespace(place, own, namespace);
  }
}

function readFiles(reader: ObjectReader, kind: string): readonly [string, ObjectData] {
  const plain = (field: string) =>
    Object.entries(reader.textMap([field])).map(
      ([name, text]) => [name, Buffer.from(text).toString('latin1')] as const,
    );
  const encoded = (field: string) =>
    Object.entries(reader.textMap([field])).map(
      ([name, text]) => [name, decoded(reader, [field, name], text)] as const,
    );
  const name = readName(reader, ['metadata', 'name']);
  if (kind === 'Secret') {
    const data = new Map([...encoded('data'), ...plain('stringData')]);
    return [`secret/${name}`, { data, files: data }];
  }
  const data = new Map(plain('data'));
  return [`configMap/${name}`, { data, files: new Map([...data, ...encoded('binaryData')]) }];
}

/** In the words of Go's encoding/base64; line breaks are skipped, as there. */
function decoded(reader: ObjectReader, path: readonly string[], text: string): string {
  const base64 = text.replaceAll(/[\r\n]/g, '');
  const at = corruptBase64At(base64);
  if (at !== undefined) {
    reader.fail(
      path,
      `illegal base64 data at input byte ${at}`,
      'Encode the value: base64 -w0, or use stringData of a Secret.',
    );
  }
  return Buffer.from(base64, 'base64').toString('latin1');
}
