/** Door of `policy diff`: two policies over the same requests, or two requests under one policy. */
export { differenceLines } from './difference-lines.ts';
export { diffJson, type JsonDifference } from './diff-json.ts';
export {
  diffPolicies,
  type EndpointCount,
  type PolicyDiff,
  refusalToLoad,
  type VerdictChange,
} from './diff-policies.ts';
export {
  diffRequests,
  type FieldLooks,
  type Look,
  type LookKind,
  type RequestDiff,
  type RequestQuestion,
} from './looks.ts';
export { diffReport } from './diff-report.ts';
