/** Door of `gate`: the gate's decisions, its versions, logs and checks. */
export {
  AgentPolicy,
  DEFAULT_POLICY_PATH,
  RUN_TIME_MODULE,
  type AgentPolicyOptions,
  type PolicyDocument,
} from './agent-policy.ts';
export type { Decision, Verdict } from './decision.ts';
export { DEFAULT_BUDGET, type Budget, type LoadText, type PolicyEngine } from './engine.ts';
export { PolicyParseError, loadRego, type RegoEngine } from './rego-engine.ts';
export type { PolicySource } from './provenance.ts';
export { kataProfile, type KataProfile } from './versions.ts';
export { applyPatch, type PatchOperation } from './json-patch.ts';
export { policyLogLine } from './policy-log.ts';
export { checkEndpoints, type EndpointFinding, type PolicyCheck, type StrayRule } from './check.ts';
export { isSettled } from './settled.ts';
export { copyFileDocument } from './copy-file.ts';
export { policyDocument } from './load-policy.ts';
export { decisionLogLine } from './decision-log.ts';
export { HIDDEN } from './mask.ts';
export { denialReason, lineText, type DenialReason, type PolicyLine } from './denial.ts';
