/** Why an evaluation ended without an answer. Thrown inside the evaluator, an outcome at its door. */
import { regorusError, regorusMessage, regorusPosition, opaPosition } from '../position.ts';
import type { Span } from '../source.ts';

export type FaultCode =
  | 'eval_conflict_error'
  | 'eval_type_error'
  | 'eval_builtin_error'
  | 'eval_with_merge_error'
  | 'eval_cancel_error'
  | 'eval_internal_error'
  /** A bound of ours: steps, memory, depth. */
  | 'eval_limit_error';

export interface FaultPlace {
  readonly span: Span;
  /** Where regorus points; default the start of the span. */
  readonly at?: number;
}

export class EvalFault extends Error {
  override readonly name = 'EvalFault';
  readonly code: FaultCode;
  readonly place: FaultPlace | undefined;
  /** regorus' own text behind the located first line, when it differs from the message. */
  readonly regorusText: string | undefined;

  constructor(code: FaultCode, message: string, place?: FaultPlace, regorusText?: string) {
    super(message);
    this.code = code;
    this.place = place;
    this.regorusText = regorusText;
  }
}

const offsetOf = ({ span, at }: FaultPlace): number => at ?? span.start;

/** OPA's line: `file:row: code: message`. */
export function opaFaultText(fault: EvalFault): string {
  if (fault.place === undefined) return `${fault.code}: ${fault.message}`;
  const { source } = fault.place.span;
  const { row } = opaPosition(source, fault.place.span.start);
  return `${source.name}:${String(row)}: ${fault.code}: ${fault.message}`;
}

/** regorus' located text. */
export function regorusFaultText(fault: EvalFault): string {
  const text = fault.regorusText ?? fault.message;
  if (fault.place === undefined) return text;
  return regorusError(fault.place.span.source, offsetOf(fault.place), text);
}

/** A second place inside a message of regorus. */
export function regorusNote({ span, at }: FaultPlace, kind: string, text: string): string {
  return regorusMessage(span.source, regorusPosition(span.source, at ?? span.start), kind, text);
}
