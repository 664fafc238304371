/** What comes of a query. */
import type { Explanation } from './explain.ts';
import type { TraceEvent } from './trace.ts';
import type { Value } from './value.ts';
import type { Diagnostic } from './source.ts';
import type { FaultCode } from './eval/fault.ts';

export interface Row {
  /** One value per literal of the query, in source order. */
  readonly expressions: readonly Value[];
  readonly bindings: Readonly<Record<string, Value>>;
}

export interface QueryMetrics {
  /** Loop turns and calls. */
  readonly steps: number;
  readonly evalNs: number;
}

interface Told {
  /** Rendered when first read. */
  readonly prints: readonly string[];
  readonly metrics: QueryMetrics;
  /** Present when asked for. */
  readonly explanation?: Explanation;
  readonly trace?: readonly TraceEvent[];
}

export type FaultPhase =
  /** The guest's preparation, at the first evaluation of a policy. */
  'prepare' | 'query' | 'input' | 'data' | 'eval';

export type Answer =
  | {
      readonly kind: 'value';
      /** First expression of the first row. */
      readonly value: Value;
      readonly rows: readonly Row[];
    }
  | { readonly kind: 'undefined' }
  | {
      readonly kind: 'fault';
      readonly phase: FaultPhase;
      readonly code: FaultCode | Diagnostic['code'] | 'REGO_JSON' | 'REGO_BAD_VALUE';
      /** The engine's own text, located. */
      readonly message: string;
      /** Where, when the fault has a place in the policy. */
      readonly diagnostic: Diagnostic | undefined;
    };

export type QueryOutcome = Answer & Told;
