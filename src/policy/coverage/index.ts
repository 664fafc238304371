/** Door of `policy coverage`: what of a policy a corpus reached. */
export {
  type BodyRow,
  type CoveragePlace,
  CoverageRun,
  type EndpointRow,
  type ExpressionRow,
  type PolicyCoverage,
  type Share,
} from './coverage.ts';
export { type AnnotatedLine, annotatedLines, annotatedText, type LineMark } from './annotate.ts';
export { lcovText } from './lcov.ts';
