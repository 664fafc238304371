/**
 * The agent's own debug log, `/tmp/policy.jsonl`: one line per evaluation, written before the
 * decision, and a second one when a rule answers with an object.
 */
import { stringifyJson, type Json } from '#wire';

/** Never logged. Source: log_eval_input in the agent's policy.rs. */
const SKIPPED = new Set(['StatsContainerRequest', 'ReadStreamRequest', 'SetPolicyRequest']);

/** The line with its newline, or undefined for a kind that is not logged. */
export function policyLogLine(
  kind: string,
  request: Json,
  format: 'text' | 'jsonl',
): string | undefined {
  if (SKIPPED.has(kind)) return undefined;
  const json = stringifyJson(request);
  // Before 3.24.0 the log was for people: the endpoint and its input, one after the other.
  if (format === 'text') return `["ep":"${kind}",${json}],\n\n`;
  return `{"kind":"${kind}","request":${json}}\n`;
}
