/** Typed access to one YAML document, with the place in the text for everything that does not fit. */
import { isDeepStrictEqual } from 'node:util';
import { isMap, isNode, isScalar, isSeq, type Document, type LineCounter } from 'yaml';
import { kubeErrors } from './errors.ts';

export type Path = readonly (string | number)[];

/** YAML 1.1, which kubectl still reads, knows more booleans than true and false. */
const YAML_1_1_BOOLEAN = /^(?:y|yes|on|n|no|off)$/i;

/** Reads values by path; a value of the wrong kind throws at its place in the text. */
export class ObjectReader {
  readonly file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.file = file;
    this.#document = document;
    this.#lines = lines;
  }

  fail(path: Path, reason: string, hint: string): never {
    let node: unknown;
    // The nearest part of the path that stands in the text gives the place.
    for (let length = path.length; length >= 0 && node === undefined; length--) {
      node =
        length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
    }
    throw kubeErrors.invalidPod(
      { file: this.file, ...this.#place(node) },
      this.pathText(path),
      reason,
      hint,
    );
  }

  #place(node: unknown): { readonly line: number; readonly column: number } {
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    const { line, col: column } = this.#lines.linePos(offset);
    return { line, column };
  }

  /** Where the name of a field stands. */
  placeOf(path: Path): { readonly line: number; readonly column: number } {
    const parent = this.#document.getIn(path.slice(0, -1), true) ?? this.#document.contents;
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === path.at(-1))
      : undefined;
    return this.#place(pair?.key ?? parent);
  }

  /** `spec.containers[0].command`, as Kubernetes writes it. */
  pathText(path: Path): string {
    return path.reduce<string>(
      (text, part) =>
        typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`,
      '',
    );
  }

  #node(path: Path): unknown {
    return path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
  }

  isMapping(path: Path): boolean {
    return isMap(this.#node(path));
  }

  isList(path: Path): boolean {
    return isSeq(this.#node(path));
  }

  equals(path: Path, value: unknown): boolean {
    const node = this.#node(path);
    return isNode(node) && isDeepStrictEqual(node.toJS(this.#document), value);
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
    const value = this.optionalText(path);
    return value ?? this.fail(path, 'it is missing', 'Add it.');
  }

  optionalText(path: Path): string | undefined {
    if (!this.has(path)) return undefined;
    const node = this.#node(path);
    if (isScalar(node) && typeof node.value === 'string') {
      if (node.type === 'PLAIN' && YAML_1_1_BOOLEAN.test(node.value)) {
        return this.fail(path, 'kubectl reads it as a boolean', 'Put quotes around it.');
      }
      return node.value;
    }
    return this.fail(path, 'it must be a string', 'Put quotes around it.');
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
    return this.fail(
      path,
      'it must be a whole number',
      'Write a number from 0 up, without quotes.',
    );
  }

  /** A file mode: kubectl reads 0400 as octal, which YAML 1.2 no longer does. */
  mode(path: Path): number | undefined {
    if (!this.has(path)) return undefined;
    const node = this.#node(path);
    const octal = isScalar(node) && /^0[0-7]+$/.test(node.source ?? '');
    const mode = octal ? Number.parseInt(node.source ?? '', 8) : this.number(path);
    if (mode !== undefined && mode <= 0o777) return mode;
    return this.fail(path, 'it must be between 0 and 0777', 'Write it as octal, such as 0400.');
  }

  flag(path: Path): boolean | undefined {
    if (!this.has(path)) return undefined;
    const node = this.#node(path);
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    return this.fail(path, 'it must be true or false', 'Write true or false, without quotes.');
  }

  /** The number of entries of a list; 0 when it is absent. */
  length(path: Path): number {
    if (!this.has(path)) return 0;
    const node = this.#node(path);
    if (isSeq(node)) return node.items.length;
    return this.fail(path, 'it must be a list', 'Begin each entry with a dash.');
  }

  keys(path: Path): readonly string[] {
    if (!this.has(path)) return [];
    const node = this.#node(path);
    if (!isMap(node))
      return this.fail(path, 'it must be a mapping', 'Write it as `key: value` lines.');
    return node.items.map(({ key }) => String(isScalar(key) ? key.value : key));
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
