/**
 * YAML into values, as OPA's library reads it: YAML 1.1 booleans, octal and binary integers, merge
 * keys, keys turned into text, the first of several documents.
 * Source: sigs.k8s.io/yaml over goyaml.v2.
 */
import type * as Yaml from 'yaml';
import { fromInteger } from '../../number.ts';
import { Decimal } from '../../decimal.ts';
import { ObjectBuilder, RegoObject, type Value } from '../../value.ts';
import { lazy } from './lazy.ts';
import { goFloatText } from '../../builtins/float-text.ts';

const yaml = () => lazy('yaml') as typeof Yaml;

export class YamlError extends Error {
  override readonly name = 'YamlError';
}

const WORDS: Readonly<Record<string, boolean | null>> = Object.fromEntries([
  ...['', '~', 'null', 'Null', 'NULL'].map((word): [string, null] => [word, null]),
  ...['y', 'yes', 'true', 'on'].flatMap(spell(true)),
  ...['n', 'no', 'false', 'off'].flatMap(spell(false)),
]);

function spell(value: boolean) {
  return (word: string): [string, boolean][] => [
    [word, value],
    [word.charAt(0).toUpperCase() + word.slice(1), value],
    [word.toUpperCase(), value],
  ];
}

const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** Go's ParseInt with base 0: 0x1F, 0b11, 0o17, 017. */
function parseInteger(text: string): bigint | undefined {
  const form = /^([-+]?)(?:0x([0-9a-fA-F]+)|0b([01]+)|0o?([0-7]+)|(0|[1-9]\d*))$/.exec(text);
  if (form === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = form;
  const digits =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : decimal;
  const value = BigInt(digits ?? '0');
  const fits = value <= 0xffffffffffffffffn && (sign !== '-' || value <= 2n ** 63n);
  if (!fits) return undefined;
  return sign === '-' ? -value : value;
}

/** What a plain scalar means. */
export function resolvePlain(text: string): Value {
  const word = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
  if (word !== undefined) return word;
  const bare = text.replaceAll('_', '');
  const integer = parseInteger(bare);
  if (integer !== undefined) return fromInteger(integer);
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return NaN;
  if (FLOAT.test(bare)) {
    const value = Number(bare);
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 53) return value;
    return new Decimal(goFloatText(value));
  }
  return text;
}

/** Dates stay text when read, but other readers take them for timestamps. */
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt ])/;

/** Whether text written plainly could be read back as something else. */
export const isAmbiguous = (text: string): boolean =>
  typeof resolvePlain(text) !== 'string' || TIMESTAMP.test(text) || text === '<<' || text === '=';

class Reader {
  readonly #charge: (units: number) => void;
  readonly #anchors = new Map<string, Value>();

  constructor(charge: (units: number) => void) {
    this.#charge = charge;
  }

  value(node: unknown): Value {
    this.#charge(1);
    const { isAlias, isMap, isScalar, isSeq } = yaml();
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      const found = this.#anchors.get(node.source);
      if (found === undefined)
        throw new YamlError(`yaml: unknown anchor '${node.source}' referenced`);
      return found;
    }
    let value: Value;
    if (isMap(node)) value = this.#map(node.items);
    else if (isSeq(node)) value = node.items.map((item) => this.value(item));
    else if (isScalar(node)) value = this.#scalar(node);
    else throw new YamlError('yaml: unexpected node');
    const { anchor } = node;
    if (anchor !== undefined) this.#anchors.set(anchor, value);
    return value;
  }

  #scalar(node: Yaml.Scalar): Value {
    const text = String(node.value);
    const tag = node.tag ?? '';
    if (node.type !== 'PLAIN' || (tag !== '' && !/:(?:int|float|bool|null)$/.test(tag)))
      return text;
    const value = resolvePlain(node.source ?? text);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      const shown = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
      throw new YamlError(`json: unsupported value: ${shown}`);
    }
    return value;
  }

  #map(pairs: readonly Yaml.Pair[]): Value {
    const builder = new ObjectBuilder();
    const merged: Value[] = [];
    for (const { key, value } of pairs) {
      const name = this.value(key);
      const item = this.value(value);
      if (name === '<<' && yaml().isScalar(key) && key.type === 'PLAIN') merged.push(item);
      else builder.set(keyText(name), item);
    }
    const own = builder.build();
    return merged.length === 0 ? own : merge(own, merged);
  }
}

/** JSON has text keys only. */
function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  if (key instanceof Decimal) return key.text;
  if (key === null || typeof key === 'object') {
    throw new YamlError('yaml: unsupported map key');
  }
  return String(key);
}

function merge(own: RegoObject, merged: readonly Value[]): Value {
  const builder = new ObjectBuilder();
  for (const item of merged.flatMap((value) =>
    Array.isArray(value) ? [...(value as Value[])].reverse() : [value],
  )) {
    if (!(item instanceof RegoObject))
      throw new YamlError('yaml: map merge requires map or sequence of maps as the value');
    for (const [key, value] of item.entries()) builder.set(key, value);
  }
  for (const [key, value] of own.entries()) builder.set(key, value);
  return builder.build();
}

/** An open bracket in the words of OPA's library; anything else in ours. */
function wording(error: Pick<Yaml.YAMLParseError, 'message' | 'pos'>, text: string): string {
  const close = /must end with a ([\]}])/.exec(error.message)?.[1];
  if (close === undefined) return error.message;
  const line = text.slice(0, error.pos[0]).trimEnd().split('\n').length;
  return `line ${line}: did not find expected ',' or '${close}'`;
}

/** Throws YamlError. */
export function readYaml(text: string, charge: (units: number) => void): Value {
  charge(text.length);
  const documents = yaml().parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
    keepSourceTokens: false,
  });
  const first = Array.isArray(documents) ? documents[0] : undefined;
  if (first === undefined) return null;
  const [error] = first.errors;
  if (error !== undefined) throw new YamlError(`yaml: ${wording(error, text)}`);
  return new Reader(charge).value(first.contents);
}
