/** Arrays: join, cut, turn round. */
import type { RegoNumber } from '../number.ts';
import { regorusJson } from '../text.ts';
import { RegoSet, typeName, type Value } from '../value.ts';
import { builtinFault, defineBuiltin, isBuiltinFault, isRegorus, operandFault } from './define.ts';
import { regorusInt, intOperand } from './operands.ts';

type List = readonly Value[];

const clamp = (n: number, most: number): number => Math.min(Math.max(n, 0), most);

export const arrays = [
  defineBuiltin({
    name: 'array.concat',
    summary: 'The elements of both arrays.',
    args: ['array[any]', 'array[any]'],
    result: 'array[any]',
    impl(a: List, b: List) {
      if (b.length === 0) return a;
      if (a.length === 0) return b;
      this.charge(a.length + b.length);
      return a.concat(b);
    },
  }),
  defineBuiltin({
    name: 'array.flatten',
    summary: 'Nested arrays replaced by their elements, one level deep.',
    args: ['array[any]'],
    result: 'array[any]',
    impl(list: List) {
      const flat = list.flat(1);
      this.charge(flat.length);
      return flat;
    },
  }),
  defineBuiltin({
    name: 'array.reverse',
    summary: 'The elements in reverse order.',
    args: ['array[any]'],
    result: 'array[any]',
    impl(list: List) {
      return list.toReversed();
    },
  }),
  defineBuiltin({
    name: 'array.slice',
    summary: 'Elements from start up to, not including, stop; both clamped to the array.',
    args: ['array[any]', 'number', 'number'],
    result: 'array[any]',
    impl(list: List, start: RegoNumber, stop: RegoNumber) {
      const from = intOperand(start, 2);
      if (isBuiltinFault(from)) return from;
      const to = intOperand(stop, 3);
      if (isBuiltinFault(to)) return to;
      const end = clamp(to, list.length);
      return list.slice(clamp(from, end), end);
    },
    regorusImpl(list: List, start: RegoNumber, stop: RegoNumber) {
      const [from, to] = [regorusInt(start), regorusInt(stop)];
      if (from === undefined || to === undefined) return undefined;
      const end = clamp(to, list.length);
      return list.slice(clamp(from, end), end);
    },
  }),
];

type Join = (a: RegoSet, b: RegoSet) => RegoSet;

function fold(of: RegoSet, join: Join, { regorus, name }: { regorus: boolean; name: string }) {
  let result: RegoSet | undefined;
  for (const member of of.values()) {
    if (member instanceof RegoSet) result = result === undefined ? member : join(result, member);
    else if (regorus)
      return builtinFault(`\`${name}\` expects set of sets. Got \`${regorusJson(of)}\``);
    else return operandFault(1, `must be set but got ${typeName(member)}`);
  }
  return result ?? RegoSet.empty;
}

export const unionOf = (a: RegoSet, b: RegoSet): RegoSet => {
  if (b.size === 0) return a;
  return a.size === 0 ? b : RegoSet.of([...a.values(), ...b.values()]);
};

export const intersectionOf = (a: RegoSet, b: RegoSet): RegoSet =>
  RegoSet.of([...a.values()].filter((member) => b.has(member)));

export const differenceOf = (a: RegoSet, b: RegoSet): RegoSet =>
  RegoSet.of([...a.values()].filter((member) => !b.has(member)));

export const sets = [
  defineBuiltin({
    name: 'intersection',
    summary: 'Members of all sets in a set of sets; empty when there are none.',
    args: ['set[set[any]]'],
    result: 'set[any]',
    impl(of: RegoSet) {
      return fold(of, intersectionOf, { regorus: isRegorus(this), name: 'intersection' });
    },
  }),
  defineBuiltin({
    name: 'union',
    summary: 'Members of any set in a set of sets.',
    args: ['set[set[any]]'],
    result: 'set[any]',
    impl(of: RegoSet) {
      return fold(of, unionOf, { regorus: isRegorus(this), name: 'union' });
    },
  }),
  defineBuiltin({
    name: 'set_diff',
    summary: 'Members of the first set that the second lacks.',
    args: ['set[any]', 'set[any]'],
    result: 'set[any]',
    deprecated: true,
    impl(a: RegoSet, b: RegoSet) {
      return differenceOf(a, b);
    },
  }),
];
