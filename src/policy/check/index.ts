/** Door of `policy check`: findings of a policy, for one Kata release or all of them. */
export {
  type CheckId,
  checkIds,
  checkPage,
  type CheckRow,
  checks,
  type FindingSeverity,
  isCheckId,
} from './catalogue.ts';
export { checkPolicy, type PolicyCheckResult } from './check-policy.ts';
export { type Acceptance, compatibility, type CompatibilityRow } from './compatibility.ts';
export type { PolicyFinding } from './finding.ts';
export { relocate } from './relocate.ts';
export type { Suppressed } from './suppressions.ts';
