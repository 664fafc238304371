/**
 * Names of a body as regorus gathers them before it schedules: by name, with the scopes around it.
 * Source: regorus src/query/traversal.rs.
 */
import type { Literal, Term, VarTerm } from '../ast.ts';
import { rowOf } from '../position.ts';
import type { Span } from '../source.ts';

export class NameScope {
  /** Declared in this body, and where. */
  readonly locals = new Map<string, Span>();
  /** Merely met where something is bound or iterated. */
  readonly unscoped = new Set<string>();
  /** Of the scopes around. */
  readonly inputs = new Set<string>();

  has(name: string): boolean {
    return this.locals.has(name) || this.unscoped.has(name);
  }

  clone(): NameScope {
    const copy = new NameScope();
    for (const [name, span] of this.locals) copy.locals.set(name, span);
    for (const name of this.unscoped) copy.unscoped.add(name);
    for (const name of this.inputs) copy.inputs.add(name);
    return copy;
  }
}

type Outer = readonly NameScope[];

const RESERVED: ReadonlySet<string> = new Set(['_', 'input', 'data']);

const rowOfSpan = ({ source, start }: Span): number => rowOf(source, start);

function exists({ name, span }: VarTerm, outer: Outer): boolean {
  return outer.some((scope) => {
    const declared = scope.locals.get(name);
    return (
      scope.unscoped.has(name) || (declared !== undefined && rowOfSpan(declared) <= rowOfSpan(span))
    );
  });
}

/** Calls `visit` for a term and what is in it, from the outside in, while it says so; not for closures' parts. */
export function traverse(term: Term, visit: (term: Term) => boolean): void {
  if (!visit(term)) return;
  switch (term.kind) {
    case 'ref':
      traverse(term.head, visit);
      for (const part of term.path) traverse(part, visit);
      return;
    case 'call':
      for (const arg of term.args) traverse(arg, visit);
      return;
    case 'unary':
      traverse(term.operand, visit);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) traverse(item, visit);
      return;
    case 'object':
      term.keys.forEach((key, i) => {
        traverse(key, visit);
        const value = term.values[i];
        if (value !== undefined) traverse(value, visit);
      });
      return;
    default:
  }
}

/** Variables through arrays and objects, keys included. */
export function eachPatternVariable(term: Term, visit: (variable: VarTerm) => void): void {
  traverse(term, (inner) => {
    if (inner.kind === 'var') visit(inner);
    return inner.kind === 'array' || inner.kind === 'object';
  });
}

export function gatherAssigned(
  term: Term,
  canShadow: boolean,
  outer: Outer,
  scope: NameScope,
): void {
  eachPatternVariable(term, (variable) => {
    const { name, span } = variable;
    if (RESERVED.has(name)) return;
    if (canShadow) scope.locals.set(name, span);
    else if (exists(variable, outer)) scope.inputs.add(name);
    else scope.unscoped.add(name);
  });
}

function gatherInputs(term: Term, outer: Outer, scope: NameScope): void {
  traverse(term, (inner) => {
    if (inner.kind !== 'var') return true;
    const { name } = inner;
    if (name !== 'input' && !scope.unscoped.has(name) && exists(inner, outer)) {
      scope.inputs.add(name);
    }
    return false;
  });
}

function gatherLoops(term: Term, outer: Outer, scope: NameScope): void {
  traverse(term, (inner) => {
    if (inner.kind === 'ref') {
      // The last operand is the outermost one.
      for (const part of inner.path.toReversed()) gatherAssigned(part, false, outer, scope);
    }
    return inner.kind !== 'var' || inner.name !== 'input';
  });
}

function gatherUses(term: Term, outer: Outer, scope: NameScope): void {
  gatherInputs(term, outer, scope);
  gatherLoops(term, outer, scope);
}

function gather(term: Term, canShadow: boolean, outer: Outer, scope: NameScope): void {
  gatherAssigned(term, canShadow, outer, scope);
  gatherUses(term, outer, scope);
}

function gatherLiteral(
  literal: Literal,
  output: Term | undefined,
  outer: Outer,
  scope: NameScope,
): void {
  switch (literal.kind) {
    case 'some':
      for (const { name, span } of literal.vars) scope.locals.set(name, span);
      return;
    case 'some-in':
      if (literal.key !== undefined) gather(literal.key, true, outer, scope);
      gather(literal.value, true, outer, scope);
      gatherUses(literal.domain, outer, scope);
      return;
    case 'every':
      gatherUses(literal.domain, outer, scope);
      return;
    case 'expr': {
      const { term } = literal;
      const isAssign = term.kind === 'call' && (term.infix === ':=' || term.infix === '=');
      const [left, right] = isAssign ? term.args : [];
      if (isAssign && left !== undefined && right !== undefined) {
        gatherAssigned(left, term.infix === ':=', outer, scope);
        gatherAssigned(right, false, outer, scope);
      }
      gatherUses(term, outer, scope);
      if (output !== undefined) gather(output, false, outer, scope);
      return;
    }
    case 'not-body':
  }
}

/** The names of a body; `heads` are evaluated after it, `outputOf` is the operand that a call binds. */
export function gatherBody(
  body: readonly Literal[],
  heads: readonly Term[],
  outer: Outer,
  outputOf: (term: Term) => Term | undefined,
): NameScope {
  const scope = new NameScope();
  for (const literal of body) {
    for (const { value } of literal.with) gatherUses(value, outer, scope);
    gatherLiteral(
      literal,
      literal.kind === 'expr' ? outputOf(literal.term) : undefined,
      outer,
      scope,
    );
  }
  for (const head of heads) gather(head, false, outer, scope);
  for (const name of scope.locals.keys()) {
    scope.inputs.delete(name);
    scope.unscoped.delete(name);
  }
  return scope;
}
