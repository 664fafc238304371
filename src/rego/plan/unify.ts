/**
 * `=`: decided part by part which side is known. After ordering there always is one, except in the
 * regorus, where a variable that nothing binds reads as undefined.
 */
import { at } from '../at.ts';
import type { Term } from '../ast.ts';
import { planRegorusUnify } from './regorus-unify.ts';
import type { Planner } from './planner.ts';

type Pair = readonly [Term, Term];

export function planUnify(p: Planner, a: Term, b: Term): void {
  if (p.traits.unification === 'in-order') {
    planRegorusUnify(p, a, b);
    return;
  }
  let waiting: readonly Pair[] = [[a, b]];
  while (waiting.length > 0) {
    const next: Pair[] = [];
    let progress = false;
    for (const [left, right] of waiting) {
      const parts = unifyKnown(p, left, right);
      if (parts === 'done') {
        progress = true;
      } else if (parts === undefined) {
        next.push([left, right]);
      } else {
        progress = true;
        next.push(...parts);
      }
    }
    if (!progress) {
      for (const [left, right] of next) match(p, left, right);
      return;
    }
    waiting = next;
  }
}

/** Plans a pair one side of which is known, splits a pair of composites, or waits. */
function unifyKnown(p: Planner, a: Term, b: Term): 'done' | readonly Pair[] | undefined {
  if (isReady(p, b)) {
    match(p, a, b);
    return 'done';
  }
  if (isReady(p, a)) {
    match(p, b, a);
    return 'done';
  }
  if (a.kind === 'array' && b.kind === 'array') {
    if (a.items.length !== b.items.length) return never(p, a);
    return a.items.map((item, i): Pair => [item, at(b.items, i)]);
  }
  if (a.kind === 'object' && b.kind === 'object') {
    if (a.keys.length !== b.keys.length) return never(p, a);
    return objectPairs(a, b);
  }
  return undefined;
}

/** Pairs the values of equal literal keys; other keys are compared in order. */
function objectPairs(
  a: Extract<Term, { kind: 'object' }>,
  b: Extract<Term, { kind: 'object' }>,
): readonly Pair[] {
  return a.keys.flatMap((key, i): readonly Pair[] => {
    const same = b.keys.findIndex(
      (other) => key.kind === 'string' && other.kind === 'string' && key.value === other.value,
    );
    const value = at(a.values, i);
    if (same >= 0) return [[value, at(b.values, same)]];
    return [
      [key, at(b.keys, i)],
      [value, at(b.values, i)],
    ];
  });
}

/** Known, and not a pattern that would rather bind: a reference with unbound operands iterates. */
const isReady = (p: Planner, term: Term): boolean =>
  term.kind === 'ref' || term.kind === 'call' || term.kind === 'comprehension'
    ? isReadyReference(p, term)
    : p.isKnown(term);

function isReadyReference(p: Planner, term: Term): boolean {
  if (term.kind !== 'ref') return true;
  return term.head.kind !== 'var' || p.isKnown(term.head) || isGlobal(term.head.name);
}

const isGlobal = (name: string): boolean => name === 'data' || name === 'input';

function match(p: Planner, target: Term, source: Term): void {
  const expr = p.term(source);
  if (p.isKnown(target)) {
    const left = p.term(target);
    const { span, at } = left;
    p.emit({ op: 'test', expr: { op: 'compare', operator: '==', left, right: expr, span, at } });
    return;
  }
  const pattern = p.pattern(target);
  if (pattern.match === 'bind')
    p.emit({ op: 'bind', slot: pattern.slot, name: pattern.name, expr });
  else p.emit({ op: 'match', pattern, expr });
}

function never(p: Planner, term: Term): readonly Pair[] {
  const { span } = term;
  p.emit({ op: 'test', expr: { op: 'const', value: false, span, at: span.start } });
  return [];
}
