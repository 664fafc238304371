/**
 * YAML decoded into structs of strings as gopkg.in/yaml.v2 does it in strict mode: the first
 * document only, every scalar as its text, merge keys, anchors, and all type errors together.
 * The syntax is read by the `yaml` library, so the wording of syntax errors is ours.
 * Source: gopkg.in/yaml.v2 v2.4.0 decode.go, resolve.go.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  Scalar,
  type Alias,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { messageOf } from '#base';

/** What yaml.v2 answers, without its `yaml: `. */
export class YamlError extends Error {}

/** Where a decoded field goes. */
type Setter = (node: Node, yaml: GoYaml) => void;

interface StructType {
  /** Go's name of the type, for its errors. */
  readonly name: string;
  readonly fields: Readonly<Record<string, Setter>>;
}

/** Aliases let a short text stand for a long one. */
const MAX_NODES = 100_000;
const TAG_PREFIX = 'tag:yaml.org,2002:';

/** Decodes the first document of a text; a text without one leaves everything empty. */
export function decodeYaml(text: string, type: StructType): void {
  const lines = new LineCounter();
  const options = { schema: 'failsafe', uniqueKeys: false, lineCounter: lines } as const;
  let document: Document | undefined;
  try {
    const documents = parseAllDocuments(text, { ...options, logLevel: 'silent' });
    document = 'empty' in documents ? undefined : documents[0];
  } catch (error) {
    throw new YamlError(messageOf(error));
  }
  if (!document) return;
  const [problem] = document.errors;
  if (problem) throw new YamlError(syntaxText(problem.message, lines.linePos(problem.pos[0]).line));
  if (!document.contents) return;
  const yaml = new GoYaml(document, lines);
  yaml.struct(document.contents, type);
  yaml.assertNoErrors();
}

/** The library's message, located as yaml.v2 locates its own. */
function syntaxText(message: string, line: number): string {
  const [sentence = ''] = message.split('\n');
  return `line ${line}: ${sentence.replace(/ at line \d+, column \d+:?$/, '')}`;
}

export class GoYaml {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #errors: string[] = [];
  readonly #open = new Set<string>();
  #count = 0;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  assertNoErrors(): void {
    if (this.#errors.length === 0) return;
    throw new YamlError(`unmarshal errors:\n${this.#errors.map((row) => `  ${row}`).join('\n')}`);
  }

  struct(node: Node, type: StructType): void {
    this.#resolved(node, (target) => {
      if (isMap(target)) this.#fields(target, type);
      else if (!isNull(target)) this.#mismatch(target, type.name);
    });
  }

  /** Elements in order; `null` in place of a list is an empty one. */
  list(node: Node, typeName: string, element: (node: Node) => void): void {
    this.#resolved(node, (target) => {
      if (isSeq(target)) for (const item of target.items) element(item as Node);
      else if (!isNull(target)) this.#mismatch(target, typeName);
    });
  }

  /** A scalar's text, `null` as the empty one; undefined for what is no scalar. */
  string(node: Node): string | undefined {
    let text: string | undefined;
    this.#resolved(node, (target) => {
      if (isScalar(target)) text = textOf(target);
      else this.#mismatch(target, 'string');
    });
    return text;
  }

  #fields(map: YAMLMap, type: StructType): void {
    const done = new Set<string>();
    for (const { key, value } of map.items as { key: Node; value: Node | null }[]) {
      const target = value ?? emptyScalar(key);
      if (isMergeKey(key)) {
        this.#merge(target, type);
        continue;
      }
      const name = this.string(key);
      if (name === undefined) continue;
      const set = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
      if (!set) this.#report(key, `field ${name} not found in type ${type.name}`);
      else if (done.has(name)) this.#report(key, `field ${name} already set in type ${type.name}`);
      else {
        done.add(name);
        set(target, this);
      }
    }
  }

  /** `<<` takes a mapping or a list of them; the first of a list wins. */
  #merge(node: Node, type: StructType): void {
    const sources = isSeq(node) ? (node.items as Node[]).toReversed() : [node];
    for (const source of sources) {
      if (!isMap(isAlias(source) ? this.#target(source) : source)) {
        throw new YamlError('map merge requires map or sequence of maps as the value');
      }
      this.struct(source, type);
    }
  }

  #resolved(node: Node, use: (target: Node) => void): void {
    this.#count += 1;
    if (this.#count > MAX_NODES) throw new YamlError('document contains excessive aliasing');
    if (!isAlias(node)) {
      if (isScalar(node)) assertTag(node);
      use(node);
      return;
    }
    const target = this.#target(node);
    if (this.#open.has(node.source)) {
      throw new YamlError(`anchor '${node.source}' value contains itself`);
    }
    this.#open.add(node.source);
    this.#resolved(target, use);
    this.#open.delete(node.source);
  }

  #target(alias: Alias): Node {
    const target = alias.resolve(this.#document);
    if (!target) throw new YamlError(`unknown anchor '${alias.source}' referenced`);
    return target;
  }

  #mismatch(node: Node, typeName: string): void {
    const tag = node.tag === undefined ? implicitTag(node) : shortTag(node.tag);
    const text = isScalar(node) ? ` \`${abbreviated(node.source ?? '')}\`` : '';
    this.#report(node, `cannot unmarshal ${tag}${text} into ${typeName}`);
  }

  #report(node: Node, message: string): void {
    this.#errors.push(`line ${this.#lines.linePos(node.range?.[0] ?? 0).line}: ${message}`);
  }
}

const shortTag = (tag: string): string =>
  tag.startsWith(TAG_PREFIX) ? `!!${tag.slice(TAG_PREFIX.length)}` : tag;

const abbreviated = (text: string): string => (text.length > 10 ? `${text.slice(0, 7)}...` : text);

/** A key without a value has a null one. */
function emptyScalar(key: Node): Node {
  const scalar = new Scalar(null);
  scalar.source = '';
  scalar.type = 'PLAIN';
  scalar.range = key.range ?? null;
  return scalar;
}

const isMergeKey = (key: Node): boolean =>
  isScalar(key) &&
  key.source === '<<' &&
  (key.type === 'PLAIN' || key.tag === `${TAG_PREFIX}merge`);

function isNull(node: Node): boolean {
  if (!isScalar(node)) return false;
  return implicitTag(node) === '!!null' || node.tag === `${TAG_PREFIX}null`;
}

function textOf(scalar: Scalar): string {
  const text = scalar.source ?? '';
  if (scalar.tag === `${TAG_PREFIX}binary`) return binary(text);
  return isNull(scalar) ? '' : text;
}

function binary(text: string): string {
  const compact = text.replace(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) {
    throw new YamlError('!!binary value contains invalid base64 data');
  }
  return Buffer.from(compact, 'base64').toString('utf8');
}

/** An explicit tag has to fit the text; !!str takes everything. */
function assertTag({ tag, source = '' }: Scalar): void {
  const expected = shortTag(tag ?? '');
  if (expected === '!!binary') binary(source);
  if (!['!!bool', '!!int', '!!float', '!!null', '!!timestamp'].includes(expected)) return;
  const found = resolvedTag(source);
  if (found === expected || (expected === '!!float' && found === '!!int')) return;
  throw new YamlError(`cannot decode ${found} \`${source}\` as a ${expected}`);
}

function implicitTag(node: Node): string {
  if (isMap(node)) return '!!map';
  if (isSeq(node)) return '!!seq';
  return isScalar(node) && node.type === 'PLAIN' ? resolvedTag(node.source ?? '') : '!!str';
}

const WORDS: readonly (readonly [string, RegExp])[] = [
  ['!!bool', /^(?:[yY]|yes|Yes|YES|true|True|TRUE|on|On|ON)$/],
  ['!!bool', /^(?:[nN]|no|No|NO|false|False|FALSE|off|Off|OFF)$/],
  ['!!null', /^(?:~|null|Null|NULL)?$/],
  ['!!float', /^(?:\.nan|\.NaN|\.NAN|[-+]?(?:\.inf|\.Inf|\.INF))$/],
  [
    '!!timestamp',
    /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d))|(?: \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?))?$/,
  ],
];

const INT = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9]\d*)$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

/** YAML 1.1's types of plain scalars. */
function resolvedTag(text: string): string {
  const word = WORDS.find(([, pattern]) => pattern.test(text));
  if (word) return word[0];
  if (!/^[-+.\d]/.test(text)) return '!!str';
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '');
  if (INT.test(plain)) return '!!int';
  return FLOAT.test(plain) ? '!!float' : '!!str';
}
