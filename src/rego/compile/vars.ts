/** Variables of resolved terms and literals. Globals are references on `data` and `input`. */
import { at } from '../at.ts';
import type { Body, CallTerm, ComprehensionTerm, Literal, Term, VarTerm } from '../ast.ts';
import { mapSame } from './same.ts';

export const isRoot = (term: Term): boolean =>
  term.kind === 'var' && (term.name === 'data' || term.name === 'input');

/** Calls `visit` for every local in a term, in source order; closures too unless `closures` is false. */
export function eachVar(term: Term, visit: (variable: VarTerm) => void, closures = true): void {
  switch (term.kind) {
    case 'var':
      if (!isRoot(term)) visit(term);
      return;
    case 'ref':
      eachVar(term.head, visit, closures);
      for (const part of term.path) eachVar(part, visit, closures);
      return;
    case 'call':
      for (const arg of term.args) eachVar(arg, visit, closures);
      return;
    case 'unary':
      eachVar(term.operand, visit, closures);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) eachVar(item, visit, closures);
      return;
    case 'object':
      term.keys.forEach((key, i) => {
        eachVar(key, visit, closures);
        eachVar(at(term.values, i), visit, closures);
      });
      return;
    case 'comprehension':
      if (!closures) return;
      if (term.key !== undefined) eachVar(term.key, visit);
      eachVar(term.value, visit);
      eachBodyVar(term.body, visit);
      return;
    case 'template':
      for (const part of term.parts) {
        if (typeof part !== 'string') eachLiteralVar(part, visit, closures);
      }
      return;
    default:
  }
}

export function eachLiteralVar(
  literal: Literal,
  visit: (variable: VarTerm) => void,
  closures = true,
): void {
  switch (literal.kind) {
    case 'expr':
      eachVar(literal.term, visit, closures);
      break;
    case 'some':
      for (const variable of literal.vars) visit(variable);
      break;
    case 'some-in':
      if (literal.key !== undefined) eachVar(literal.key, visit, closures);
      eachVar(literal.value, visit, closures);
      eachVar(literal.domain, visit, closures);
      break;
    case 'every':
      eachVar(literal.domain, visit, closures);
      if (closures) {
        if (literal.key !== undefined) visit(literal.key);
        visit(literal.value);
        eachBodyVar(literal.body, visit);
      }
      break;
    case 'not-body':
      if (closures) eachBodyVar(literal.body, visit);
      break;
  }
  for (const { value } of literal.with) eachVar(value, visit, closures);
}

function eachBodyVar(body: Body, visit: (variable: VarTerm) => void): void {
  for (const literal of body) eachLiteralVar(literal, visit);
}

/** Calls `visit` for every comprehension in a term, not for those within them. */
export function eachClosure(term: Term, visit: (closure: ComprehensionTerm) => void): void {
  switch (term.kind) {
    case 'comprehension':
      visit(term);
      return;
    case 'ref':
      eachClosure(term.head, visit);
      for (const part of term.path) eachClosure(part, visit);
      return;
    case 'call':
      for (const arg of term.args) eachClosure(arg, visit);
      return;
    case 'unary':
      eachClosure(term.operand, visit);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) eachClosure(item, visit);
      return;
    case 'object':
      for (const key of term.keys) eachClosure(key, visit);
      for (const value of term.values) eachClosure(value, visit);
      return;
    case 'template':
      for (const part of term.parts) if (typeof part !== 'string') eachClosure(part.term, visit);
      return;
    default:
  }
}

/** Calls `visit` for every call in a term outside of closures, inner ones first. */
export function eachCall(term: Term, visit: (call: CallTerm) => void): void {
  switch (term.kind) {
    case 'call':
      for (const arg of term.args) eachCall(arg, visit);
      visit(term);
      return;
    case 'ref':
      eachCall(term.head, visit);
      for (const part of term.path) eachCall(part, visit);
      return;
    case 'unary':
      eachCall(term.operand, visit);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) eachCall(item, visit);
      return;
    case 'object':
      for (const key of term.keys) eachCall(key, visit);
      for (const value of term.values) eachCall(value, visit);
      return;
    default:
  }
}

/** A term with every comprehension in it replaced; the same term when there is none. */
export function mapClosures(term: Term, change: (term: ComprehensionTerm) => Term): Term {
  const map = (inner: Term): Term => mapClosures(inner, change);
  switch (term.kind) {
    case 'comprehension':
      return change(term);
    case 'ref': {
      const head = map(term.head);
      const path = mapSame(term.path, map);
      return head === term.head && path === term.path ? term : { ...term, head, path };
    }
    case 'call': {
      const args = mapSame(term.args, map);
      return args === term.args ? term : { ...term, args };
    }
    case 'array':
    case 'set': {
      const items = mapSame(term.items, map);
      return items === term.items ? term : { ...term, items };
    }
    case 'object': {
      const keys = mapSame(term.keys, map);
      const values = mapSame(term.values, map);
      return keys === term.keys && values === term.values ? term : { ...term, keys, values };
    }
    case 'unary':
      return { ...term, operand: map(term.operand) };
    case 'template':
      return {
        ...term,
        parts: term.parts.map((part) =>
          typeof part === 'string' ? part : { ...part, term: map(part.term) },
        ),
      };
    default:
      return term;
  }
}
