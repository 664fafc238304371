/** Which variables of a term the guest's scheduler takes for assigned, iterated or used. */
import type { Literal, Term, VarTerm } from '../ast.ts';
import { isRoot } from './vars.ts';

/** Variables through arrays and objects, keys included: what `=` may bind. */
export function assignedVars(term: Term): readonly VarTerm[] {
  switch (term.kind) {
    case 'var':
      return isRoot(term) ? [] : [term];
    case 'array':
      return term.items.flatMap(assignedVars);
    case 'object':
      return term.keys.flatMap((key, i) => [
        ...assignedVars(key),
        ...assignedVars(term.values[i]!),
      ]);
    default:
      return [];
  }
}

const children = (term: Term): readonly Term[] => {
  switch (term.kind) {
    case 'ref':
      return [term.head, ...term.path];
    case 'call':
      return term.args;
    case 'unary':
      return [term.operand];
    case 'array':
    case 'set':
      return term.items;
    case 'object':
      return term.keys.flatMap((key, i) => [key, term.values[i]!]);
    default:
      return [];
  }
};

/** Variables in operands of references, closures left out. */
export function indexVars(term: Term): readonly VarTerm[] {
  const own = term.kind === 'ref' ? term.path.flatMap(assignedVars) : [];
  return [...own, ...children(term).flatMap(indexVars)];
}

interface Visitor {
  variable(variable: VarTerm): void;
  /** A variable in an operand of a reference, with what it indexes. */
  index(variable: VarTerm, of: Term): void;
  /** Go into closures. */
  readonly inside?: boolean;
}

export function usedVars(term: Term, visitor: Visitor): void {
  if (term.kind === 'var') {
    if (!isRoot(term)) visitor.variable(term);
    return;
  }
  if (term.kind === 'ref') {
    term.path.forEach((part, i) => {
      const of: Term = i === 0 ? term.head : { ...term, path: term.path.slice(0, i) };
      for (const variable of assignedVars(part)) visitor.index(variable, of);
    });
  }
  if (term.kind === 'comprehension' && visitor.inside === true) {
    usedVars(term.value, visitor);
    if (term.key !== undefined) usedVars(term.key, visitor);
    for (const literal of term.body) usedInLiteral(literal, visitor);
    return;
  }
  for (const child of children(term)) usedVars(child, visitor);
}

function usedInLiteral(literal: Literal, visitor: Visitor): void {
  for (const { value } of literal.with) usedVars(value, visitor);
  switch (literal.kind) {
    case 'expr':
      usedVars(literal.term, visitor);
      return;
    case 'some-in':
      for (const term of [literal.key, literal.value, literal.domain]) {
        if (term !== undefined) usedVars(term, visitor);
      }
      return;
    case 'every':
      usedVars(literal.domain, visitor);
      for (const inner of literal.body) usedInLiteral(inner, visitor);
      return;
    default:
  }
}
