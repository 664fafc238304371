/**
 * What the gate needs from a policy engine: load once, then one answer per request. An engine does no
 * I/O and keeps no state between requests; the state document is handed in each time.
 */
import type { Value } from '#rego';
import type { Json } from '#wire';
import type { KataProfile } from './versions.ts';

/** Past any of these an evaluation ends with an error, never with a verdict. */
export interface Budget {
  readonly timeMs: number;
  /** Steps of the engine, where it counts them: a bound that does not depend on the machine. */
  readonly steps: number;
}

export const DEFAULT_BUDGET: Budget = { timeMs: 5_000, steps: 50_000_000 };

export type EngineAnswer =
  | {
      readonly kind: 'value';
      readonly value: Json;
      /** The same with what JSON cannot hold, sets and keys that are no text, where the engine has them. */
      readonly exact?: Value | undefined;
      readonly prints: readonly string[];
    }
  | { readonly kind: 'undefined'; readonly prints: readonly string[] }
  | {
      readonly kind: 'error';
      /** The engine's whole message, location lines included. */
      readonly text: string;
      readonly prints: readonly string[];
      /** True when a bound of ours ended it, which the real agent does not have. */
      readonly overBudget: boolean;
    };

export interface EngineQuery {
  /** `ExecProcessRequest`, or `AllowRequestsFailingPolicy`. */
  readonly rule: string;
  readonly input: Json;
  /** `{"pstate": {...}}` */
  readonly data: Json;
  readonly budget: Budget;
}

export interface PolicyEngine {
  readonly kind: 'rego' | 'wasm' | 'none';
  evaluate(query: EngineQuery): EngineAnswer;
}

/** After a SetPolicy that did not parse the agent is left with an engine without rules. */
export const emptyEngine: PolicyEngine = {
  kind: 'none',
  evaluate: () => ({ kind: 'undefined', prints: [] }),
};

/** Turns policy text into an engine; throws a located error when it does not parse. */
export type LoadText = (text: string, moduleName: string, kata: KataProfile) => PolicyEngine;
