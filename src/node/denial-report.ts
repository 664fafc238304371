/** What a user sees of a refused start: the event, the line of the policy, and what else it refuses. */
import type { Agent } from '#agent';
import { checkEndpoints, denialReason, loadRego, type Decision, type PolicyLine } from '#gate';

/** A denial in the words that lead to the line of the policy. */
export interface DenialReport {
  readonly provenance: string;
  readonly decidedBy?: PolicyLine | undefined;
  readonly nearestMiss?: PolicyLine | undefined;
  /** Further calls of the start sequence that this policy can never allow. */
  readonly alsoRefused: readonly { readonly endpoint: string; readonly line: number }[];
}

/** The calls that every pod start makes, in the runtime's order. */
const START_SEQUENCE = [
  'CreateSandboxRequest',
  'GuestDetailsRequest',
  'CopyFileRequest',
  'CreateContainerRequest',
  'StartContainerRequest',
];

/** Undefined when the refusal was no decision of a policy in text form. */
export function reportRefusal(
  agent: Agent,
  decision: Decision | undefined,
): DenialReport | undefined {
  const { policy } = agent;
  if (policy?.text === undefined || decision === undefined) return undefined;
  const reason = denialReason(policy, decision);
  const { source, digest, module } = decision.policy;
  const never = checkEndpoints(loadRego(policy.text, module, policy.kata)).endpoints.filter(
    ({ endpoint, status }) =>
      status === 'never' && START_SEQUENCE.includes(endpoint) && endpoint !== decision.endpoint,
  );
  return {
    provenance: `${source} ${digest}`,
    decidedBy: reason?.decidedBy,
    nearestMiss: reason?.nearestMiss,
    alsoRefused: never.map(({ endpoint, place }) => ({ endpoint, line: place?.line ?? 0 })),
  };
}
