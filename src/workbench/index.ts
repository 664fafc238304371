/**
 * Door of `workbench`: what a policy author asks of a policy. Public as `katasim/policy`, together
 * with the few names of `policy` that its answers are made of.
 */
export {
  AgentPolicy,
  NEWEST_KATA_VERSION,
  kataProfile,
  kataReleases,
  type AgentPolicyOptions,
  type Decision,
  type KataProfile,
  type PolicyDocument,
  type Verdict,
} from '#policy';
export type {
  Corpus,
  CorpusEntry,
  CorpusFormat,
  CorpusProblem,
  RecordedVerdict,
} from './corpus/entry.ts';
export type { CaseExpectation, TextExpectation } from './corpus/expectation.ts';
export {
  openCorpus,
  readCorpus,
  type CorpusStream,
  type ReadCorpusOptions,
} from './corpus/read-corpus.ts';
export {
  decideCorpus,
  decideEntry,
  openPolicy,
  type DecidedEntry,
  type PolicyText,
} from './corpus/decide-corpus.ts';
export {
  runCases,
  type CaseResult,
  type CaseStatus,
  type RunCasesOptions,
} from './cases/run-cases.ts';
export { runRules, type RuleResult, type RunRulesOptions } from './cases/run-rules.ts';
export {
  countRows,
  rowOfCase,
  rowOfRule,
  testReport,
  type TestCounts,
  type TestRow,
  type TestSuite,
} from './cases/case-report.ts';
export { updateCases, type UpdatedCases } from './cases/update-cases.ts';
export type {
  Report,
  ReportItem,
  ReportRegion,
  ReportRule,
  ReportStatus,
} from './report/report.ts';
export { writeReport, type ReportForm } from './report/write.ts';
export { explainRequest } from './explain/explain-request.ts';
export { explanationLines, type LineOptions } from './explain/lines.ts';
export type {
  Candidate,
  Difference,
  ExplainQuestion,
  Explained,
  Paint,
  Role,
  SeenPart,
  SourcePlace,
} from './explain/explained.ts';
