/**
 * The state of one query: documents, caches, prints, budget. Compiled closures get it as their first
 * argument, so that a policy can be evaluated by many at once.
 */
import type { BuiltinContext } from '../builtins/registry.ts';
import type { PlanExpr } from '../plan/plan.ts';
import type { Profile } from '../profile.ts';
import type { Value } from '../value.ts';
import type { ResolvedRule } from '../compile/policy.ts';
import { EvalFault } from './fault.ts';
import type { Observer } from './observer.ts';
import type { WhatIf } from './what-if.ts';

/** A rule or function of the policy as the evaluator calls it. */
export type FunctionTarget = (
  ev: Evaluation,
  args: readonly (Value | undefined)[],
) => Value | undefined;

/** What `with` put in the place of a function. */
export type Replacement =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'function'; readonly name: string };

/** What was found for rules under the documents in force. */
export interface Caches {
  /** By group id; `undefined` is not evaluated yet. */
  readonly groups: unknown[];
  /** Whole documents by node. */
  documents: Map<unknown, unknown> | undefined;
  /** Function results by group and operands. */
  calls: Map<string, unknown> | undefined;
  /** Constant rules read while regorus evaluates the values of `with`. */
  touched: Set<number> | undefined;
  /** Constant rules that regorus has lost by that. */
  lost: ReadonlySet<number> | undefined;
}

/** A print whose text is made when somebody reads it; values never change. */
export interface PrintRecord {
  readonly call: PlanExpr;
  readonly operands: readonly (Value | undefined)[];
}

export interface EvaluationOptions {
  readonly profile: Profile;
  readonly input: Value | undefined;
  readonly data: Value;
  readonly strict: boolean;
  readonly maxSteps: number;
  readonly maxCharge: number;
  readonly maxDepth: number;
  readonly signal: AbortSignal | undefined;
  readonly nowNs: bigint;
  readonly seed: number;
  readonly runtime: Value | undefined;
  readonly observer: Observer | undefined;
  readonly whatIf?: WhatIf | undefined;
}

export const freshCaches = (): Caches => ({
  groups: [],
  documents: undefined,
  calls: undefined,
  touched: undefined,
  lost: undefined,
});

/** The abort signal and the clock are looked at once in so many steps. */
const CHECK_EVERY = 1024;

export class Evaluation implements BuiltinContext {
  readonly profile: Profile;
  readonly strict: boolean;
  readonly nowNs: bigint;
  readonly seed: number;
  readonly runtime: Value | undefined;
  readonly observer: Observer | undefined;
  readonly whatIf: WhatIf | undefined;
  readonly prints: PrintRecord[] = [];
  input: Value | undefined;
  data: Value;
  caches: Caches = freshCaches();
  replacements: ReadonlyMap<string, Replacement> | undefined;
  /** Paths under `data` that `with` has replaced: the rules there are hidden. */
  overrides: readonly { readonly path: readonly string[] }[] = [];
  /** States around the `with` literals being evaluated, innermost last. */
  readonly outer: unknown[] = [];
  /** Definitions being evaluated, innermost last; regorus names them when it finds a cycle. */
  readonly active: ResolvedRule[] = [];
  /** Package of the rule being evaluated, as regorus knows it. */
  where = '';
  steps = 0;
  charged = 0;
  depth = 0;
  #memo: Map<string, Value> | undefined;
  #nextCheck: number;
  readonly #maxSteps: number;
  readonly #maxCharge: number;
  readonly #maxDepth: number;
  readonly #signal: AbortSignal | undefined;

  constructor(options: EvaluationOptions) {
    this.profile = options.profile;
    this.strict = options.strict;
    this.nowNs = options.nowNs;
    this.seed = options.seed;
    this.runtime = options.runtime;
    this.observer = options.observer;
    this.whatIf = options.whatIf;
    this.input = options.input;
    this.data = options.data;
    this.#maxSteps = options.maxSteps;
    this.#maxCharge = options.maxCharge;
    this.#maxDepth = options.maxDepth;
    this.#signal = options.signal;
    this.#nextCheck = Math.min(CHECK_EVERY, options.maxSteps);
  }

  get memo(): Map<string, Value> {
    return (this.#memo ??= new Map());
  }

  /** Counts one turn of a loop or one call. */
  step(): void {
    if (++this.steps >= this.#nextCheck) this.#check();
  }

  charge(units: number): void {
    this.charged += units;
    if (this.charged > this.#maxCharge) {
      throw new EvalFault(
        'eval_limit_error',
        `evaluation produced more than ${String(this.#maxCharge)} elements`,
      );
    }
  }

  note(text: string): void {
    this.observer?.note?.(text);
  }

  enter(): void {
    this.step();
    if (++this.depth > this.#maxDepth) {
      throw new EvalFault(
        'eval_limit_error',
        `calls are nested deeper than ${String(this.#maxDepth)}`,
      );
    }
  }

  #check(): void {
    if (this.#signal?.aborted === true) {
      throw new EvalFault('eval_cancel_error', 'caller cancelled query execution');
    }
    if (this.steps >= this.#maxSteps) {
      throw new EvalFault(
        'eval_limit_error',
        `evaluation took more than ${String(this.#maxSteps)} steps`,
      );
    }
    this.#nextCheck = Math.min(this.steps + CHECK_EVERY, this.#maxSteps);
  }
}
