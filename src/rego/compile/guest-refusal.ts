/** Ends the preparation of a policy at its first error, as the guest's engine does. */
import { guestError } from '../position.ts';
import type { Span } from '../source.ts';

export class GuestRefusal extends Error {
  readonly span: Span;
  readonly guestText: string;

  constructor(span: Span, offset: number, text: string) {
    super(text);
    this.span = span;
    this.guestText = guestError(span.source, offset, text);
  }
}
