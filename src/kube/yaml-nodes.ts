/**
 * YAML nodes as kubectl sees them: aliases followed, merge keys (`<<`) spread out, YAML 1.1 booleans
 * and octal numbers. Source: sigs.k8s.io/yaml 1.6 with its fork of go-yaml v2.
 */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Alias,
  type Document,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';

export type Path = readonly (string | number)[];

/** What is wrong with the document as YAML, found while it is read. */
export class YamlError extends Error {
  /** Of the node in the text. */
  readonly offset: number;

  constructor(message: string, offset = 0) {
    super(message);
    this.offset = offset;
  }
}

/** Values that one document may unfold to; go-yaml refuses those that live from their aliases. */
const MAX_VALUES = 2_000_000;
const MAX_DEPTH = 100;
const EXCESSIVE = 'document contains excessive aliasing';

const MERGE_KEY = '<<';
const YES = /^(?:y|yes|on)$/i;
const NO = /^(?:n|no|off)$/i;
const OCTAL = /^0[0-7]+$/;

/** The boolean that kubectl reads where YAML 1.2 has a string. */
export function booleanWord({ type, value }: Scalar): boolean | undefined {
  if (type !== 'PLAIN' || typeof value !== 'string') return undefined;
  if (YES.test(value)) return true;
  return NO.test(value) ? false : undefined;
}

const keyText = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);

export class YamlNodes {
  readonly #document: Document;
  readonly #targets = new Map<Alias, unknown>();
  #values = 0;

  constructor(document: Document) {
    this.#document = document;
  }

  /** The node behind an alias. */
  resolve(node: unknown): unknown {
    let found = node;
    for (let depth = 0; isAlias(found); depth++) {
      if (depth > MAX_DEPTH) throw new YamlError(EXCESSIVE, found.range?.[0]);
      found = this.#targetOf(found);
    }
    return found;
  }

  /** Looked up once: the library goes through the document each time. */
  #targetOf(alias: Alias): unknown {
    if (this.#targets.has(alias)) return this.#targets.get(alias);
    const target = alias.resolve(this.#document);
    if (target === undefined) {
      throw new YamlError(`unknown anchor '${alias.source}' referenced`, alias.range?.[0]);
    }
    this.#targets.set(alias, target);
    return target;
  }

  at(path: Path): unknown {
    let node = this.resolve(this.#document.contents);
    for (const part of path) {
      const next = isMap(node)
        ? this.pair(node, String(part))?.value
        : isSeq(node) && typeof part === 'number'
          ? node.items[part]
          : undefined;
      node = this.resolve(next);
    }
    return node;
  }

  /** A key of the mapping itself, or of what is merged into it: the first that has it. */
  pair(map: YAMLMap, key: string, depth = 0): Pair | undefined {
    const own = map.items.find((pair) => keyText(pair) === key);
    if (own !== undefined || key === MERGE_KEY || depth > MAX_DEPTH) return own;
    for (const merged of this.#mergedInto(map)) {
      const found = this.pair(merged, key, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  keys(map: YAMLMap, depth = 0): readonly string[] {
    if (depth > MAX_DEPTH) return [];
    const own = map.items.map(keyText).filter((key) => key !== MERGE_KEY);
    const merged = this.#mergedInto(map).flatMap((one) => this.keys(one, depth + 1));
    return [...new Set([...own, ...merged])];
  }

  #mergedInto(map: YAMLMap): readonly YAMLMap[] {
    const merge = map.items.find((pair) => keyText(pair) === MERGE_KEY);
    if (merge === undefined) return [];
    const value = this.resolve(merge.value);
    const nodes = isSeq(value) ? value.items.map((item) => this.resolve(item)) : [value];
    return nodes.filter((node) => isMap(node));
  }

  /** As plain data. */
  value(node: unknown, depth = 0): unknown {
    const found = this.resolve(node);
    if (++this.#values > MAX_VALUES || depth > MAX_DEPTH) {
      throw new YamlError(EXCESSIVE, isNode(node) ? node.range?.[0] : 0);
    }
    if (isSeq(found)) return found.items.map((item) => this.value(item, depth + 1));
    if (isMap(found)) {
      const entries = this.keys(found).map(
        (key) => [key, this.value(this.pair(found, key)?.value, depth + 1)] as const,
      );
      return Object.fromEntries(entries);
    }
    if (!isScalar(found)) return null;
    if (typeof found.value === 'number' && OCTAL.test(found.source ?? '')) {
      return Number.parseInt(found.source ?? '', 8);
    }
    return booleanWord(found) ?? found.value;
  }
}
