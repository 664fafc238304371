/** The shapes of compiled code: expressions, tests, and steps that go on with what follows them. */
import type { EvaluationTraits } from '../traits.ts';
import type { PlanBody, PlanExpr, PlanPattern, PlanStep } from '../plan/plan.ts';
import type { Value } from '../value.ts';
import type { Evaluation } from './evaluation.ts';

/** Locals of one rule call. A slot holds a value, a document cursor or a collection being built. */
export type Slots = unknown[];

/** The value of an expression; `undefined` is Rego's undefined. */
export type Get = (ev: Evaluation, s: Slots) => Value | undefined;

export type Test = (ev: Evaluation, s: Slots) => boolean;

/** Goes on with every solution; true means that no further ones are wanted. */
export type Run = (ev: Evaluation, s: Slots) => boolean;

/** Tests a value against a pattern, binding slots. */
export type Match = (ev: Evaluation, s: Slots, value: Value) => boolean;

/** The mutually recursive parts of code making. */
export interface Maker {
  readonly traits: EvaluationTraits;
  readonly observed: boolean;
  /** Goes on after checks that do not hold. */
  readonly whatIf: boolean;
  expr(plan: PlanExpr): Get;
  pattern(plan: PlanPattern): Match;
  steps(steps: readonly PlanStep[], next: Run): Run;
  body(body: PlanBody, next: Run): Run;
  readonly link: Link;
}

/** What code must find in the rest of the policy. */
export interface Link {
  readonly order: 'opa' | 'regorus';
  doc(plan: Extract<PlanExpr, { op: 'doc' }>, keys: readonly Get[]): Get;
  scanDoc(step: Extract<PlanStep, { op: 'scan-doc' }>, keys: readonly Get[]): ScanDoc;
  callFunction(plan: Extract<PlanExpr, { op: 'call' }>, args: readonly Get[]): Get;
  callBuiltin(plan: Extract<PlanExpr, { op: 'builtin' }>, args: readonly Get[]): Get;
}

/** Hands every name under a document and a cursor on it to `visit`, until that says stop. */
export type ScanDoc = (
  ev: Evaluation,
  s: Slots,
  visit: (key: Value, cursor: unknown) => boolean,
) => boolean;
