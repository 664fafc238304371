/** Door of `policy test`: cases and Rego test rules against a policy. */
export {
  type CaseResult,
  type CaseStatus,
  runCases,
  type RunCasesOptions,
  type Unmet,
} from './run-cases.ts';
export { type RuleResult, runRules, type RunRulesOptions } from './run-rules.ts';
export {
  countRows,
  rowOfCase,
  rowOfRule,
  type TestCounts,
  testReport,
  type TestRow,
  type TestSuite,
} from './case-report.ts';
export { updateCases, type UpdatedCases } from './update-cases.ts';
