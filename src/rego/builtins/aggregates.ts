/** Count, sum, extremes and order of collections. */
import { compareValues } from '../order.ts';
import { NumberFault, type RegoNumber } from '../number.ts';
import { type RegoObject, RegoSet, type Value } from '../value.ts';
import { type BuiltinContext, type BuiltinResult, defineBuiltin } from './define.ts';
import { arithmeticOf, elementsOf, numberResult } from './operands.ts';
import { codePointCount } from './text-units.ts';

type Collection = readonly Value[] | RegoSet;

const KINDS_SET_FIRST = { 1: ['set', 'array'] } as const;

function extreme(context: BuiltinContext, collection: Collection, sign: number): BuiltinResult {
  const items = elementsOf(context, collection);
  const { order } = context.profile;
  let best = items[0];
  for (const item of items) {
    if (best !== undefined && compareValues(item, best, order) * sign >= 0) best = item;
  }
  return best;
}

function fold(context: BuiltinContext, numbers: Collection, by: 'add' | 'mul'): BuiltinResult {
  const arithmetic = arithmeticOf(context);
  let total: RegoNumber = by === 'add' ? 0 : 1;
  for (const item of elementsOf(context, numbers)) {
    const next: RegoNumber | NumberFault = arithmetic[by](total, item as RegoNumber);
    if (next instanceof NumberFault) return numberResult(next);
    total = next;
  }
  return total;
}

const isTrue = (value: Value): boolean => value === true;

export const aggregates = [
  defineBuiltin({
    name: 'count',
    summary: 'Number of elements; of code points in a string.',
    args: ['any<string, array[any], object[any: any], set[any]>'],
    kinds: { 1: ['array', 'object', 'set', 'string'] },
    result: 'number',
    impl(value: string | readonly Value[] | RegoObject | RegoSet) {
      if (typeof value === 'string') return codePointCount(value);
      return 'kind' in value ? value.size : value.length;
    },
    // regorus counts UTF-16 units. Source: regorus aggregates.rs, encode_utf16().count().
    regorusImpl(value: string | readonly Value[] | RegoObject | RegoSet) {
      return typeof value === 'string' || !('kind' in value) ? value.length : value.size;
    },
  }),
  defineBuiltin({
    name: 'sum',
    summary: 'Sum of numbers; 0 when there are none.',
    args: ['any<array[number], set[number]>'],
    kinds: KINDS_SET_FIRST,
    result: 'number',
    impl(numbers: Collection) {
      return fold(this, numbers, 'add');
    },
  }),
  defineBuiltin({
    name: 'product',
    summary: 'Product of numbers; 1 when there are none.',
    args: ['any<array[number], set[number]>'],
    kinds: KINDS_SET_FIRST,
    result: 'number',
    impl(numbers: Collection) {
      return fold(this, numbers, 'mul');
    },
  }),
  defineBuiltin({
    name: 'max',
    summary: 'Greatest element in the total order; undefined when empty.',
    args: ['any<array[any], set[any]>'],
    kinds: KINDS_SET_FIRST,
    result: 'any',
    impl(collection: Collection) {
      return extreme(this, collection, 1);
    },
  }),
  defineBuiltin({
    name: 'min',
    summary: 'Least element in the total order; undefined when empty.',
    args: ['any<array[any], set[any]>'],
    kinds: KINDS_SET_FIRST,
    result: 'any',
    impl(collection: Collection) {
      return extreme(this, collection, -1);
    },
  }),
  defineBuiltin({
    name: 'sort',
    summary: 'Array of the elements in the total order.',
    args: ['any<array[any], set[any]>'],
    kinds: KINDS_SET_FIRST,
    result: 'array[any]',
    impl(collection: Collection) {
      const { order } = this.profile;
      if (collection instanceof RegoSet) return collection.members(order);
      return collection.toSorted((a, b) => compareValues(a, b, order));
    },
  }),
  defineBuiltin({
    name: 'all',
    summary: 'Every element is true.',
    args: ['any<array[any], set[any]>'],
    result: 'boolean',
    deprecated: true,
    impl(collection: Collection) {
      return elementsOf(this, collection).every(isTrue);
    },
  }),
  defineBuiltin({
    name: 'any',
    summary: 'Some element is true.',
    args: ['any<array[any], set[any]>'],
    result: 'boolean',
    deprecated: true,
    impl(collection: Collection) {
      return elementsOf(this, collection).some(isTrue);
    },
  }),
];
