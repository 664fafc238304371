/** What comes of a query. Prints, rows and explanations are worked out when somebody reads them. */
import type { Evaluation } from './eval/evaluation.ts';
import type { FaultCode } from './eval/fault.ts';
import { renderPrints } from './eval/prints.ts';
import type { Explanation } from './explain.ts';
import type { Profile } from './profile.ts';
import type { Diagnostic } from './source.ts';
import type { TraceEvent } from './trace.ts';
import type { Value } from './value.ts';
import type { Watch } from './watch.ts';

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

interface OutcomeDetails {
  /** Rendered when first read. */
  readonly prints: readonly string[];
  readonly metrics: QueryMetrics;
  /** Present when asked for. */
  readonly explanation?: Explanation;
  readonly trace?: readonly TraceEvent[];
}

export type FaultPhase =
  /** regorus' preparation, at the first evaluation of a policy. */
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

export type QueryOutcome = Answer & OutcomeDetails;

/** What the parts of an outcome are made from. */
export interface OutcomeSource {
  readonly profile: Profile;
  readonly ev: Evaluation | undefined;
  readonly watch: Watch;
  readonly startedMs: number;
}

const NO_PRINTS: readonly string[] = [];

class OutcomeBase {
  readonly #source: OutcomeSource;
  readonly #evalMs: number;
  #prints: readonly string[] | undefined;

  constructor(source: OutcomeSource) {
    this.#source = source;
    this.#evalMs = performance.now() - source.startedMs;
  }

  /** Hundreds of prints per request, and only a denial shows them. */
  get prints(): readonly string[] {
    const { ev, profile } = this.#source;
    if (ev === undefined || ev.prints.length === 0) return NO_PRINTS;
    return (this.#prints ??= renderPrints(ev.prints, profile));
  }

  get metrics(): QueryMetrics {
    return { steps: this.#source.ev?.steps ?? 0, evalNs: Math.round(this.#evalMs * 1e6) };
  }

  get explanation(): Explanation | undefined {
    return this.#source.watch.explain?.explanation();
  }

  get trace(): readonly TraceEvent[] | undefined {
    return this.#source.watch.trace?.events;
  }
}

class ValueOutcome extends OutcomeBase {
  readonly kind = 'value';
  readonly value: Value;
  readonly #rows: readonly Row[] | undefined;

  constructor(value: Value, rows: readonly Row[] | undefined, source: OutcomeSource) {
    super(source);
    this.value = value;
    this.#rows = rows;
  }

  get rows(): readonly Row[] {
    return this.#rows ?? [{ expressions: [this.value], bindings: {} }];
  }
}

class UndefinedOutcome extends OutcomeBase {
  readonly kind = 'undefined';
}

type Fault = Extract<Answer, { kind: 'fault' }>;

class FaultOutcome extends OutcomeBase {
  readonly kind = 'fault';
  readonly phase: FaultPhase;
  readonly code: Fault['code'];
  readonly message: string;
  readonly diagnostic: Diagnostic | undefined;

  constructor({ phase, code, message, diagnostic }: Omit<Fault, 'kind'>, source: OutcomeSource) {
    super(source);
    this.phase = phase;
    this.code = code;
    this.message = message;
    this.diagnostic = diagnostic;
  }
}

/** `rows` absent: the one row that a path has. */
export function valueOutcome(
  value: Value | undefined,
  rows: readonly Row[] | undefined,
  source: OutcomeSource,
): QueryOutcome {
  const outcome =
    value === undefined ? new UndefinedOutcome(source) : new ValueOutcome(value, rows, source);
  // The getters give `undefined` for what was not asked for, which is how an absent key reads.
  return outcome as QueryOutcome;
}

export const faultOutcome = (fault: Omit<Fault, 'kind'>, source: OutcomeSource): QueryOutcome =>
  new FaultOutcome(fault, source) as QueryOutcome;
