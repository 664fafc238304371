/**
 * What a literal can bind when it runs with some variables already bound (OPA's output analysis):
 * references bind their unbound operands, `=` binds patterns opposite to a known side, a call binds
 * an operand beyond its declared ones. Negations, comparisons and closures bind nothing of their own.
 */
import type { CallTerm, Literal, Term } from '../../ast.ts';
import { keyOf } from '../../order.ts';
import { isArray, RegoObject } from '../../value.ts';
import type { Arity } from '../../compile/arity.ts';
import { termText } from '../../compile/term-text.ts';
import { termValue } from './term-value.ts';
import { isRoot } from '../../compile/vars.ts';
import { walkTerm, walkTerms } from '../../compile/walk.ts';

/** Names known to be bound. */
export interface Known {
  has(name: string): boolean;
}

/** What is bound at some place: what was bound before, and what came on top of it. */
export class Bound implements Known {
  readonly #before: Known;
  readonly added = new Set<string>();

  constructor(before: Known) {
    this.#before = before;
  }

  has(name: string): boolean {
    return this.added.has(name) || this.#before.has(name);
  }

  add(name: string): void {
    if (!this.has(name)) this.added.add(name);
  }
}

/** Everything the term mentions is bound; closures and template strings look after themselves. */
function isBound(term: Term, bound: Known): boolean {
  let all = true;
  walkTerm(term, {
    term(inner) {
      if (inner.kind === 'comprehension' || inner.kind === 'template') return false;
      if (inner.kind === 'call') {
        walkTerms(inner.args, this);
        return false;
      }
      if (inner.kind === 'var' && !isRoot(inner)) all &&= bound.has(inner.name);
      return all;
    },
  });
  return all;
}

/** Variables in pattern position: also wildcards, and through arrays and objects. */
function bindPattern(term: Term, bound: Bound): void {
  switch (term.kind) {
    case 'var':
      bound.add(term.name);
      return;
    case 'array':
      for (const item of term.items) bindPattern(item, bound);
      return;
    case 'object':
      for (const value of term.values) bindPattern(value, bound);
      return;
    default:
  }
}

/** Adds what references inside a term bind. */
function bindRefs(term: Term, bound: Bound): void {
  switch (term.kind) {
    case 'ref': {
      bindRefs(term.head, bound);
      if (!isBound(term.head, bound)) return;
      for (const part of term.path) {
        bindRefs(part, bound);
        bindPattern(part, bound);
      }
      return;
    }
    case 'call':
      for (const arg of term.args) bindRefs(arg, bound);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) bindRefs(item, bound);
      return;
    case 'object':
      for (const key of term.keys) bindRefs(key, bound);
      for (const value of term.values) bindRefs(value, bound);
      return;
    case 'unary':
      bindRefs(term.operand, bound);
      return;
    default:
  }
}

/**
 * A negation binds nothing of its own, but OPA takes the calls inside its operands out of it, to
 * literals in front: `not count(input.xs[_]) > 1` asks for an element of which that does not hold.
 * Source: OPA v1/ast/compile.go, rewriteExprTerms, which runs before the safety check.
 */
function bindNegated(term: Term, bound: Bound): void {
  for (const part of partsOf(term)) {
    if (part.kind === 'call' || part.kind === 'unary') bindRefs(part, bound);
    else bindNegated(part, bound);
  }
}

function partsOf(term: Term): readonly Term[] {
  switch (term.kind) {
    case 'ref':
      return [term.head, ...term.path];
    case 'call':
      return term.args;
    case 'array':
    case 'set':
      return term.items;
    case 'object':
      return [...term.keys, ...term.values];
    case 'unary':
      return [term.operand];
    default:
      return [];
  }
}

/** Unification: whichever side is known binds the pattern opposite, part by part. */
function bindUnify(a: Term, b: Term, bound: Bound): void {
  if (isBound(a, bound)) {
    if (canMatch(b, a)) bindPattern(b, bound);
  } else if (isBound(b, bound)) {
    if (canMatch(a, b)) bindPattern(a, bound);
  } else if (a.kind === 'array' && b.kind === 'array') {
    a.items.forEach((item, i) => {
      const other = b.items[i];
      if (other !== undefined) bindUnify(item, other, bound);
    });
  } else if (a.kind === 'object' && b.kind === 'object') {
    bindMembers(a, b, bound);
  }
}

/**
 * A pattern that cannot match what it is compared with binds nothing: `[x] = [1, 2]`, `[x] = 1`. What
 * has to be evaluated may turn out to match.
 */
function canMatch(pattern: Term, known: Term): boolean {
  if (EVALUATED.has(known.kind)) return true;
  if (pattern.kind === 'array') {
    const items = itemsOf(known);
    return (
      items?.length === pattern.items.length &&
      pattern.items.every((item, i) => canMatch(item, items[i] ?? item))
    );
  }
  if (pattern.kind !== 'object') return true;
  const members = membersOf(known);
  return (
    members?.size === pattern.keys.length &&
    pattern.keys.every((key, i) => {
      const value = pattern.values[i];
      const member = members.get(identity(key));
      return value !== undefined && member !== undefined && canMatch(value, member);
    })
  );
}

const EVALUATED: ReadonlySet<Term['kind']> = new Set([
  'var',
  'ref',
  'call',
  'unary',
  'comprehension',
  'template',
] as const);

/** The items of an array as written, or of a constant one. */
function itemsOf(term: Term): readonly Term[] | undefined {
  if (term.kind === 'array') return term.items;
  if (term.kind !== 'constant' || !isArray(term.value)) return undefined;
  return term.value.map((value) => ({ ...term, value }));
}

/** What tells a key from others before anything is evaluated: its value, or how it is written. */
function identity(key: Term): string {
  const value = termValue(key);
  return value === undefined ? (key.kind === 'var' ? key.name : termText(key)) : keyOf(value);
}

function membersOf(term: Term): ReadonlyMap<string, Term> | undefined {
  const members = new Map<string, Term>();
  if (term.kind === 'object') {
    term.keys.forEach((key, i) => {
      const value = term.values[i];
      if (value !== undefined) members.set(identity(key), value);
    });
    return members;
  }
  if (term.kind !== 'constant' || !(term.value instanceof RegoObject)) return undefined;
  for (const [key, value] of term.value.entries()) members.set(keyOf(key), { ...term, value });
  return members;
}

/** Members are matched by key. */
function bindMembers(
  a: Extract<Term, { kind: 'object' }>,
  b: Extract<Term, { kind: 'object' }>,
  bound: Bound,
): void {
  const others = membersOf(b);
  a.keys.forEach((key, i) => {
    const own = a.values[i];
    const other = others?.get(identity(key));
    if (own !== undefined && other !== undefined) bindUnify(own, other, bound);
  });
}

function bindCall(term: CallTerm, bound: Bound, arity: Arity): void {
  const declared = arity(term.name);
  const last = term.args.at(-1);
  if (declared === undefined || last === undefined || term.args.length !== declared + 1) return;
  if (term.args.slice(0, -1).every((arg) => isBound(arg, bound))) bindPattern(last, bound);
}

/** The variables bound after the literal has run. `before` is not changed. */
export function boundAfter(literal: Literal, before: Known, arity: Arity): Bound {
  const bound = new Bound(before);
  // Values of modifiers are evaluated in front of the literal, so references in them iterate.
  for (const { value } of literal.with) bindRefs(value, bound);
  switch (literal.kind) {
    case 'some-in':
      bindRefs(literal.domain, bound);
      if (!isBound(literal.domain, bound)) return bound;
      for (const pattern of [literal.key, literal.value]) {
        if (pattern !== undefined) bindPattern(pattern, bound);
      }
      return bound;
    case 'every':
      bindRefs(literal.domain, bound);
      return bound;
    case 'expr':
      break;
    default:
      return bound;
  }
  const { term } = literal;
  if (literal.negated) {
    bindNegated(term, bound);
    return bound;
  }
  bindRefs(term, bound);
  if (term.kind !== 'call') return bound;
  const [a, b] = term.args;
  if (term.infix === ':=' && a !== undefined && b !== undefined) {
    if (isBound(b, bound)) bindPattern(a, bound);
  } else if (term.infix === '=' && a !== undefined && b !== undefined) {
    // Two rounds: what one part binds may make another part known.
    bindUnify(a, b, bound);
    bindUnify(a, b, bound);
  } else {
    bindCall(term, bound, arity);
  }
  return bound;
}
