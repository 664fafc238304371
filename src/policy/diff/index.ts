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
  type FieldUsage,
  type FieldUse,
  type UseKind,
  type RequestDiff,
  type RequestQuestion,
} from './field-usage.ts';
export { diffReport } from './diff-report.ts';
