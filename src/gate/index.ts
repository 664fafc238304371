/** Door of `gate`: the gate's decisions, its versions, logs and checks. */
export {
  AgentPolicy,
  DEFAULT_POLICY_PATH,
  RUN_TIME_MODULE,
  type AgentPolicyOptions,
  type PolicyDocument,
  type SetPolicyResult,
} from './agent-policy.ts';
export { GateCode, type Decision, type Verdict } from './decision.ts';
export {
  DEFAULT_BUDGET,
  emptyEngine,
  type Budget,
  type EngineAnswer,
  type EngineQuery,
  type LoadText,
  type PolicyEngine,
} from './engine.ts';
export { PolicyParseError, loadRego, type RegoEngine } from './rego-engine.ts';
export { policyDigest, type PolicySource, type Provenance } from './provenance.ts';
export { kataProfile, type KataProfile } from './versions.ts';
export { applyPatch, type PatchOperation, type PatchResult } from './json-patch.ts';
export { policyLogLine } from './policy-log.ts';
export { rustString } from './rust-text.ts';
export {
  checkEndpoints,
  type EndpointFinding,
  type EndpointStatus,
  type Place,
  type PolicyCheck,
  type StrayRule,
} from './check.ts';
export { isSettled } from './settled.ts';
export { copyFileDocument } from './copy-file.ts';
export { policyDocument } from './load-policy.ts';
export type { WasmEngine } from './wasm-engine.ts';
export { decisionEvent, decisionLogLine, type DecisionLogOptions } from './decision-log.ts';
export { DEFAULT_MASK, HIDDEN, type MaskRule } from './mask.ts';
export { denialReason, lineText, type DenialReason, type PolicyLine } from './denial.ts';
