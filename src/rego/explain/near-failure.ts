/** What a failed check counts, and what is told of the way it lies on. */
import type { PlanStep } from '../plan/plan.ts';
import type { Value } from '../value.ts';
import type { InputIndex } from './input-index.ts';
import type { LiteralFrame, RuleFrame } from './near-frames.ts';
import {
  type Definition,
  type Failure,
  type FailureKind,
  type FieldKeys,
  MAX_DEFINITIONS,
  nearestFirst,
  type Turn,
} from './near-miss.ts';
import { type Origins, originsOf } from './origins.ts';
import { exprOf, type Seen, seenLikeness, seenOf } from './seen.ts';

/** Places kept of what one rule was made from. */
export const MAX_ORIGINS = 8;

/** What the checks of a body that holds looked at, the last first. */
export function checkedOrigins(frame: RuleFrame): Origins {
  const checks = frame.literals.flatMap(({ literal }) =>
    (literal?.steps ?? []).flatMap((step) => (step.op === 'test' ? [step.expr] : [])),
  );
  return checks
    .toReversed()
    .flatMap((expr) => originsOf(expr, frame))
    .slice(0, MAX_ORIGINS);
}

/** A call below, or the elements of an `every`, have said why already. */
export function isTold({ failures }: LiteralFrame, step: PlanStep): boolean {
  if (step.op === 'every') return failures.length > 0;
  const expr = exprOf(step);
  return failures.some(
    ({ kind, seen }) =>
      kind === 'no-way' &&
      expr !== undefined &&
      seen !== undefined &&
      seen.span.start >= expr.span.start &&
      seen.span.end <= expr.span.end,
  );
}

/** The places of the request that stand in an expression as they are, or as a collection made of them. */
export function fieldsOf({ op, origins, parts }: Seen): readonly FieldKeys[] {
  const own = origins.filter(
    ({ root, exact, isKey, path }) =>
      root === 'input' && (exact || op === 'comprehension') && isKey !== true && path.length > 0,
  );
  if (own.length > 0) return own.map(({ path }) => path);
  return op === 'comprehension' ? [] : parts.flatMap(fieldsOf);
}

/**
 * The same place again, or one element of a collection whose size differs: one difference, two checks.
 * A second element is another difference.
 */
export function follows({ fields }: Failure, before: readonly Failure[]): boolean {
  const [field, ...more] = fields;
  if (field === undefined || before.length === 0) return false;
  const known = before.flatMap((one) => one.fields);
  if ([field, ...more].every((one) => known.some((other) => isAtOrBelow(other, one)))) return true;
  const around = known.find((other) => isAtOrBelow(field, other));
  return (
    around !== undefined && !known.some((other) => other !== around && isAtOrBelow(other, around))
  );
}

export const isAtOrBelow = (field: FieldKeys, outer: FieldKeys): boolean =>
  outer.length <= field.length && outer.every((key, i) => key === field[i]);

export const sumOf = ({ failures }: LiteralFrame): number =>
  failures.reduce((sum, { distance }) => sum + distance, 0);

export const isFailing = ({ failures }: LiteralFrame): boolean => failures.length > 0;

/** A local without a value is one that an earlier failure left so; an empty loop hides what follows. */
export function distanceOf(step: PlanStep, missing: Seen | undefined): number {
  if (missing?.op === 'local') return 0;
  return step.op === 'scan' || step.op === 'scan-doc' ? 3 : 1;
}

export function kindOf(step: PlanStep, isMissing: boolean): FailureKind {
  if (step.op === 'not') return 'negated';
  if (isMissing) return 'undefined';
  if (step.op === 'match') return 'mismatch';
  return step.op === 'scan' || step.op === 'scan-doc' || step.op === 'every' ? 'nothing' : 'false';
}

export function meanLikeness(failures: readonly Failure[]): number {
  if (failures.length === 0) return 1;
  const sum = failures.reduce((total, { seen, ways }) => {
    if (ways[0] !== undefined) return total + ways[0].likeness;
    return total + (seen === undefined ? 0 : seenLikeness(seen));
  }, 0);
  return sum / failures.length;
}

export function turnsOf(
  { literal, span }: LiteralFrame,
  rule: RuleFrame,
  index: InputIndex,
): readonly Turn[] {
  return (literal?.steps ?? []).flatMap((step): readonly Turn[] => {
    if (step.op !== 'scan') return [];
    const pattern = (part: 'key' | 'value'): Value | undefined =>
      step[part].match === 'bind' ? (rule.slots[step[part].slot] as Value | undefined) : undefined;
    const over = seenOf(step.over, rule, index);
    return [{ span, key: pattern('key'), value: pattern('value'), over }];
  });
}

/** Keeps a list of definitions nearest first and short; true when one had to go. */
export function insertNearest(definitions: Definition[], one: Definition): boolean {
  const found = definitions.findIndex((kept) => definitionOrder(one, kept) < 0);
  if (found < 0 && definitions.length >= MAX_DEFINITIONS) return true;
  definitions.splice(found < 0 ? definitions.length : found, 0, one);
  if (definitions.length <= MAX_DEFINITIONS) return false;
  definitions.pop();
  return true;
}

function definitionOrder(a: Definition, b: Definition): number {
  const [first] = a.ways;
  const [second] = b.ways;
  return (
    Number(a.rule.isDefault) - Number(b.rule.isDefault) ||
    Number(b.held) - Number(a.held) ||
    Number(first === undefined) - Number(second === undefined) ||
    (first === undefined || second === undefined ? 0 : nearestFirst(first, second))
  );
}
