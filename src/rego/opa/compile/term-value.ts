/** The value of a constant term. */
import type { Term } from '../../ast.ts';
import { numberOf, type Value } from '../../value.ts';

/** `undefined` for everything that has to be evaluated. */
export function termValue(term: Term): Value | undefined {
  switch (term.kind) {
    case 'null':
      return null;
    case 'boolean':
    case 'string':
    case 'constant':
      return term.value;
    case 'number':
      return numberOf(term.text, 'decimal');
    default:
      return undefined;
  }
}

/** Only scalars select one member; a composite key is matched like a pattern. */
export const isScalar = (term: Term): boolean =>
  term.kind === 'string' ||
  term.kind === 'number' ||
  term.kind === 'boolean' ||
  term.kind === 'null';
