/** From a recorded request to its shape: bound values and generated pieces found, all else as it is. */
import type { Json } from '#wire';
import { isObject } from '../corpus/complete-input.ts';
import {
  ADDRESS_PATTERNS,
  HOST_PIECES,
  MAC_PATTERNS,
  SERVICE_ADDRESS,
  SERVICE_VARIABLE,
  treatmentOf,
} from './fields.ts';
import { isWhole, patterns, type Pattern } from './patterns.ts';
import type { Shape } from './shape.ts';
import { isLiteral, joinParts, literalText, type Part, type Text } from './text.ts';

/** A value of this recording that stands for something: an id, the pod's name, its address. */
export interface Variable {
  readonly value: string;
  readonly parts: readonly Part[];
  /** Only where no letter or digit touches it: short names would be found inside other words. */
  readonly isWord: boolean;
}

export interface TemplateContext {
  readonly endpoint: string;
  readonly variables: readonly Variable[];
  /** Keep addresses, sizes and the like as recorded. */
  readonly exact: boolean;
  /** Whether a variable's value must not be in the policy. */
  readonly isRedacted: (name: string) => boolean;
  /** What decision logs put in place of a value they hide. */
  readonly hidden: string;
}

type JsonObject = Readonly<Record<string, Json>>;

export const templateOf = (request: Json, context: TemplateContext): Shape =>
  shapeOf(request, [], context);

function shapeOf(value: Json, path: readonly string[], context: TemplateContext): Shape {
  const treatment = treatmentOf(context.endpoint, path, context.exact);
  switch (treatment?.as) {
    case 'free':
      return { kind: 'free', type: treatment.type };
    case 'env':
      if (isTextList(value)) return envShape(value, context) ?? plainShape(value, path, context);
      break;
    case 'set':
      if (isTextList(value)) return { kind: 'set', values: [...value].sort() };
      break;
    case 'map':
      if (isObject(value)) return mapShape(value, path, context);
      break;
    default:
      break;
  }
  return plainShape(value, path, context);
}

function plainShape(value: Json, path: readonly string[], context: TemplateContext): Shape {
  if (typeof value === 'string') return textShape(textOf(value, path, context));
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item, i) =>
      shapeOf(item, [...path, String(i)], context),
    );
    return items.every(({ kind }) => kind === 'exact')
      ? { kind: 'exact', value }
      : { kind: 'list', items };
  }
  if (isObject(value)) {
    const members = new Map(
      Object.entries(value).map(([name, member]) => [
        name,
        shapeOf(member, [...path, name], context),
      ]),
    );
    // The request's own fields stay apart: each is a line of its own in the policy.
    const isExact = [...members.values()].every(({ kind }) => kind === 'exact');
    return isExact && path.length > 0 ? { kind: 'exact', value } : { kind: 'object', members };
  }
  return { kind: 'exact', value };
}

/** Plain text stays JSON, so that neighbours which are all exact can be compared as a whole. */
const textShape = (text: Text): Shape =>
  isLiteral(text) ? { kind: 'exact', value: text.seen[0] ?? '' } : { kind: 'text', text };

const isTextList = (value: Json): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Undefined when a name comes twice: then order counts, and the list is learned as it is. */
function envShape(variables: readonly string[], context: TemplateContext): Shape | undefined {
  const entries = new Map<string, Text>();
  for (const variable of [...variables].sort()) {
    const end = variable.indexOf('=');
    const name = end < 0 ? variable : variable.slice(0, end);
    if (entries.has(name)) return undefined;
    entries.set(name, variableText(variable, name, context));
  }
  return { kind: 'env', entries, optional: new Set() };
}

function variableText(variable: string, name: string, context: TemplateContext): Text {
  if (variable === name) return literalText(variable);
  const value = variable.slice(name.length + 1);
  const head: Part = { kind: 'literal', text: `${name}=` };
  const seen = [variable];
  if (value === context.hidden || context.isRedacted(name)) {
    return { parts: [head, { kind: 'pattern', pattern: patterns.anyText }], seen: [`${name}=`] };
  }
  const service =
    context.exact || !SERVICE_VARIABLE.test(name) ? null : SERVICE_ADDRESS.exec(value);
  const [, before = '', address = '', after = ''] = service ?? [];
  const pattern = ADDRESS_PATTERNS.find((one) => isWhole(one, address));
  const parts: readonly Part[] =
    pattern === undefined
      ? findVariables(value, context.variables)
      : [
          { kind: 'literal', text: before },
          { kind: 'pattern', pattern },
          { kind: 'literal', text: after },
        ];
  return { parts: joinParts([head, ...parts]), seen };
}

function mapShape(value: JsonObject, path: readonly string[], context: TemplateContext): Shape {
  const entries = new Map<string, Text>();
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (typeof member === 'string') entries.set(name, textOf(member, [...path, name], context));
  }
  return { kind: 'map', entries, optional: new Set() };
}

function textOf(value: string, path: readonly string[], context: TemplateContext): Text {
  const { endpoint, variables, exact } = context;
  const treatment = treatmentOf(endpoint, path, exact);
  const seen = [value];
  switch (treatment?.as) {
    case 'address':
      return { parts: whole(value, ADDRESS_PATTERNS) ?? literalText(value).parts, seen };
    case 'mac':
      return { parts: whole(value, MAC_PATTERNS) ?? literalText(value).parts, seen };
    case 'exec-id':
      return { parts: execIdParts(value, variables), seen };
    case 'host':
      return { parts: joinParts(findVariables(value, variables).flatMap(hostPieces)), seen };
    default:
      return { parts: joinParts(findVariables(value, variables)), seen };
  }
}

/** The address alone, or with a prefix length. */
function whole(value: string, candidates: readonly Pattern[]): readonly Part[] | undefined {
  const [address = '', ...prefix] = value.split(/(?=\/[0-9]{1,3}$)/);
  const pattern = candidates.find((one) => isWhole(one, address));
  if (pattern === undefined) return undefined;
  return joinParts([
    { kind: 'pattern', pattern },
    { kind: 'literal', text: prefix.join('') },
  ]);
}

/** Init is the container's id or empty; any other id is the runtime's choice, of a known form or free. */
function execIdParts(value: string, variables: readonly Variable[]): readonly Part[] {
  if (value === '') return [];
  const known = variables.find((one) => one.value === value);
  if (known !== undefined) return known.parts;
  const pattern = [patterns.uuid, patterns.id].find((one) => isWhole(one, value));
  if (pattern !== undefined) return [{ kind: 'pattern', pattern }];
  return [{ kind: 'regex', regex: '[0-9A-Za-z][0-9A-Za-z._-]{0,127}' }];
}

const WORD = /[0-9A-Za-z]/;

function findVariables(value: string, variables: readonly Variable[]): readonly Part[] {
  if (!variables.some((one) => value.includes(one.value)))
    return [{ kind: 'literal', text: value }];
  const parts: Part[] = [];
  let from = 0;
  let literalFrom = 0;
  while (from < value.length) {
    const found = variables.find((variable) => isAt(value, variable, from));
    if (found === undefined) {
      from++;
      continue;
    }
    parts.push({ kind: 'literal', text: value.slice(literalFrom, from) }, ...found.parts);
    from += found.value.length;
    literalFrom = from;
  }
  return [...parts, { kind: 'literal', text: value.slice(literalFrom) }];
}

function isAt(text: string, { value, isWord }: Variable, at: number): boolean {
  if (!text.startsWith(value, at)) return false;
  if (!isWord) return true;
  return !WORD.test(text[at - 1] ?? '') && !WORD.test(text[at + value.length] ?? '');
}

function hostPieces(part: Part): readonly Part[] {
  if (part.kind !== 'literal') return [part];
  let parts: readonly Part[] = [part];
  for (const { find, pattern } of HOST_PIECES) {
    parts = parts.flatMap((one): readonly Part[] => {
      if (one.kind !== 'literal') return [one];
      const pieces: Part[] = [];
      let from = 0;
      for (const match of one.text.matchAll(find)) {
        pieces.push({ kind: 'literal', text: one.text.slice(from, match.index) });
        pieces.push({ kind: 'pattern', pattern });
        from = match.index + match[0].length;
      }
      return [...pieces, { kind: 'literal', text: one.text.slice(from) }];
    });
  }
  return parts;
}
