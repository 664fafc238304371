/**
 * Patterns as regorus plans them when it prepares a policy: which variables bind, and which errors stop
 * the preparation.
 * Source: regorus src/compiler/destructuring_planner (0.9 to 0.14).
 */
import type { Term, VarTerm } from '../ast.ts';
import { compareValues } from '../order.ts';
import { formatOperand } from '../text.ts';
import { isArray, RegoObject, type Value } from '../value.ts';
import { sourceName } from './policy.ts';
import { regorusOffset } from './regorus-offset.ts';
import { RegorusRefusal } from './regorus-refusal.ts';
import { isRoot } from './vars.ts';

/** What a name means at some place. */
export interface BindingContext {
  /** `shadow`: names of enclosing scopes may be bound again. */
  isUnbound(name: string, scoping: Scoping): boolean;
  isBoundInScope(name: string): boolean;
}

export type Scoping = 'respect' | 'shadow';

export type Pattern =
  | { readonly kind: 'variable'; readonly term: VarTerm }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'equal' }
  | { readonly kind: 'array'; readonly items: readonly Pattern[] }
  | {
      readonly kind: 'object';
      /** By literal key, in the engine's order of keys. */
      readonly fields: readonly (readonly [Value, Pattern])[];
      readonly dynamic: readonly Pattern[];
    };

const EQUAL: Pattern = { kind: 'equal' };

export const isWildcard = (term: Term): boolean =>
  term.kind === 'var' && sourceName(term.name) === '_';

export function refuse(term: Term, text: string): never {
  throw new RegorusRefusal(term.span, regorusOffset(term), text);
}

const usedBefore = (term: VarTerm): never =>
  refuse(term, `var \`${sourceName(term.name)}\` used before definition below`);

/** The items of an array literal. */
export function itemsOf(term: Term): readonly Term[] | undefined {
  if (term.kind === 'array') return term.items;
  if (term.kind !== 'constant' || !isArray(term.value)) return undefined;
  return term.value.map((value) => ({ ...term, value }));
}

interface Field {
  readonly key: Term;
  readonly value: Term;
}

function fieldsOf(term: Term): readonly Field[] | undefined {
  if (term.kind === 'object') {
    return term.keys.map((key, i) => ({ key, value: term.values[i] ?? key }));
  }
  if (term.kind !== 'constant' || !(term.value instanceof RegoObject)) return undefined;
  return [...term.value.entries()].map(([key, value]) => ({
    key: { ...term, value: key },
    value: { ...term, value },
  }));
}

/** The value of a scalar key; undefined for any other. */
function literalKey(term: Term): Value | undefined {
  switch (term.kind) {
    case 'string':
    case 'boolean':
      return term.value;
    case 'null':
      return null;
    case 'number':
      return Number(term.text);
    case 'constant':
      return typeof term.value === 'object' && term.value !== null ? undefined : term.value;
    default:
      return undefined;
  }
}

const keyText = (key: Value): string => formatOperand(key, 'regorus');

const quoted = (keys: readonly string[]): string =>
  `[${keys.map((key) => JSON.stringify(key)).join(', ')}]`;

/** Plans a term as a pattern; names it binds are added to `added`. */
export function planPattern(
  term: Term,
  context: BindingContext,
  scoping: Scoping,
  added: Set<string>,
): Pattern {
  if (isWildcard(term)) return { kind: 'ignore' };
  if (term.kind === 'var') {
    const name = sourceName(term.name);
    if (added.has(name) || isRoot(term) || !context.isUnbound(name, scoping)) return EQUAL;
    added.add(name);
    return { kind: 'variable', term };
  }
  const items = itemsOf(term);
  if (items !== undefined) {
    return {
      kind: 'array',
      items: items.map((item) => planPattern(item, context, scoping, added)),
    };
  }
  const members = fieldsOf(term);
  if (members === undefined) return EQUAL;
  const fields: [Value, Pattern][] = [];
  const dynamic: Pattern[] = [];
  for (const { key, value } of members) {
    const plan = planPattern(value, context, scoping, added);
    const literal = literalKey(key);
    if (literal === undefined) dynamic.push(plan);
    else fields.push([literal, plan]);
  }
  fields.sort(([a], [b]) => compareValues(a, b, 'regorus'));
  return { kind: 'object', fields, dynamic };
}

const partsOf = (pattern: Pattern): readonly Pattern[] => {
  if (pattern.kind === 'array') return pattern.items;
  return pattern.kind === 'object'
    ? [...pattern.fields.map(([, part]) => part), ...pattern.dynamic]
    : [];
};

/** Binds something, or ignores something: in both cases it is taken apart, not compared. */
const takesApart = (pattern: Pattern): boolean =>
  pattern.kind === 'variable' || pattern.kind === 'ignore' || partsOf(pattern).some(takesApart);

export function variablesOf(pattern: Pattern): readonly VarTerm[] {
  return pattern.kind === 'variable' ? [pattern.term] : partsOf(pattern).flatMap(variablesOf);
}

type Fit = 'match' | 'unknown' | { readonly term: Term; readonly text: string };

/** A pattern against a literal; the first part that cannot be told ends the comparison. */
function fit(pattern: Pattern, literal: Term): Fit {
  if (pattern.kind === 'array') {
    const items = itemsOf(literal);
    if (items === undefined) return 'unknown';
    if (items.length !== pattern.items.length) {
      return { term: literal, text: 'mismatch in number of array elements' };
    }
    return firstMisfit(pattern.items.map((part, i) => [part, items[i] ?? literal]));
  }
  if (pattern.kind !== 'object') return 'unknown';
  const members = fieldsOf(literal);
  return members === undefined ? 'unknown' : fitObject(pattern, literal, members);
}

function fitObject(
  { fields, dynamic }: Extract<Pattern, { kind: 'object' }>,
  literal: Term,
  members: readonly Field[],
): Fit {
  if (fields.length === 0) return dynamic.length === 0 ? 'match' : 'unknown';
  const expected = fields.map(([key]) => keyText(key));
  const actual = members.flatMap(({ key, value }) => {
    const literalValue = literalKey(key);
    return literalValue === undefined ? [] : [{ key: keyText(literalValue), value }];
  });
  const actualKeys = actual.map(({ key }) => key);
  if (quoted(expected.toSorted()) !== quoted(actualKeys.toSorted())) {
    const text = `object literal keys mismatch. Expected keys ${quoted(expected)} got ${quoted(actualKeys)}.`;
    return { term: literal, text };
  }
  const pairs = actual.flatMap(({ key, value }): [Pattern, Term][] => {
    const part = fields.find(([own]) => keyText(own) === key)?.[1];
    return part === undefined ? [] : [[part, value]];
  });
  const found = firstMisfit(pairs);
  return found === 'match' && dynamic.length > 0 ? 'unknown' : found;
}

function firstMisfit(pairs: readonly (readonly [Pattern, Term])[]): Fit {
  for (const [pattern, literal] of pairs) {
    const found = fit(pattern, literal);
    if (found !== 'match') return found;
  }
  return 'match';
}

const shapeOf = (term: Term): 'array' | 'object' | undefined => {
  if (itemsOf(term) !== undefined) return 'array';
  return fieldsOf(term) === undefined ? undefined : 'object';
};

const INCOMPATIBLE =
  'incompatible destructuring patterns: both sides must be arrays or objects with matching structure';

function areIncompatible(left: Term, right: Term): boolean {
  const [a, b] = [shapeOf(left), shapeOf(right)];
  return a !== undefined && b !== undefined && a !== b;
}

function requireFit(pattern: Pattern, target: Term, literal: Term): void {
  if (areIncompatible(target, literal)) refuse(target, INCOMPATIBLE);
  const found = fit(pattern, literal);
  if (typeof found === 'object') refuse(found.term, found.text);
}

/** The variables that `left := right` binds. */
export function planAssignment(
  left: Term,
  right: Term,
  context: BindingContext,
): readonly VarTerm[] {
  const pattern = planPattern(left, context, 'shadow', new Set());
  if (!takesApart(pattern)) {
    refuse(left, 'assignment operator := requires left-hand side to have bindable variables');
  }
  const variables = variablesOf(pattern);
  for (const variable of variables) {
    if (context.isBoundInScope(sourceName(variable.name))) usedBefore(variable);
  }
  requireFit(pattern, left, right);
  return variables;
}

/** The variables that `left = right` binds. */
export function planUnification(
  left: Term,
  right: Term,
  context: BindingContext,
): readonly VarTerm[] {
  if (isWildcard(left) || isWildcard(right)) return [];
  const a = planPattern(left, context, 'respect', new Set());
  const b = planPattern(right, context, 'respect', new Set());
  if (takesApart(a) && takesApart(b)) {
    const found: VarTerm[] = [];
    pairUp(left, right, context, new Set(), found);
    return found;
  }
  if (takesApart(a)) {
    requireFit(a, left, right);
    return variablesOf(a);
  }
  if (!takesApart(b)) return [];
  requireFit(b, right, left);
  return variablesOf(b);
}

/** Both sides bind: they are taken apart together. */
function pairUp(
  left: Term,
  right: Term,
  context: BindingContext,
  added: Set<string>,
  found: VarTerm[],
): void {
  const [ofLeft, ofRight] = [new Set(added), new Set(added)];
  const a = planPattern(left, context, 'respect', ofLeft);
  const b = planPattern(right, context, 'respect', ofRight);
  if (!takesApart(a) && !takesApart(b)) return;
  if (areIncompatible(left, right)) refuse(left, INCOMPATIBLE);
  const pairs = itemPairs(left, right) ?? fieldPairs(left, right);
  if (pairs !== undefined) {
    for (const [one, other] of pairs) pairUp(one, other, context, added, found);
    return;
  }
  if (takesApart(a) && takesApart(b)) refuse(left, INCOMPATIBLE);
  const [pattern, names] = takesApart(a) ? [a, ofLeft] : [b, ofRight];
  for (const name of names) added.add(name);
  found.push(...variablesOf(pattern));
}

type Pairs = readonly (readonly [Term, Term])[];

function itemPairs(left: Term, right: Term): Pairs | undefined {
  const [a, b] = [itemsOf(left), itemsOf(right)];
  if (a === undefined || b === undefined) return undefined;
  if (a.length !== b.length) refuse(left, 'mismatch in number of array elements');
  return a.map((item, i) => [item, b[i] ?? item]);
}

/** Fields by their literal keys; undefined when a key is no literal. */
function fieldPairs(left: Term, right: Term): Pairs | undefined {
  const [a, b] = [fieldsOf(left), fieldsOf(right)];
  if (a === undefined || b === undefined) return undefined;
  const targets = new Map<string, Term>();
  for (const { key, value } of a) {
    const literal = literalKey(key);
    if (literal === undefined) return undefined;
    targets.set(keyText(literal), value);
  }
  const pairs: (readonly [Term, Term])[] = [];
  let missing: { readonly key: string; readonly term: Term } | undefined;
  for (const { key, value } of b) {
    const literal = literalKey(key);
    if (literal === undefined) return undefined;
    const target = targets.get(keyText(literal));
    if (target !== undefined) pairs.push([target, value]);
    else missing ??= { key: keyText(literal), term: key };
  }
  if (b.length !== targets.size) {
    const counts = `left has ${String(targets.size)} fields, right has ${String(b.length)} fields`;
    refuse(left, `object field count mismatch in assignment: ${counts}`);
  }
  if (missing !== undefined) {
    const text = `key "${missing.key}" not found in left-hand side object during destructuring`;
    refuse(missing.term, text);
  }
  return pairs;
}

/** Names in a pattern of `some .. in` or a parameter that are bound already are refused. */
function requireNew(term: Term, added: ReadonlySet<string>, context: BindingContext): void {
  if (term.kind === 'var') {
    const name = sourceName(term.name);
    if (name === '_' || isRoot(term) || name === 'input' || name === 'data') return;
    if (!added.has(name) && !context.isUnbound(name, 'respect')) usedBefore(term);
    return;
  }
  const parts =
    term.kind === 'set' ? term.items : (itemsOf(term) ?? fieldsOf(term)?.map(({ value }) => value));
  for (const part of parts ?? []) requireNew(part, added, context);
}

/** The variables that `some key, value in domain` binds. */
export function planSomeIn(
  key: Term | undefined,
  value: Term,
  domain: Term,
  context: BindingContext,
): readonly VarTerm[] {
  const patterns: Pattern[] = [];
  for (const term of key === undefined ? [value] : [key, value]) {
    const added = new Set<string>();
    patterns.push(planPattern(term, context, 'respect', added));
    requireNew(term, added, context);
  }
  const pattern = patterns.at(-1);
  const items = domain.kind === 'array' || domain.kind === 'constant' ? itemsOf(domain) : undefined;
  if (pattern !== undefined && items !== undefined) requireSomeFit(pattern, items);
  return patterns.flatMap(variablesOf);
}

/** Refused when no element of the literal can match. */
function requireSomeFit(pattern: Pattern, items: readonly Term[]): void {
  const fits = items.map((item) => fit(pattern, item));
  if (fits.some((found) => typeof found === 'string')) return;
  const [first] = fits;
  if (typeof first === 'object') refuse(first.term, first.text);
}

/** The variables that a parameter binds: every name of its pattern. */
export function planParameter(term: Term, context: BindingContext): readonly VarTerm[] {
  const added = new Set<string>();
  const pattern = planPattern(term, context, 'shadow', added);
  requireNew(term, added, context);
  return variablesOf(pattern);
}
