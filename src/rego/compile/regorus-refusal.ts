/** Ends the preparation of a policy at its first error, as regorus does. */
import { regorusError } from '../position.ts';
import type { Span } from '../source.ts';

export class RegorusRefusal extends Error {
  readonly span: Span;
  readonly regorusText: string;

  constructor(span: Span, offset: number, text: string) {
    super(text);
    this.span = span;
    this.regorusText = regorusError(span.source, offset, text);
  }
}
