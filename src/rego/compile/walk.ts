/**
 * Walks of the syntax tree for passes: every term of a rule in the order it is written. A visitor
 * that answers `false` keeps the walk from going into that node.
 */
import type { Body, Else, Literal, Rule, Term, With } from '../ast.ts';

export interface Visitor {
  term?(term: Term): boolean | undefined;
  literal?(literal: Literal): boolean | undefined;
  with?(modifier: With): boolean | undefined;
}

export function walkTerms(terms: Iterable<Term>, visitor: Visitor): void {
  for (const term of terms) walkTerm(term, visitor);
}

export function walkTerm(term: Term, visitor: Visitor): void {
  if (visitor.term?.(term) === false) return;
  switch (term.kind) {
    case 'ref':
      walkTerm(term.head, visitor);
      walkTerms(term.path, visitor);
      return;
    case 'call':
      if (term.callee !== undefined) walkTerm(term.callee, visitor);
      walkTerms(term.args, visitor);
      return;
    case 'comprehension':
      if (term.key !== undefined) walkTerm(term.key, visitor);
      walkTerm(term.value, visitor);
      walkBody(term.body, visitor);
      return;
    case 'template':
      for (const part of term.parts) if (typeof part !== 'string') walkLiteral(part, visitor);
      return;
    default:
      walkTerms(partsOf(term), visitor);
  }
}

/** The terms a collection is written with; nothing for everything else. */
export function partsOf(term: Term): readonly Term[] {
  switch (term.kind) {
    case 'array':
    case 'set':
      return term.items;
    case 'object':
      return term.keys.flatMap((key, i) => {
        const value = term.values[i];
        return value === undefined ? [key] : [key, value];
      });
    case 'unary':
      return [term.operand];
    default:
      return [];
  }
}

export function walkBody(body: Body, visitor: Visitor): void {
  for (const literal of body) walkLiteral(literal, visitor);
}

export function walkLiteral(literal: Literal, visitor: Visitor): void {
  if (visitor.literal?.(literal) === false) return;
  switch (literal.kind) {
    case 'expr':
      walkTerm(literal.term, visitor);
      break;
    case 'some':
      walkTerms(literal.vars, visitor);
      break;
    case 'some-in':
      if (literal.key !== undefined) walkTerm(literal.key, visitor);
      walkTerm(literal.value, visitor);
      walkTerm(literal.domain, visitor);
      break;
    case 'every':
      if (literal.key !== undefined) walkTerm(literal.key, visitor);
      walkTerm(literal.value, visitor);
      walkTerm(literal.domain, visitor);
      walkBody(literal.body, visitor);
      break;
    case 'not-body':
      walkBody(literal.body, visitor);
  }
  for (const modifier of literal.with) {
    if (visitor.with?.(modifier) === false) continue;
    walkTerm(modifier.target, visitor);
    walkTerm(modifier.value, visitor);
  }
}

/** Head (path, arguments, key, value), body and every else branch. */
export function walkRule(rule: Rule, visitor: Visitor): void {
  const { head } = rule;
  walkTerms(head.path, visitor);
  if (head.args !== undefined) walkTerms(head.args, visitor);
  if (head.key !== undefined) walkTerm(head.key, visitor);
  if (head.value !== undefined) walkTerm(head.value, visitor);
  if (rule.body !== undefined) walkBody(rule.body, visitor);
  for (const branch of elseChain(rule)) {
    if (branch.value !== undefined) walkTerm(branch.value, visitor);
    if (branch.body !== undefined) walkBody(branch.body, visitor);
  }
}

export function* elseChain(rule: Rule): Generator<Else> {
  for (let branch = rule.else; branch !== undefined; branch = branch.else) yield branch;
}
