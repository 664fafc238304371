/** Where regorus points for a term: past the quote of a string, at an operator. */
import type { Term } from '../ast.ts';

export function regorusOffset(term: Term): number {
  switch (term.kind) {
    case 'string': {
      const c = term.span.source.text.charAt(term.span.start);
      return c === '"' || c === '`' ? term.span.start + 1 : term.span.start;
    }
    case 'ref':
    case 'call':
      return term.at;
    default:
      return term.span.start;
  }
}
