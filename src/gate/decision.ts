/** The gate's answer to one request, complete: what was sent, why, and by which policy. */
import type { Json } from '#wire';
import type { PatchOperation } from './json-patch.ts';
import type { Provenance } from './provenance.ts';

export type Verdict = 'allow' | 'deny' | 'fault';

/** google.rpc.Code numbers the gate uses. */
export const GateCode = { OK: 0, PERMISSION_DENIED: 7, INTERNAL: 13 } as const;

export interface Decision {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Counts from 1 per agent; decisions are made one at a time. */
  readonly sequence: number;
  readonly endpoint: string;
  /** The document the policy saw. Holds secrets: see the decision log's masking. */
  readonly input: Json;
  readonly verdict: Verdict;
  readonly code: number;
  readonly codeName: 'OK' | 'PERMISSION_DENIED' | 'INTERNAL';
  /** The sentence, unquoted; empty when allowed. */
  readonly reason: string;
  /** As the agent sends it: the sentence in Rust's quotes; empty when allowed. */
  readonly message: string;
  readonly prints: readonly string[];
  /** What the rule answered; undefined when it was undefined or failed. */
  readonly result: Json | undefined;
  /** Applied to the state, when the rule asked for it and it was allowed. */
  readonly ops: readonly PatchOperation[] | undefined;
  /** True when only AllowRequestsFailingPolicy let it through. */
  readonly ignoredFailure: boolean;
  /** True when our own bound ended the evaluation. */
  readonly overBudget: boolean;
  readonly policy: Provenance;
  readonly evaluationNs: number;
}
