/**
 * Decisions as OPA's decision-log events, one JSON object each, so that tools made for OPA read them.
 * What OPA has no place for goes under `custom`. Requests hold secrets: masking is on by default.
 * Source: OPA documentation, decision logs.
 */
import { stringifyJson, type Json } from '#wire';
import type { DenialReason, PolicyLine } from './denial.ts';
import { EventMasker, type MaskRule } from './mask.ts';
import type { Decision } from './decision.ts';

interface DecisionLogOptions {
  /** Identify the agent: `id`, `version`, and whatever the user adds. */
  readonly labels: Readonly<Record<string, string>>;
  /** Default: `DEFAULT_MASK`. An empty list logs everything. */
  readonly mask?: readonly MaskRule[];
  /** Where a denial comes from, when someone looked. */
  readonly denial?: DenialReason | undefined;
  /** Who asked, where that is known. */
  readonly requestedBy?: string;
}

type Event = Readonly<Record<string, Json>>;

/** Nanosecond RFC 3339, as OPA writes its timestamps. */
const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000000Z`;

/** The event of one decision. */
export function decisionEvent(decision: Decision, options: DecisionLogOptions): Event {
  const masked = new EventMasker(options.mask).apply(decision);
  const { policy } = decision;
  return {
    labels: options.labels,
    decision_id: decision.id,
    bundles: { [policy.source]: { revision: policy.digest } },
    path: `agent_policy/${decision.endpoint}`,
    input: masked.input,
    ...(masked.result !== undefined && { result: masked.result }),
    ...(masked.erased.length > 0 && { erased: masked.erased }),
    ...(masked.masked.length > 0 && { masked: masked.masked }),
    ...(decision.verdict === 'fault' && {
      error: { code: 'internal_error', message: decision.reason },
    }),
    requested_by: options.requestedBy ?? 'shim',
    timestamp: timestamp(decision.time),
    metrics: { timer_rego_query_eval_ns: decision.evaluationNs },
    req_id: decision.sequence,
    custom: { ...custom(decision), ...linesOf(options.denial) },
  };
}

function custom(decision: Decision): Readonly<Record<string, Json>> {
  const { source, module, kataVersion, engine } = decision.policy;
  return {
    endpoint: decision.endpoint,
    verdict: decision.verdict,
    code: decision.codeName,
    reason: decision.reason,
    prints: decision.prints,
    ops: decision.ops ?? [],
    ignored_failure: decision.ignoredFailure,
    over_budget: decision.overBudget,
    policy: { source, module, kata_version: kataVersion, engine },
  };
}

function linesOf(denial: DenialReason | undefined): Record<string, Json> {
  const json = ({ file, line, column, text }: PolicyLine): Json => ({ file, line, column, text });
  return {
    ...(denial?.decidedBy && { decided_by: json(denial.decidedBy) }),
    ...(denial?.nearestMiss && { nearest_miss: json(denial.nearestMiss) }),
  };
}

/** The event as a line of a JSON Lines file. */
export function decisionLogLine(decision: Decision, options: DecisionLogOptions): string {
  return `${stringifyJson(decisionEvent(decision, options))}\n`;
}
