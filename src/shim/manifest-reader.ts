/** Typed access to one YAML document, with the place in the text for everything that does not fit. */
import { isMap, isScalar, isSeq, type Document, type LineCounter } from 'yaml';
import { shimErrors } from './errors.ts';

export type Path = readonly (string | number)[];

/** Reads values by path; a value of the wrong kind throws at its place in the text. */
export class ObjectReader {
  readonly file: string;
  private readonly document: Document;
  private readonly lines: LineCounter;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.file = file;
    this.document = document;
    this.lines = lines;
  }

  fail(path: Path, reason: string, hint: string): never {
    let node: unknown;
    // The nearest part of the path that stands in the text gives the place.
    for (let length = path.length; length >= 0 && node === undefined; length--) {
      node =
        length === 0 ? this.document.contents : this.document.getIn(path.slice(0, length), true);
    }
    const range = (node as { range?: readonly number[] | null } | undefined)?.range;
    const { line, col: column } = this.lines.linePos(range?.[0] ?? 0);
    throw shimErrors.invalidPod({ file: this.file, line, column }, pathText(path), reason, hint);
  }

  private node(path: Path): unknown {
    return this.document.getIn(path, true);
  }

  has(path: Path): boolean {
    const node = this.node(path);
    return node !== undefined && !(isScalar(node) && node.value === null);
  }

  text(path: Path): string {
    const value = this.optionalText(path);
    return value ?? this.fail(path, 'it is missing', 'Add it.');
  }

  optionalText(path: Path): string | undefined {
    if (!this.has(path)) return undefined;
    const node = this.node(path);
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    return this.fail(path, 'it must be a string', 'Put quotes around it.');
  }

  /** A string, or a number as it stands in the text: `0.5` of `cpu: 0.5`. */
  numberText(path: Path): string | undefined {
    const node = this.node(path);
    if (isScalar(node) && typeof node.value === 'number') return node.source ?? String(node.value);
    return this.optionalText(path);
  }

  number(path: Path): number | undefined {
    if (!this.has(path)) return undefined;
    const node = this.node(path);
    if (isScalar(node) && Number.isSafeInteger(node.value) && Number(node.value) >= 0)
      return Number(node.value);
    return this.fail(
      path,
      'it must be a whole number',
      'Write a number from 0 up, without quotes.',
    );
  }

  flag(path: Path): boolean | undefined {
    if (!this.has(path)) return undefined;
    const node = this.node(path);
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    return this.fail(path, 'it must be true or false', 'Write true or false, without quotes.');
  }

  /** The number of entries of a list; 0 when it is absent. */
  length(path: Path): number {
    if (!this.has(path)) return 0;
    const node = this.node(path);
    if (isSeq(node)) return node.items.length;
    return this.fail(path, 'it must be a list', 'Begin each entry with a dash.');
  }

  keys(path: Path): readonly string[] {
    if (!this.has(path)) return [];
    const node = this.node(path);
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

function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`,
    '',
  );
}
