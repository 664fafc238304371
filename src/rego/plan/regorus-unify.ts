/**
 * `=` as regorus takes it apart: a side with something unbound is a pattern for the other one; where both
 * have, the parts of arrays and objects meet one by one and run when what they read is bound.
 * Source: regorus src/compiler/destructuring_planner/assignment.rs.
 */
import type { Term } from '../ast.ts';
import { sourceName } from '../compile/policy.ts';
import { eachClosure, eachVar } from '../compile/vars.ts';
import { isWildcard } from './patterns.ts';
import type { Planner } from './planner.ts';

interface Pair {
  readonly pattern: Term;
  readonly value: Term;
}

export function planRegorusUnify(p: Planner, a: Term, b: Term): void {
  if (isWildcard(a) || isWildcard(b)) {
    const other = isWildcard(a) ? b : a;
    if (!isWildcard(other)) p.emit({ op: 'match', pattern: { match: 'any' }, expr: p.term(other) });
    return;
  }
  const [left, right] = [takesApart(p, a, NONE), takesApart(p, b, NONE)];
  if (left && right) {
    const pairs: Pair[] = [];
    pairUp(p, a, b, new Set(), pairs);
    for (const pair of inOrder(p, pairs)) match(p, pair);
  } else if (left || !right) {
    match(p, { pattern: a, value: b });
  } else {
    match(p, { pattern: b, value: a });
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Something in the term is bound or ignored when a value is matched with it. */
function takesApart(p: Planner, term: Term, added: ReadonlySet<string>): boolean {
  switch (term.kind) {
    case 'var':
      if (isWildcard(term)) return true;
      return !p.isBound(term.name) && !added.has(term.name) && !isRoot(term.name);
    case 'array':
      return term.items.some((item) => takesApart(p, item, added));
    case 'object':
      return term.values.some((value) => takesApart(p, value, added));
    default:
      return false;
  }
}

const isRoot = (name: string): boolean => name === 'data' || name === 'input';

function pairUp(p: Planner, a: Term, b: Term, added: Set<string>, pairs: Pair[]): void {
  const [left, right] = [takesApart(p, a, added), takesApart(p, b, added)];
  const parts = left || right ? partsOf(a, b) : undefined;
  if (parts !== undefined) {
    for (const [one, other] of parts) pairUp(p, one, other, added, pairs);
    return;
  }
  const pair = left || !right ? { pattern: a, value: b } : { pattern: b, value: a };
  pairs.push(pair);
  if (left || right) eachVar(pair.pattern, ({ name }) => added.add(name), false);
}

function partsOf(a: Term, b: Term): readonly (readonly [Term, Term])[] | undefined {
  if (a.kind === 'array' && b.kind === 'array') {
    return a.items.map((item, i) => [item, b.items[i] ?? item] as const);
  }
  if (a.kind !== 'object' || b.kind !== 'object') return undefined;
  const keys = [...a.keys, ...b.keys];
  if (keys.some((key) => literalText(key) === undefined)) return undefined;
  return b.keys.flatMap((key, i) => {
    const own = a.keys.findLastIndex((other) => literalText(other) === literalText(key));
    const [mine, other] = [a.values[own], b.values[i]];
    return mine === undefined || other === undefined ? [] : [[mine, other] as const];
  });
}

function literalText(key: Term): string | undefined {
  switch (key.kind) {
    case 'string':
    case 'boolean':
      return JSON.stringify(key.value);
    case 'null':
      return 'null';
    case 'number':
      return String(Number(key.text));
    default:
      return undefined;
  }
}

/** A pair runs when all that its value reads is bound; comprehensions keep all pairs in place. */
function inOrder(p: Planner, pairs: readonly Pair[]): readonly Pair[] {
  const closures: Term[] = [];
  for (const { value } of pairs) eachClosure(value, (term) => void closures.push(term));
  if (closures.length > 0) return pairs;
  const unbound = new Set<string>();
  for (const { pattern } of pairs) {
    eachVar(pattern, ({ name }) => {
      if (!p.isBound(name)) unbound.add(name);
    });
  }
  const waiting = [...pairs];
  const ordered: Pair[] = [];
  while (waiting.length > 0) {
    const at = waiting.findIndex(({ value }) => !mentions(value, unbound));
    if (at < 0) return [...ordered, ...waiting];
    const [pair] = waiting.splice(at, 1);
    if (pair === undefined) break;
    ordered.push(pair);
    eachVar(pair.pattern, ({ name }) => unbound.delete(name));
  }
  return ordered;
}

function mentions(term: Term, names: ReadonlySet<string>): boolean {
  let found = false;
  eachVar(term, ({ name }) => (found ||= names.has(name) && sourceName(name) !== '_'));
  return found;
}

function match(p: Planner, { pattern, value }: Pair): void {
  if (!takesApart(p, pattern, NONE)) {
    const left = p.term(pattern);
    const right = p.term(value);
    const { span, at } = left;
    p.emit({ op: 'test', expr: { op: 'compare', operator: '==', left, right, span, at } });
    return;
  }
  const expr = p.term(value);
  const planned = p.pattern(pattern);
  if (planned.match === 'bind') {
    p.emit({ op: 'bind', slot: planned.slot, name: planned.name, expr });
  } else {
    p.emit({ op: 'match', pattern: planned, expr });
  }
}
