/**
 * What a recorded request may look like: JSON with learned texts in place of some strings, and with
 * the places known whose order or content is not the author's. Every field of the request is in it.
 */
import { stringifyJson, type Json } from '#wire';
import { mergeTexts, textKey, type Text } from './text.ts';

export type Shape =
  | { readonly kind: 'exact'; readonly value: Json }
  /** One of several recorded values. */
  | { readonly kind: 'one-of'; readonly values: readonly Json[] }
  | { readonly kind: 'text'; readonly text: Text }
  /** Any value of its type; `why` names the reason in a comment. */
  | { readonly kind: 'free'; readonly type: FreeType }
  /** Texts whose order says nothing. */
  | { readonly kind: 'set'; readonly values: readonly string[] }
  /** Texts by name: environment variables (`NAME=value`) or the members of a map. */
  | {
      readonly kind: 'env' | 'map';
      readonly entries: ReadonlyMap<string, Text>;
      /** Not in every recording. */
      readonly optional: ReadonlySet<string>;
    }
  | { readonly kind: 'list'; readonly items: readonly Shape[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Shape> };

export type FreeType = 'number' | 'bytes';

/** What makes two shapes the same. */
export function shapeKey(shape: Shape): string {
  switch (shape.kind) {
    case 'exact':
      return stringifyJson(shape.value);
    case 'one-of':
      return `one of ${shape.values.map(stringifyJson).join()}`;
    case 'text':
      return `text ${textKey(shape.text)}`;
    case 'free':
      return `any ${shape.type}`;
    case 'set':
      return `set ${JSON.stringify(shape.values)}`;
    case 'env':
    case 'map':
      return `${shape.kind}{${Array.from(shape.entries, ([name, text]) => `${name}${shape.optional.has(name) ? '?' : ''}:${textKey(text)}`).join('\u0001')}}`;
    case 'list':
      return `[${shape.items.map(shapeKey).join('\u0001')}]`;
    case 'object':
      return `{${Array.from(shape.members, ([name, member]) => `${name}:${shapeKey(member)}`).join('\u0001')}}`;
  }
}

/** A place that now allows more than any single recording did. */
export interface Generalization {
  /** `OCI.Process.Env TOKEN` */
  readonly field: string;
  readonly values: number;
}

/** One row per field: the last one counts all values. */
export const latest = (generalizations: readonly Generalization[]): readonly Generalization[] => [
  ...new Map(generalizations.map((one) => [one.field, one])).values(),
];

/** More recorded values than this are no enumeration any more, and the recordings stay apart. */
const MAX_VALUES = 8;

/** One shape for what both explain, or undefined when they are different things. */
export function mergeShapes(
  a: Shape,
  b: Shape,
  field: string,
  generalizations: Generalization[],
): Shape | undefined {
  if (shapeKey(a) === shapeKey(b)) return withSeen(a, b);
  switch (a.kind) {
    case 'text':
      if (b.kind !== 'text') break;
      return { kind: 'text', text: mergeNamed(a.text, b.text, field, generalizations) };
    case 'env':
    case 'map':
      if (b.kind !== a.kind) break;
      return mergeEntries(a, b, field, generalizations);
    case 'list':
      if (b.kind !== 'list' || a.items.length !== b.items.length) break;
      return mergeAll(
        a.items.map((item, i) => [`${field}[${i}]`, item, b.items[i]]),
        generalizations,
        (items) => ({ kind: 'list', items }),
      );
    case 'object': {
      if (b.kind !== 'object' || a.members.size !== b.members.size) break;
      const names = [...a.members.keys()];
      return mergeAll(
        names.map((name) => [
          field === '' ? name : `${field}.${name}`,
          a.members.get(name),
          b.members.get(name),
        ]),
        generalizations,
        (members) => ({
          kind: 'object',
          members: new Map(members.map((member, i) => [names[i] ?? '', member])),
        }),
      );
    }
    default:
      break;
  }
  return enumerated(a, b, field, generalizations);
}

/** Same key: only what was seen may differ. */
function withSeen(a: Shape, b: Shape): Shape {
  if (a.kind === 'text' && b.kind === 'text')
    return { kind: 'text', text: mergeTexts(a.text, b.text).text };
  return a;
}

function mergeNamed(a: Text, b: Text, field: string, generalizations: Generalization[]): Text {
  const { text, widened } = mergeTexts(a, b);
  if (widened) generalizations.push({ field, values: text.seen.length });
  return text;
}

type Entries = Extract<Shape, { kind: 'env' | 'map' }>;

function mergeEntries(
  a: Entries,
  b: Entries,
  field: string,
  generalizations: Generalization[],
): Shape {
  const entries = new Map<string, Text>();
  const optional = new Set([...a.optional, ...b.optional]);
  for (const name of [...new Set([...a.entries.keys(), ...b.entries.keys()])].sort()) {
    const [left, right] = [a.entries.get(name), b.entries.get(name)];
    const only = left ?? right;
    if (left !== undefined && right !== undefined) {
      entries.set(name, mergeNamed(left, right, `${field} ${name}`, generalizations));
    } else if (only !== undefined) {
      entries.set(name, only);
      optional.add(name);
      generalizations.push({ field: `${field} ${name}`, values: 0 });
    }
  }
  return { kind: a.kind, entries, optional };
}

function mergeAll(
  pairs: readonly (readonly [string, Shape | undefined, Shape | undefined])[],
  generalizations: Generalization[],
  build: (merged: readonly Shape[]) => Shape,
): Shape | undefined {
  const merged: Shape[] = [];
  for (const [field, a, b] of pairs) {
    const one = a && b && mergeShapes(a, b, field, generalizations);
    if (one === undefined) return undefined;
    merged.push(one);
  }
  return build(merged);
}

function enumerated(
  a: Shape,
  b: Shape,
  field: string,
  generalizations: Generalization[],
): Shape | undefined {
  const left = valuesOf(a);
  const right = valuesOf(b);
  if (left === undefined || right === undefined) return undefined;
  const known = new Set(left.map(stringifyJson));
  const values = [...left, ...right.filter((value) => !known.has(stringifyJson(value)))];
  if (values.length > MAX_VALUES) return undefined;
  generalizations.push({ field, values: values.length });
  return { kind: 'one-of', values };
}

function valuesOf(shape: Shape): readonly Json[] | undefined {
  if (shape.kind === 'exact') return [shape.value];
  return shape.kind === 'one-of' ? shape.values : undefined;
}
