/** The documented JSON form of an explanation: the same for every command, without times and ids. */
import type { Explained } from './explained.ts';

export function explanationJson(explained: Explained): object {
  const { decision, candidates, decidedBy, env, faultAt, omitted, truncated, hint } = explained;
  const [first] = candidates[0]?.differences ?? [];
  return {
    endpoint: decision.endpoint,
    verdict: decision.verdict,
    code: decision.codeName,
    reason: decision.reason,
    message: decision.message,
    prints: decision.prints,
    ...(decision.ops !== undefined && { ops: decision.ops }),
    kataVersion: decision.policy.kataVersion,
    ...(first?.field !== undefined && { field: first.field }),
    ...(decidedBy !== undefined && { decidedBy }),
    ...(faultAt !== undefined && { faultAt }),
    candidates,
    ...(env.length > 0 && { env }),
    omitted,
    truncated,
    ...(hint !== undefined && { hint }),
  };
}
