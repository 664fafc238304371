/**
 * What a literal can bind when it runs with some variables already bound (OPA's output analysis):
 * references bind their unbound operands, `=` binds patterns opposite to a known side, a call binds
 * an operand beyond its declared ones. Negations, comparisons and closures bind nothing of their own.
 */
import type { CallTerm, Literal, Term } from '../ast.ts';
import { eachVar } from './vars.ts';

/** Declared operand count of a callee, or undefined when it is unknown or variadic. */
export type Arity = (name: string) => number | undefined;

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

function isBound(term: Term, bound: Known): boolean {
  let all = true;
  eachVar(term, ({ name }) => (all &&= bound.has(name)), false);
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
      if (term.head.kind === 'var' && !isBoundHead(term.head, bound)) return;
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

const isBoundHead = (head: Term, bound: Known): boolean =>
  head.kind !== 'var' || head.name === 'data' || head.name === 'input' || bound.has(head.name);

/** Unification: whichever side is known binds the pattern opposite, part by part. */
function bindUnify(a: Term, b: Term, bound: Bound): void {
  if (isBound(a, bound)) {
    bindPattern(b, bound);
  } else if (isBound(b, bound)) {
    bindPattern(a, bound);
  } else if (a.kind === 'array' && b.kind === 'array') {
    a.items.forEach((item, i) => {
      const other = b.items[i];
      if (other !== undefined) bindUnify(item, other, bound);
    });
  } else if (a.kind === 'object' && b.kind === 'object') {
    a.values.forEach((value, i) => {
      const other = b.values[i];
      if (other !== undefined) bindUnify(value, other, bound);
    });
  }
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
  switch (literal.kind) {
    case 'some-in':
      bindRefs(literal.domain, bound);
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
  if (literal.negated) return bound;
  const { term } = literal;
  bindRefs(term, bound);
  if (term.kind !== 'call') return bound;
  const [a, b] = term.args;
  if (term.infix === ':=' && a !== undefined) {
    bindPattern(a, bound);
  } else if (term.infix === '=' && a !== undefined && b !== undefined) {
    // Two rounds: what one part binds may make another part known.
    bindUnify(a, b, bound);
    bindUnify(a, b, bound);
  } else {
    bindCall(term, bound, arity);
  }
  return bound;
}
