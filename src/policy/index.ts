/**
 * Door of `policy`: what a policy author asks of a policy. Public as `katasim/policy`, together
 * with the few names of `gate` that its answers are made of.
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
} from '#gate';
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
  type Unmet,
} from './cases/run-cases.ts';
export { runRules, type RuleResult, type RunRulesOptions } from './cases/run-rules.ts';
export { replayCorpus, type ReplayedEntry, type ReplayOptions } from './replay/replay.ts';
export { patchLines, pstateOf, stateDifferences } from './replay/state.ts';
export {
  benchPolicies,
  type BenchOptions,
  type BenchReport,
  type EndpointBench,
} from './bench/bench.ts';
export type { Spread } from './bench/spread.ts';
export {
  CoverageRun,
  type BodyRow,
  type CoveragePlace,
  type EndpointRow,
  type ExpressionRow,
  type PolicyCoverage,
  type Share,
} from './coverage/coverage.ts';
export {
  annotatedLines,
  annotatedText,
  type AnnotatedLine,
  type LineMark,
} from './coverage/annotate.ts';
export { lcovText } from './coverage/lcov.ts';
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
export {
  explainDecision,
  explainRequest,
  explainer,
  type Explainer,
} from './explain/explain-request.ts';
export { explanationLines, type LineOptions } from './explain/lines.ts';
export { explanationJson } from './explain/explanation-json.ts';
export { annotatedSource, type AnnotateOptions } from './explain/source.ts';
export { parseEvent, type EventPrint, type PolicyEvent } from './explain/event.ts';
export {
  eventLines,
  pairPrints,
  printStatements,
  type PairedPrint,
  type PrintStatement,
} from './explain/event-lines.ts';
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
export {
  checkIds,
  checkPage,
  checks,
  isCheckId,
  type CheckId,
  type CheckRow,
  type FindingSeverity,
} from './checks/catalogue.ts';
export { checkPolicy, type PolicyCheckResult } from './checks/check-policy.ts';
export { compatibility, type Acceptance, type CompatibilityRow } from './checks/compatibility.ts';
export { isAtEnd, unclosedBracket, unclosedText, type OpenBracket } from './checks/brackets.ts';
export type { PolicyFinding } from './checks/finding.ts';
export { kindOfPolicyFile, policiesIn, relocate, type PolicyInFile } from './checks/policies-in.ts';
export type { Suppressed } from './checks/suppressions.ts';
export { learnPolicy, type LearnOptions, type Learned } from './learn/learn.ts';
export {
  canI,
  type CallAnswer,
  type CallVerdict,
  type CanIOptions,
  type StartRefusal,
  type VerbAnswer,
} from './verbs/can-i.ts';
export { VERBS, verbNamed, verbNames, type Verb, type VerbMode } from './verbs/verbs.ts';
export {
  mutate,
  type MutateOptions,
  type MutationResult,
  type MutationScore,
} from './mutate/mutate.ts';
export { MUTATION_CLASSES, type MutationClass } from './mutate/mutation.ts';
export {
  differenceLines,
  mutationGroups,
  mutationReport,
  scoreSentence,
  type MutationGroup,
} from './mutate/mutate-report.ts';
export { diffJson, type JsonDifference } from './diff/diff-json.ts';
export {
  diffPolicies,
  refusalToLoad,
  type EndpointCount,
  type PolicyDiff,
  type VerdictChange,
} from './diff/diff-policies.ts';
export {
  diffRequests,
  type FieldLooks,
  type Look,
  type LookKind,
  type RequestDiff,
  type RequestQuestion,
} from './diff/looks.ts';
export { diffReport } from './diff/diff-report.ts';
export {
  formatPolicy,
  type FormatPolicyOptions,
  type FormattedPolicy,
} from './format/format-policy.ts';
export {
  budgetUse,
  longestLines,
  sizesOf,
  type BudgetUse,
  type PolicySizes,
} from './encode/budgets.ts';
export {
  annotationPatch,
  decodeInitdataText,
  ENCODE_FORMS,
  encodePolicy,
  type EncodedPolicy,
  type EncodeForm,
  type EncodeOptions,
} from './encode/encode.ts';
