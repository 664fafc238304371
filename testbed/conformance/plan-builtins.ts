/** The builtins that the recorded plans call, on the values of plan-value.ts. */
import { elementsOf, PlanSet, type PlanValue, textOf } from './plan-value.ts';

type PlanBuiltin = (...operands: readonly PlanValue[]) => PlanValue | undefined;

const arithmetic =
  (apply: (a: number, b: number) => number): PlanBuiltin =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? apply(a, b) : undefined;

/** The plans only order numbers. */
const ordering =
  (apply: (a: number, b: number) => boolean): PlanBuiltin =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? apply(a, b) : undefined;

const onSets =
  (keep: (text: string, other: ReadonlyMap<string, PlanValue>) => boolean): PlanBuiltin =>
  (a, b) =>
    a instanceof PlanSet && b instanceof PlanSet
      ? PlanSet.of([...a.members].filter(([text]) => keep(text, b.members)).map(([, v]) => v))
      : undefined;

const both = (a: PlanSet, b: PlanSet): PlanSet =>
  PlanSet.of([...a.members.values(), ...b.members.values()]);

const common = onSets((text, other) => other.has(text));
const without = onSets((text, other) => !other.has(text));

export const planBuiltins: Readonly<Record<string, PlanBuiltin>> = {
  plus: arithmetic((a, b) => a + b),
  mul: arithmetic((a, b) => a * b),
  minus: (a, b) => arithmetic((x, y) => x - y)(a, b) ?? without(a, b),
  and: common,
  or: (a, b) => (a instanceof PlanSet && b instanceof PlanSet ? both(a, b) : undefined),
  union: (sets) =>
    sets instanceof PlanSet
      ? [...sets.members.values()].reduce<PlanSet>(
          (all, set) => both(all, set as PlanSet),
          new PlanSet(),
        )
      : undefined,
  intersection: (sets) =>
    sets instanceof PlanSet
      ? [...sets.members.values()].reduce((all, set) => common(all, set) ?? all)
      : undefined,
  equal: (a, b) => textOf(a) === textOf(b),
  lt: ordering((a, b) => a < b),
  lte: ordering((a, b) => a <= b),
  gt: ordering((a, b) => a > b),
  gte: ordering((a, b) => a >= b),
  count: (value) =>
    typeof value === 'string' ? Array.from(value).length : [...elementsOf(value)].length,
  'internal.member_2': (item, collection) =>
    [...elementsOf(collection)].some(([, member]) => textOf(member) === textOf(item)),
};
