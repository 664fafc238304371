/**
 * YAML as JSON values with places: anchors and merge keys work, what can go on for ever does not
 * (a node inside itself, aliases of aliases of aliases), long integers keep their digits.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { KatasimError } from '#base';
import type { Json } from '#wire';
import { corpusErrors } from './errors.ts';
import type { JsonPlaces } from './json-text.ts';

/** Written by hand; a generator of larger files writes JSON. */
const MAX_LENGTH = 8 << 20;
/** Nodes after aliases are expanded: about what fits into the text that is allowed. */
const MAX_NODES = 1_000_000;
const MAX_DEPTH = 128;

interface Parsed {
  readonly value: Json;
  readonly places: JsonPlaces;
}

/** Throws `CORPUS_YAML`, located. */
export function parseYamlText(text: string, file: string): Parsed {
  const lines = new LineCounter();
  const fail = (reason: string, offset: number): KatasimError => {
    const { line, col } = lines.linePos(offset);
    return corpusErrors.badYaml(reason, {
      file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
    });
  };
  if (text.length > MAX_LENGTH) {
    throw corpusErrors.badYaml(`cases in YAML have at most ${MAX_LENGTH} characters`, {
      file,
      line: 1,
    });
  }
  const document = parsed(text, lines, fail);
  let targets: ReadonlyMap<unknown, Node> | undefined;
  const reader = new NodeReader(
    document.contents,
    (alias) => (targets ??= targetsIn(document)).get(alias),
    fail,
  );
  return { value: reader.value(), places: reader.places };
}

type Fail = (reason: string, offset: number) => KatasimError;

function parsed(
  text: string,
  lineCounter: LineCounter,
  fail: Fail,
): ReturnType<typeof parseDocument> {
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(text, {
      schema: 'core',
      merge: true,
      intAsBigInt: true,
      prettyErrors: false,
      logLevel: 'silent',
      lineCounter,
    });
  } catch (error) {
    if (error instanceof RangeError) throw fail(reasonOf(error.message), 0);
    throw error;
  }
  const [first] = [...document.errors, ...document.warnings];
  if (first !== undefined) throw fail(reasonOf(first.message), first.pos[0]);
  return document;
}

/** The parser calls itself per level, and reports its own overflow as an error of the text. */
function reasonOf(message: string): string {
  const [line = ''] = message.split('\n');
  return line.includes('call stack') ? 'the YAML is nested too deeply' : line;
}

/**
 * What each alias names: the last node in front of it with its anchor. All in one walk; the library's
 * own `resolve` takes one per alias.
 */
function targetsIn(document: ReturnType<typeof parseDocument>): ReadonlyMap<unknown, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<unknown, Node>();
  visit(document, {
    Node(_key, node) {
      const target = isAlias(node) ? anchors.get(node.source) : undefined;
      if (target !== undefined) targets.set(node, target);
      if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

class NodeReader {
  readonly places: JsonPlaces = new Map();
  readonly #root: unknown;
  readonly #resolve: (node: unknown) => Node | undefined;
  readonly #fail: Fail;
  readonly #open = new Set<unknown>();
  #count = 0;

  constructor(root: unknown, resolve: (node: unknown) => Node | undefined, fail: Fail) {
    this.#root = root;
    this.#resolve = resolve;
    this.#fail = fail;
  }

  value(): Json {
    return this.#value(this.#root);
  }

  #value(given: unknown): Json {
    if (given === null || given === undefined) return null;
    const at = offsetOf(given);
    if (++this.#count > MAX_NODES) {
      throw this.#fail(`the aliases expand to more than ${MAX_NODES} values`, at);
    }
    const node = isAlias(given) ? this.#resolve(given) : given;
    if (node === undefined) throw this.#fail('there is no such anchor', at);
    if (isScalar(node)) return this.#scalar(node.value, at);
    if (this.#open.has(node)) throw this.#fail('this alias stands inside what it names', at);
    if (this.#open.size >= MAX_DEPTH) {
      throw this.#fail(`the YAML is nested more than ${MAX_DEPTH} deep`, at);
    }
    this.#open.add(node);
    const value = this.#collection(node, at);
    this.#open.delete(node);
    this.places.set(value, offsetOf(node));
    return value;
  }

  #scalar(value: unknown, at: number): Json {
    if (typeof value === 'bigint') {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value;
    }
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw this.#fail('JSON has no such number', at);
    }
    const isJson = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    if (!isJson) throw this.#fail('JSON has no such value', at);
    return value as Json;
  }

  #collection(node: unknown, at: number): Json & object {
    if (isSeq(node)) return node.items.map((item) => this.#value(item));
    if (!isMap(node)) throw this.#fail('JSON has no such value', at);
    const object: Record<string, Json> = {};
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? key.value : undefined;
      // A symbol is the library's mark of a merge key.
      if (name === '<<' || typeof name === 'symbol') this.#merge(object, value);
      else define(object, this.#key(name, at), this.#value(value));
    }
    return object;
  }

  #key(name: unknown, at: number): string {
    if (typeof name === 'string') return name;
    if (typeof name === 'number' || typeof name === 'bigint' || typeof name === 'boolean')
      return String(name);
    throw this.#fail('a key is a text', at);
  }

  /** Keys that are written out win over merged ones, wherever they stand. */
  #merge(object: Record<string, Json>, value: unknown): void {
    const merged = this.#value(value);
    const sources: readonly Json[] = Array.isArray(merged) ? merged : [merged];
    for (const source of sources) {
      if (typeof source !== 'object' || source === null || Array.isArray(source)) {
        throw this.#fail('<< takes a mapping', offsetOf(value));
      }
      for (const [key, member] of Object.entries(source)) {
        if (!Object.hasOwn(object, key)) define(object, key, member);
      }
    }
  }
}

/** Assigning `__proto__` would set the prototype instead. */
function define(object: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

const offsetOf = (node: unknown): number =>
  (node as { readonly range?: readonly [number, number, number] | null }).range?.[0] ?? 0;
