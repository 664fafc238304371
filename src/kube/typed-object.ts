/**
 * A Pod as a Kubernetes program written in Go has it after decoding and writing it out again: unknown
 * fields gone, zero values as the types say, quantities and times in their canonical form, and Go's
 * error for what does not decode. Keys match in their exact case (sigs.k8s.io/json).
 * Sources: Go encoding/json decode.go and encode.go; k8s.io/apimachinery v0.35.2 pkg/api/resource,
 * pkg/apis/meta/v1/time.go, pkg/util/intstr.
 */
import type { JsonNode } from './go-json.ts';
import { plainJson } from './go-json.ts';
import { POD_TYPES } from './pod-types.ts';
import { canonicalQuantity } from './quantity.ts';

/** The text of Go's error. */
export class GoDecodeError extends Error {}

/** A node as `v1.Pod`, written out again. */
export function decodePod(node: JsonNode): Record<string, unknown> {
  return decodeStruct(node, 'v1.Pod');
}

/** A node as any of the types of the table, for programs that decode around the Pod. */
export function decodeStruct(
  node: JsonNode,
  type: string,
  types: Readonly<Record<string, string>> = POD_TYPES,
): Record<string, unknown> {
  const decoder = new Decoder(types);
  const value = decoder.value(node, { kind: 'struct', name: type }, { struct: '', path: [] });
  decoder.assertNoError();
  return value as Record<string, unknown>;
}

type FieldType =
  | {
      readonly kind: 'scalar';
      readonly name: string;
      readonly base: 'string' | 'bool' | 'int32' | 'int64';
    }
  | { readonly kind: 'special'; readonly name: string }
  | { readonly kind: 'struct'; readonly name: string }
  | { readonly kind: 'pointer'; readonly of: FieldType }
  | { readonly kind: 'slice' | 'map'; readonly name: string; readonly of: FieldType };

interface Field {
  readonly name: string;
  /** Names in Go's errors: those of inlined structs come before that of the field. */
  readonly path: readonly string[];
  readonly omit: 'empty' | 'zero' | undefined;
  readonly type: FieldType;
}

/** Types that decode themselves. */
const SPECIAL = new Set(['Quantity', 'Time', 'MicroTime', 'IntOrString', 'FieldsV1', 'Raw']);
const SCALARS = ['string', 'bool', 'int32', 'int64'] as const;

function parseType(text: string): FieldType {
  if (text.startsWith('*')) return { kind: 'pointer', of: parseType(text.slice(1)) };
  const [, named, rest = text] = /^\((.*?)\)(.*)$/.exec(text) ?? [];
  if (rest.startsWith('[]') || rest.startsWith('{}')) {
    const of = parseType(rest.slice(2));
    const isSlice = rest.startsWith('[]');
    const name = named ?? `${isSlice ? '[]' : 'map[string]'}${nameOf(of)}`;
    return { kind: isSlice ? 'slice' : 'map', name, of };
  }
  const [base = '', name = base] = text.split(':');
  const scalar = SCALARS.find((each) => each === base);
  if (scalar) return { kind: 'scalar', base: scalar, name };
  return { kind: SPECIAL.has(text) ? 'special' : 'struct', name: text };
}

const nameOf = (type: FieldType): string =>
  type.kind === 'pointer' ? `*${nameOf(type.of)}` : type.name;

const fieldsCache = new Map<string, readonly Field[]>();

function parseFields(text: string): readonly Field[] {
  const known = fieldsCache.get(text);
  if (known) return known;
  const fields = text
    .trim()
    .split(/,\s+/)
    .filter((row) => row !== '')
    .map((row): Field => {
      const [label = '', type = ''] = row.split(/\s+/);
      const flag = /[?0]$/.exec(label)?.[0];
      const path = (flag === undefined ? label : label.slice(0, -1)).split('.');
      return {
        name: path.at(-1) ?? '',
        path,
        omit: flag === '?' ? 'empty' : flag === '0' ? 'zero' : undefined,
        type: parseType(type),
      };
    });
  fieldsCache.set(text, fields);
  return fields;
}

/** Where a value stands, as Go's errors say it: the struct that has the field, and all names to it. */
interface Place {
  readonly struct: string;
  readonly path: readonly string[];
}

class Decoder {
  readonly #types: Readonly<Record<string, string>>;
  /** Go goes on after a value of a wrong type and reports the first one. */
  #first: GoDecodeError | undefined;

  constructor(types: Readonly<Record<string, string>>) {
    this.#types = types;
  }

  assertNoError(): void {
    if (this.#first) throw this.#first;
  }

  /** What a value becomes; undefined is nil. */
  value(node: JsonNode, type: FieldType, place: Place): unknown {
    if (type.kind === 'pointer') {
      return node.kind === 'null' ? undefined : this.value(node, type.of, place);
    }
    if (type.kind === 'special') return special(node, type.name, place);
    if (node.kind === 'null') return this.#zero(type);
    switch (type.kind) {
      case 'scalar':
        return this.#scalar(node, type, place);
      case 'slice':
        if (node.kind !== 'array') return this.#mismatch(node, type, place);
        return node.items.map((item) => written(this.value(item, type.of, place)));
      case 'map':
        if (node.kind !== 'object') return this.#mismatch(node, type, place);
        return Object.fromEntries(
          node.members.map(([key, item]) => [key, written(this.value(item, type.of, place))]),
        );
      case 'struct':
        if (node.kind !== 'object') return this.#mismatch(node, type, place);
        return this.#struct(node.members, type.name, place);
    }
  }

  #struct(
    members: readonly (readonly [string, JsonNode])[],
    name: string,
    place: Place,
  ): Record<string, unknown> {
    const fields = parseFields(this.#types[name] ?? '');
    const struct = name.replace(/^.*\./, '');
    const values = new Map<string, unknown>();
    for (const [key, node] of members) {
      const field = fields.find((each) => each.name === key);
      if (!field) continue;
      values.set(
        key,
        this.value(node, field.type, { struct, path: [...place.path, ...field.path] }),
      );
    }
    const result: Record<string, unknown> = {};
    for (const field of fields) {
      const value = values.has(field.name) ? values.get(field.name) : this.#zero(field.type);
      if (!isOmitted(field, value)) result[field.name] = written(value);
    }
    return result;
  }

  #zero(type: FieldType): unknown {
    switch (type.kind) {
      case 'struct':
        return this.#struct([], type.name, { struct: '', path: [] });
      case 'scalar':
        return type.base === 'string' ? '' : type.base === 'bool' ? false : 0;
      case 'special':
        return special({ kind: 'null' }, type.name, { struct: '', path: [] });
      case 'pointer':
      case 'slice':
      case 'map':
        return undefined;
    }
  }

  #scalar(node: JsonNode, type: FieldType & { kind: 'scalar' }, place: Place): unknown {
    if (type.base === 'string' && node.kind === 'string') return node.value;
    if (type.base === 'bool' && node.kind === 'bool') return node.value;
    const isInteger = type.base === 'int32' || type.base === 'int64';
    if (!isInteger || node.kind !== 'number') return this.#mismatch(node, type, place);
    const bits = type.base === 'int32' ? 32 : 64;
    const isWhole = /^-?\d+$/.test(node.text);
    if (isWhole && BigInt.asIntN(bits, BigInt(node.text)) === BigInt(node.text)) {
      return Number(node.text);
    }
    return this.#mismatch(node, type, place, ` ${node.text}`);
  }

  #mismatch(node: JsonNode, type: FieldType, place: Place, literal = ''): unknown {
    this.#first ??= mismatch(`${node.kind}${literal}`, nameOf(type), place);
    return this.#zero(type);
  }
}

/** nil is written as null. */
const written = (value: unknown): unknown => (value === undefined ? null : value);

function isOmitted({ omit, type }: Field, value: unknown): boolean {
  if (omit === undefined) return false;
  if (value === undefined || (omit === 'zero' && value === null)) return true;
  if (omit === 'zero' || type.kind === 'pointer' || type.kind === 'struct') return false;
  if (type.kind === 'special') return false;
  if (type.kind === 'slice') return (value as unknown[]).length === 0;
  if (type.kind === 'map') return Object.keys(value as object).length === 0;
  return value === '' || value === false || value === 0;
}

function mismatch(what: string, type: string, { struct, path }: Place): GoDecodeError {
  const into = path.length === 0 ? 'value' : `struct field ${struct}.${path.join('.')}`;
  return new GoDecodeError(`json: cannot unmarshal ${what} into Go ${into} of type ${type}`);
}

/** Quantity, Time, IntOrString ...: their own decoders; an error of theirs ends the decoding. */
function special(node: JsonNode, name: string, place: Place): unknown {
  switch (name) {
    case 'Quantity':
      return node.kind === 'null' ? '0' : quantity(node);
    case 'Time':
      return node.kind === 'null' ? null : time(node, place);
    case 'IntOrString':
      return node.kind === 'null' ? 0 : intOrString(node, place);
    default:
      return node.kind === 'null' ? undefined : plainJson(node);
  }
}

function quantity(node: JsonNode): string {
  const text =
    node.kind === 'string'
      ? node.value
      : node.kind === 'number'
        ? node.text
        : JSON.stringify(plainJson(node));
  const result = canonicalQuantity(text.trim());
  if ('error' in result) throw new GoDecodeError(result.error);
  return result.text;
}

function intOrString(node: JsonNode, place: Place): string | number {
  if (node.kind === 'string') return node.value;
  const isWhole = node.kind === 'number' && /^-?\d+$/.test(node.text);
  if (isWhole && BigInt.asIntN(32, BigInt(node.text)) === BigInt(node.text)) {
    return Number(node.text);
  }
  const literal = node.kind === 'number' ? ` ${node.text}` : '';
  throw mismatch(`${node.kind}${literal}`, 'int32', place);
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:\d\d)$/;

/** In UTC and whole seconds, as metav1.Time writes it. */
function time(node: JsonNode, place: Place): string {
  if (node.kind !== 'string') {
    throw mismatch(node.kind, 'string', place);
  }
  const match = RFC3339.exec(node.value);
  const at = match ? Date.parse(`${match[1] ?? ''}T${match[2] ?? ''}${match[3] ?? ''}`) : NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString().replace('.000Z', 'Z');
  throw new GoDecodeError(timeError(node.value));
}

interface LayoutElement {
  readonly pattern: RegExp;
  /** As the layout writes it. */
  readonly name: string;
  readonly range?: readonly [what: string, min: number, max: number] | undefined;
}

const LAYOUT: readonly LayoutElement[] = [
  { pattern: /^\d{4}/, name: '2006' },
  { pattern: /^-/, name: '-' },
  { pattern: /^\d\d/, name: '01', range: ['month', 1, 12] },
  { pattern: /^-/, name: '-' },
  { pattern: /^\d\d/, name: '02' },
  { pattern: /^T/, name: 'T' },
  { pattern: /^\d\d/, name: '15', range: ['hour', 0, 23] },
  { pattern: /^:/, name: ':' },
  { pattern: /^\d\d/, name: '04', range: ['minute', 0, 59] },
  { pattern: /^:/, name: ':' },
  { pattern: /^\d\d(?:[.,]\d+)?/, name: '05', range: ['second', 0, 59] },
  { pattern: /^(?:Z|[+-]\d\d:\d\d)/, name: 'Z07:00' },
];

/** What Go's time.Parse says. */
function timeError(text: string): string {
  const intro = `parsing time ${JSON.stringify(text)}`;
  let rest = text;
  for (const { pattern, name, range } of LAYOUT) {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) {
      return `${intro} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(rest)} as "${name}"`;
    }
    const [what, min = 0, max = 0] = range ?? [];
    const value = Math.trunc(Number(found));
    if (what !== undefined && (value < min || value > max)) return `${intro}: ${what} out of range`;
    rest = rest.slice(found.length);
  }
  return `${intro}: ${rest === '' ? 'day out of range' : `extra text: ${JSON.stringify(rest)}`}`;
}
