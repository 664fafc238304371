/** Rounding, ranges and random numbers. */
import { truncate } from '../big-float.ts';
import {
  fromInteger,
  plainDecimal,
  regorusArithmetic,
  type RegoNumber,
  toBigFloat,
  toDouble,
  toInteger,
} from '../number.ts';
import type { Value } from '../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinResult,
  defineBuiltin,
  fatalFault,
  isBuiltinFault,
  operandFault,
} from './define.ts';
import {
  arithmeticOf,
  regorusInt,
  integerOperand,
  intOperand,
  isNumberInteger,
} from './operands.ts';
import { randomBelow } from './random.ts';

const rounding = (name: 'abs' | 'ceil' | 'floor' | 'round', summary: string) =>
  defineBuiltin({
    name,
    summary,
    args: ['number'],
    result: 'number',
    impl(value: RegoNumber) {
      return arithmeticOf(this)[name](value);
    },
  });

interface Range {
  readonly from: bigint;
  readonly to: bigint;
  readonly step: bigint;
}

/** Longest range that is made at all, whatever the budget says. */
const MAX_RANGE = 10_000_000n;

/** From `from` to `to` inclusive, downwards when `to` is less. */
function rangeOf(context: BuiltinContext, { from, to, step }: Range): BuiltinResult {
  const length = (from <= to ? to - from : from - to) / step + 1n;
  if (length > MAX_RANGE) return fatalFault(`range of ${length} numbers exceeds ${MAX_RANGE}`);
  context.charge(Number(length));
  const items: Value[] = [];
  for (let i = 0n; i < length; i++) {
    items.push(fromInteger(from <= to ? from + i * step : from - i * step));
  }
  return items;
}

const BAD_STEP = 'numbers.range_step: step must be a positive integer';

export const numbers = [
  rounding('abs', 'Magnitude without sign.'),
  rounding('ceil', 'Up to the next integer.'),
  rounding('floor', 'Down to the next integer.'),
  rounding('round', 'To the nearest integer, halves away from zero.'),
  defineBuiltin({
    name: 'numbers.range',
    summary: 'All integers from the first to the second, inclusive, up or down.',
    args: ['number', 'number'],
    integers: true,
    result: 'array[number]',
    impl(a: RegoNumber, b: RegoNumber) {
      const from = integerOperand(a, 1);
      if (typeof from !== 'bigint') return from;
      const to = integerOperand(b, 2);
      if (typeof to !== 'bigint') return to;
      return rangeOf(this, { from, to, step: 1n });
    },
    regorusImpl(a: RegoNumber, b: RegoNumber) {
      const [from, to] = [toInteger(a), toInteger(b)];
      if (from === undefined || to === undefined) return builtinFault('operand must be integer');
      return rangeOf(this, { from, to, step: 1n });
    },
  }),
  defineBuiltin({
    name: 'numbers.range_step',
    summary: 'Integers from the first towards the second, inclusive, by a positive step.',
    args: ['number', 'number', 'number'],
    integers: true,
    result: 'array[number]',
    impl(a: RegoNumber, b: RegoNumber, by: RegoNumber) {
      const from = integerOperand(a, 1);
      if (typeof from !== 'bigint') return from;
      const to = integerOperand(b, 2);
      if (typeof to !== 'bigint') return to;
      const step = integerOperand(by, 3);
      if (typeof step !== 'bigint') return step;
      return step > 0n ? rangeOf(this, { from, to, step }) : builtinFault(BAD_STEP);
    },
    regorusImpl(a: RegoNumber, b: RegoNumber, by: RegoNumber) {
      const [from, to] = [toInteger(a), toInteger(b)];
      if (from === undefined || to === undefined) return builtinFault('operand must be integer');
      const step = regorusInt(by);
      if (step === 0) {
        return fatalFault('regorus panics: numbers.range_step with step 0 divides by zero');
      }
      if (step === undefined || step < 0) return builtinFault('step must be a positive integer');
      return rangeOf(this, { from, to, step: BigInt(step) });
    },
  }),
  defineBuiltin({
    name: 'format_int',
    summary: 'Digits of a number in base 2, 8, 10 or 16; a fraction is cut off.',
    args: ['number', 'number'],
    result: 'string',
    impl(value: RegoNumber, base: RegoNumber) {
      if (typeof base !== 'number' || ![2, 8, 10, 16].includes(base)) {
        return operandFault(2, 'must be one of {2, 8, 10, 16}');
      }
      // `1e3` is no integer to Go, so it goes through a float; nothing is lost by it.
      const whole = toInteger(value) ?? truncate(toBigFloat(value));
      return whole.toString(base);
    },
    regorusImpl(value: RegoNumber, base: RegoNumber) {
      const radix = regorusInt(base);
      if (radix === undefined || ![2, 8, 10, 16].includes(radix)) {
        return builtinFault('`format_int` expects base to be one of 2, 8, 10, 16');
      }
      const magnitude = regorusArithmetic.floor(regorusArithmetic.abs(value));
      const sign = toDouble(value) < 0 ? '-' : '';
      if (radix === 10) return sign + plainDecimal(magnitude);
      return sign + (toInteger(magnitude)?.toString(radix) ?? '');
    },
  }),
  defineBuiltin({
    name: 'rand.intn',
    summary: 'Random integer in [0, |n|), one per query for the same operands.',
    args: ['string', 'number'],
    result: 'number',
    nondeterministic: true,
    impl(key: string, n: RegoNumber) {
      const limit = intOperand(n, 2);
      if (isBuiltinFault(limit)) return limit;
      return limit === 0 ? 0 : remembered(this, key, Math.abs(limit));
    },
    // regorus draws anew on every call; its answers are nobody's to predict, so ours are stable.
    regorusImpl(key: string, n: RegoNumber) {
      const limit = regorusInt(n);
      if (limit === undefined || limit < 0 || !isNumberInteger(n)) return undefined;
      return limit === 0 ? 0 : remembered(this, key, limit);
    },
  }),
];

function remembered(context: BuiltinContext, key: string, limit: number): Value {
  const memoKey = `rand.intn\u0000${key}-${limit}`;
  let value = context.memo.get(memoKey);
  if (value === undefined) {
    value = randomBelow(limit, `${context.seed}/${memoKey}`);
    context.memo.set(memoKey, value);
  }
  return value;
}
