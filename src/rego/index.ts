/** Door of `rego`: a complete Rego engine. No I/O, no logging; also public as `katasim/rego`. */
export { compile, type CompileOptions, type CompileResult } from './compile.ts';
export {
  CompiledPolicy,
  DEFAULT_BUDGET,
  type Budget,
  type DocumentSource,
  type NearMissOptions,
  type QueryOptions,
} from './compiled-policy.ts';
export { CoverageRecorder, type CoverageReport, type FileCoverage } from './coverage.ts';
export { isAtOrBelow } from './explain/near-failure.ts';
export {
  nearestFirst,
  type Definition,
  type Failure,
  type NearMiss,
  type Turn,
  type Way,
} from './explain/near-miss.ts';
export { nearestMember, undefinedPart, type Seen } from './explain/seen.ts';
export type { Origin, OriginKey } from './explain/origins.ts';
export {
  ExpressionRecorder,
  type BodyCoverage,
  type ExpressionCoverage,
  type LiteralCoverage,
} from './expression-coverage.ts';
export type { Explanation, RuleAttempt, SeenValue, StoppedLiteral } from './explain.ts';
export {
  findTests,
  fullName,
  runTest,
  type TestResult,
  type TestRule,
  type TestStatus,
} from './test-rules.ts';
export { formatTrace, type TraceEvent, type TraceMode } from './trace.ts';
export type { Observer } from './eval/observer.ts';
export type { FaultPhase, QueryMetrics, QueryOutcome, Row } from './outcome.ts';
export { findProfile, PROFILE_NAMES, type Profile } from './profile.ts';
export {
  fromJs as valueFromJs,
  parseJson,
  toJs as valueToJs,
  stringifyValue,
  type JsonStyle,
} from './json.ts';
export { RegoObject, RegoSet, type NumberModel, type TypeName, type Value } from './value.ts';
export { Decimal } from './decimal.ts';
export { plainDecimal } from './number.ts';
export { equalValues } from './order.ts';
export { parseModule, parseQuery, type ParseResult } from './parse/parse-module.ts';
export type { Diagnostic, DiagnosticCode, Position, Severity, Source, Span } from './source.ts';
export { regorusPosition, lineText, opaPosition, textOf } from './position.ts';
export type { FormatOptions, FormatResult } from './opa/fmt/format-module.ts';
export { formatModule, moduleToJson, opaChecks } from './opa-tools.ts';
export { errorText, formatErrors } from './compile/error-list.ts';
export type { Body, CallTerm, Literal, Module, Term } from './ast.ts';
export type { Branch, Policy as ResolvedPolicy, ResolvedRule, RuleNode } from './compile/policy.ts';
export { walkBody, walkTerm } from './compile/walk.ts';
export { describePlan } from './plan/describe.ts';
export { advise, type AdviceOptions } from './advice/advice.ts';
export { withHints } from './advice/hints.ts';
export { builtinsFor, hasBuiltin, isBuiltinName, type BuiltinSpec } from './builtins/registry.ts';
