/** Door of `policy explain`: the reason of a decision, and what a pasted event says. */
export { explainDecision, explainer, type Explainer, explainRequest } from './explain-request.ts';
export { explanationLines, type LineOptions } from './lines.ts';
export { explanationJson } from './explanation-json.ts';
export { annotatedSource, type AnnotateOptions } from './source.ts';
export { type EventPrint, parseEvent, type PolicyEvent } from './event.ts';
export {
  eventLines,
  type PairedPrint,
  pairPrints,
  type PrintStatement,
  printStatements,
} from './event-lines.ts';
export type {
  Candidate,
  Difference,
  Explained,
  ExplainQuestion,
  Paint,
  Role,
  SeenPart,
  SourcePlace,
} from './explained.ts';
