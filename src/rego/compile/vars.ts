/** Variables of resolved terms and literals. Globals are references on `data` and `input`. */
import type { Body, Literal, Term, VarTerm } from '../ast.ts';

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
        eachVar(term.values[i]!, visit, closures);
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

/** The closures of a term: comprehensions, not those within them. */
export function closuresOf(term: Term): readonly Term[] {
  switch (term.kind) {
    case 'comprehension':
      return [term];
    case 'ref':
      return [term.head, ...term.path].flatMap(closuresOf);
    case 'call':
      return term.args.flatMap(closuresOf);
    case 'unary':
      return closuresOf(term.operand);
    case 'array':
    case 'set':
      return term.items.flatMap(closuresOf);
    case 'object':
      return [...term.keys, ...term.values].flatMap(closuresOf);
    case 'template':
      return term.parts.flatMap((part) => (typeof part === 'string' ? [] : closuresOf(part.term)));
    default:
      return [];
  }
}

/** Rebuilds a term with every comprehension in it replaced. */
export function mapClosures(
  term: Term,
  change: (term: Extract<Term, { kind: 'comprehension' }>) => Term,
): Term {
  const map = (inner: Term): Term => mapClosures(inner, change);
  switch (term.kind) {
    case 'comprehension':
      return change(term);
    case 'ref':
      return { ...term, head: map(term.head), path: term.path.map(map) };
    case 'call':
      return { ...term, args: term.args.map(map) };
    case 'unary':
      return { ...term, operand: map(term.operand) };
    case 'array':
    case 'set':
      return { ...term, items: term.items.map(map) };
    case 'object':
      return { ...term, keys: term.keys.map(map), values: term.values.map(map) };
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
