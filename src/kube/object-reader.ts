/** Typed access to one object of a YAML document, with the place in the text for everything that does not fit. */
import { isDeepStrictEqual } from 'node:util';
import { isMap, isNode, isScalar, isSeq, type Document, type LineCounter } from 'yaml';
import { kubeErrors } from './errors.ts';
import { booleanWord, YamlNodes, type Path } from './yaml-nodes.ts';

export type { Path } from './yaml-nodes.ts';

interface Place {
  readonly line: number;
  readonly column: number;
}

interface ReaderParts {
  readonly file: string;
  readonly nodes: YamlNodes;
  readonly lines: LineCounter | undefined;
  /** Where the object stands in its document. */
  readonly base: Path;
  /** What precedes its paths in messages: `spec.template` of a Deployment's pod. */
  readonly shown: Path;
}

/** Reads values by path; a value of the wrong kind throws at its place in the text. */
export class ObjectReader {
  readonly file: string;
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.file = parts.file;
    this.#parts = parts;
  }

  static ofDocument(file: string, document: Document, lines?: LineCounter): ObjectReader {
    return new ObjectReader({ file, nodes: new YamlNodes(document), lines, base: [], shown: [] });
  }

  /** The object at `path`. `shown` when messages name the way to it, as for a pod template. */
  at(path: Path, { shown }: { readonly shown: boolean }): ObjectReader {
    const { base, shown: before } = this.#parts;
    return new ObjectReader({
      ...this.#parts,
      base: [...base, ...path],
      shown: shown ? [...before, ...path] : [],
    });
  }

  fail(path: Path, reason: string, hint: string): never {
    let node: unknown;
    // The nearest part of the path that stands in the text gives the place.
    for (let length = path.length; length >= 0 && node === undefined; length--) {
      node = this.#node(path.slice(0, length));
    }
    throw kubeErrors.invalidPod(
      { file: this.file, ...this.#place(node) },
      this.pathText(path),
      reason,
      hint,
    );
  }

  #place(node: unknown): Place | undefined {
    if (this.#parts.lines === undefined) return undefined;
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    const { line, col: column } = this.#parts.lines.linePos(offset);
    return { line, column };
  }

  /** Where the name of a field stands. */
  placeOf(path: Path): Place {
    const parent = path.length === 0 ? undefined : this.#node(path.slice(0, -1));
    const pair = isMap(parent) ? this.#parts.nodes.pair(parent, String(path.at(-1))) : undefined;
    return this.#place(pair?.key ?? parent ?? this.#node([])) ?? { line: 0, column: 0 };
  }

  /** `spec.containers[0].command`, as Kubernetes writes it. */
  pathText(path: Path): string {
    return [...this.#parts.shown, ...path].reduce<string>(
      (text, part) =>
        typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`,
      '',
    );
  }

  #node(path: Path): unknown {
    return this.#parts.nodes.at([...this.#parts.base, ...path]);
  }

  isMapping(path: Path): boolean {
    return isMap(this.#node(path));
  }

  isList(path: Path): boolean {
    return isSeq(this.#node(path));
  }

  equals(path: Path, value: unknown): boolean {
    return isDeepStrictEqual(this.value(path), value);
  }

  /** As plain data; undefined when it is not there. */
  value(path: Path): unknown {
    const node = this.#node(path);
    return node === undefined ? undefined : this.#parts.nodes.value(node);
  }

  has(path: Path): boolean {
    const node = this.#node(path);
    return node !== undefined && !(isScalar(node) && node.value === null);
  }

  isText(path: Path): boolean {
    const node = this.#node(path);
    return isScalar(node) && typeof node.value === 'string';
  }

  text(path: Path): string {
    return this.optionalText(path) ?? this.fail(path, 'Required value', 'Add it.');
  }

  optionalText(path: Path): string | undefined {
    if (!this.has(path)) return undefined;
    const node = this.#node(path);
    if (isScalar(node) && typeof node.value === 'string' && booleanWord(node) === undefined) {
      return node.value;
    }
    return this.#wrongType(path, 'a string', 'Put quotes around it.');
  }

  #wrongType(path: Path, type: string, hint: string): never {
    return this.fail(path, `Invalid value: ${this.#shownValue(path)}: must be ${type}`, hint);
  }

  #shownValue(path: Path): string {
    const node = this.#node(path);
    if (isMap(node)) return 'object';
    if (isSeq(node)) return 'array';
    const value = isScalar(node) ? (booleanWord(node) ?? node.value) : node;
    return JSON.stringify(value ?? null).slice(0, 80);
  }

  /** A string, or a number as it stands in the text: `0.5` of `cpu: 0.5`. */
  numberText(path: Path): string | undefined {
    const node = this.#node(path);
    if (isScalar(node) && typeof node.value === 'number') return node.source ?? String(node.value);
    return this.optionalText(path);
  }

  number(path: Path): number | undefined {
    if (!this.has(path)) return undefined;
    const node = this.#node(path);
    if (isScalar(node) && Number.isSafeInteger(node.value) && Number(node.value) >= 0)
      return Number(node.value);
    return this.#wrongType(
      path,
      'an integer greater than or equal to 0',
      'Write a number from 0 up, without quotes.',
    );
  }

  /** A file mode: kubectl reads 0400 as octal, which YAML 1.2 no longer does. */
  mode(path: Path): number | undefined {
    if (!this.has(path)) return undefined;
    const mode = this.value(path);
    if (typeof mode === 'number' && Number.isInteger(mode) && mode >= 0 && mode <= 0o777) {
      return mode;
    }
    return this.#wrongType(
      path,
      'a number between 0 and 0777 (octal), both inclusive',
      'Write it as octal, such as 0400.',
    );
  }

  flag(path: Path): boolean | undefined {
    if (!this.has(path)) return undefined;
    const value = this.value(path);
    if (typeof value === 'boolean') return value;
    return this.#wrongType(path, 'a boolean', 'Write true or false, without quotes.');
  }

  /** The number of entries of a list; 0 when it is absent. */
  length(path: Path): number {
    if (!this.has(path)) return 0;
    const node = this.#node(path);
    if (isSeq(node)) return node.items.length;
    return this.#wrongType(path, 'an array', 'Begin each entry with a dash.');
  }

  keys(path: Path): readonly string[] {
    if (!this.has(path)) return [];
    const node = this.#node(path);
    if (!isMap(node)) {
      return this.#wrongType(path, 'an object', 'Write it as `key: value` lines.');
    }
    return this.#parts.nodes.keys(node);
  }

  list<T>(path: Path, read: (path: Path) => T): readonly T[] {
    return Array.from({ length: this.length(path) }, (_, index) => read([...path, index]));
  }

  texts(path: Path): readonly string[] {
    return this.list(path, (at) => this.text(at));
  }

  textMap(path: Path): Readonly<Record<string, string>> {
    return Object.fromEntries(this.keys(path).map((key) => [key, this.text([...path, key])]));
  }
}
