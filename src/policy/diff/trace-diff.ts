/** Two watched evaluations of one rule, side by side: what differs, as long as both take the same way. */
import { equalValues, type Observer, type Value } from '#rego';

export type UseKind = 'reads' | 'holds' | 'depends';

export type PlanExpr = Parameters<NonNullable<Observer['value']>>[0];
type PlanLiteral = Parameters<NonNullable<Observer['enterLiteral']>>[0];

/** One step of an evaluation: literals are tried, hold and are left; expressions have values. */
export type Step =
  | { readonly at: 'enter' | 'pass' | 'leave'; readonly literal: PlanLiteral }
  | { readonly at: 'value'; readonly expr: PlanExpr; readonly value: Value | undefined };

/** Steps that are compared; what comes later is not looked at. */
const MAX_STEPS = 500_000;

export class TraceRecorder implements Observer {
  readonly steps: Step[] = [];

  enterLiteral(literal: PlanLiteral): void {
    this.#add({ at: 'enter', literal });
  }

  passLiteral(literal: PlanLiteral): void {
    this.#add({ at: 'pass', literal });
  }

  leaveLiteral(literal: PlanLiteral): void {
    this.#add({ at: 'leave', literal });
  }

  value(expr: PlanExpr, value: Value | undefined): void {
    this.#add({ at: 'value', expr, value });
  }

  #add(step: Step): void {
    if (this.steps.length < MAX_STEPS) this.steps.push(step);
  }
}

/** The field's value in the one run and in the other. */
export type Own = readonly (Value | undefined)[];

interface TraceDifference {
  readonly literal: PlanLiteral;
  readonly kind: UseKind;
  readonly held: readonly [boolean, boolean];
}

/**
 * Both runs side by side, as long as they take the same way. The literal at which they part, and those
 * that wait for it, depend on the field; from there on they differ for another reason.
 */
export function* traceDifferences(
  one: readonly Step[],
  two: readonly Step[],
  own: Own,
): Generator<TraceDifference> {
  /** Literals that are open, and whether they have held: then what is open above them comes after. */
  const open: { readonly literal: PlanLiteral; passed: boolean }[] = [];
  const difference = (kind: UseKind, depth: number, i: number): TraceDifference | undefined => {
    const literal = open[depth]?.literal;
    if (literal === undefined) return undefined;
    const passed = open[depth]?.passed === true;
    const held = (steps: readonly Step[]): boolean =>
      passed || passesLater(steps, i, open.length - depth);
    return { literal, kind, held: [held(one), held(two)] };
  };
  for (let i = 0; i < Math.max(one.length, two.length); i++) {
    const [left, right] = [one[i], two[i]];
    if (left === undefined || right === undefined || !isSameStep(left, right)) {
      for (let depth = 0; depth < open.length; depth++) {
        const parted = open[depth]?.passed === true ? undefined : difference('depends', depth, i);
        if (parted !== undefined) yield parted;
      }
      return;
    }
    switch (left.at) {
      case 'enter':
        open.push({ literal: left.literal, passed: false });
        break;
      case 'leave':
        open.pop();
        break;
      case 'pass': {
        const frame = open.findLast(({ literal }) => literal === left.literal);
        if (frame !== undefined) frame.passed = true;
        break;
      }
      case 'value': {
        const kind = right.at === 'value' && kindOfValues(left.value, right.value, own);
        const seen = kind ? difference(kind, open.length - 1, i) : undefined;
        if (seen !== undefined) yield seen;
      }
    }
  }
}

function isSameStep(a: Step, b: Step): boolean {
  if (a.at === 'value') return b.at === 'value' && a.expr === b.expr;
  return b.at === a.at && b.literal === a.literal;
}

/** Whether the literal that is `depth` literals below the top at step `from` holds before it is left. */
function passesLater(steps: readonly Step[], from: number, depth: number): boolean {
  let above = depth - 1;
  for (let i = from; i < steps.length; i++) {
    const step = steps[i];
    if (step?.at === 'enter') above++;
    if (step?.at === 'pass' && above === 0) return true;
    if (step?.at === 'leave' && --above < 0) return false;
  }
  return false;
}

function kindOfValues(
  one: Value | undefined,
  two: Value | undefined,
  own: Own,
): UseKind | undefined {
  if (isSame(one, two)) return undefined;
  const isOwn =
    (isSame(one, own[0]) && isSame(two, own[1])) || (isSame(one, own[1]) && isSame(two, own[0]));
  if (isOwn) return 'reads';
  return typeof one === 'object' && one !== null ? 'holds' : 'depends';
}

const isSame = (a: Value | undefined, b: Value | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalValues(a, b);
