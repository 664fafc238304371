/** Which variables of a term regorus' scheduler takes for assigned, iterated or used. */
import { at } from '../at.ts';
import type { Literal, Term, VarTerm } from '../ast.ts';
import { isRoot } from './vars.ts';

type Visit = (variable: VarTerm) => void;

/** Variables through arrays and objects, keys included: what `=` may bind. */
export function eachAssigned(term: Term, visit: Visit): void {
  switch (term.kind) {
    case 'var':
      if (!isRoot(term)) visit(term);
      return;
    case 'array':
      for (const item of term.items) eachAssigned(item, visit);
      return;
    case 'object':
      term.keys.forEach((key, i) => {
        eachAssigned(key, visit);
        eachAssigned(at(term.values, i), visit);
      });
      return;
    default:
  }
}

export function assignedVars(term: Term): readonly VarTerm[] {
  const variables: VarTerm[] = [];
  eachAssigned(term, (variable) => variables.push(variable));
  return variables;
}

/** Variables in operands of references, closures left out. */
export function eachIndex(term: Term, visit: Visit): void {
  switch (term.kind) {
    case 'ref':
      for (const part of term.path) eachAssigned(part, visit);
      eachIndex(term.head, visit);
      for (const part of term.path) eachIndex(part, visit);
      return;
    case 'call':
      for (const arg of term.args) eachIndex(arg, visit);
      return;
    case 'unary':
      eachIndex(term.operand, visit);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) eachIndex(item, visit);
      return;
    case 'object':
      for (const key of term.keys) eachIndex(key, visit);
      for (const value of term.values) eachIndex(value, visit);
      return;
    default:
  }
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
      eachAssigned(part, (variable) => {
        visitor.index(variable, i === 0 ? term.head : { ...term, path: term.path.slice(0, i) });
      });
    });
  }
  if (term.kind === 'comprehension' && visitor.inside === true) {
    usedVars(term.value, visitor);
    if (term.key !== undefined) usedVars(term.key, visitor);
    for (const literal of term.body) usedInLiteral(literal, visitor);
    return;
  }
  switch (term.kind) {
    case 'ref':
      usedVars(term.head, visitor);
      for (const part of term.path) usedVars(part, visitor);
      return;
    case 'call':
      for (const arg of term.args) usedVars(arg, visitor);
      return;
    case 'unary':
      usedVars(term.operand, visitor);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) usedVars(item, visitor);
      return;
    case 'object':
      term.keys.forEach((key, i) => {
        usedVars(key, visitor);
        usedVars(at(term.values, i), visitor);
      });
      return;
    default:
  }
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
