/** Two's complement on integers of any size. */
import { bitLength } from '../big-float.ts';
import {
  fromInteger,
  MAX_INTEGER_BITS,
  numberFaults,
  type RegoNumber,
  regorusNumberText,
  toInteger,
} from '../number.ts';
import {
  builtinFault,
  type BuiltinResult,
  type BuiltinSpec,
  defineBuiltin,
  isBuiltinFault,
  operandFault,
} from './define.ts';
import { integerOperand, numberResult } from './operands.ts';

type Operation = (a: bigint, b: bigint) => bigint | undefined;

interface BitsRow {
  readonly name: string;
  readonly summary: string;
  readonly shift?: boolean;
  readonly apply: Operation;
}

function shiftLeft(value: bigint, by: bigint): bigint | undefined {
  if (value === 0n) return 0n;
  return BigInt(bitLength(value)) + by > BigInt(MAX_INTEGER_BITS) ? undefined : value << by;
}

/** A shift beyond the length leaves the sign only. */
const shiftRight: Operation = (value, by) =>
  by > BigInt(MAX_INTEGER_BITS) ? (value < 0n ? -1n : 0n) : value >> by;

const rows: readonly BitsRow[] = [
  { name: 'and', summary: 'Bitwise AND.', apply: (a, b) => a & b },
  { name: 'or', summary: 'Bitwise OR.', apply: (a, b) => a | b },
  { name: 'xor', summary: 'Bitwise exclusive OR.', apply: (a, b) => a ^ b },
  { name: 'lsh', summary: 'Left shift.', shift: true, apply: shiftLeft },
  { name: 'rsh', summary: 'Arithmetic right shift.', shift: true, apply: shiftRight },
];

const result = (value: bigint | undefined): BuiltinResult =>
  value === undefined ? numberResult(numberFaults.tooBig) : fromInteger(value);

const NEGATIVE_SHIFT = 'must be an unsigned integer number but got a negative integer';

/** regorus shifts by at most 2^32 - 1. */
const MAX_GUEST_SHIFT = 0xffffffffn;

function regorusOperand(
  name: string,
  value: RegoNumber,
  unsigned: boolean,
): bigint | BuiltinResult {
  const integer = toInteger(value);
  if (integer === undefined) {
    const text = regorusNumberText(value);
    return builtinFault(`\`bits.${name}\` expects integer arguments. Got \`${text}\``);
  }
  if (unsigned && integer < 0n) {
    const text = regorusNumberText(value);
    return builtinFault(`\`bits.${name}\` expects non-negative integer arguments. Got \`${text}\``);
  }
  return integer;
}

function binary({ name, summary, shift = false, apply }: BitsRow): BuiltinSpec {
  return defineBuiltin({
    name: `bits.${name}`,
    summary,
    args: ['number', 'number'],
    integers: true,
    result: 'number',
    impl(a: RegoNumber, b: RegoNumber) {
      const left = integerOperand(a, 1);
      if (typeof left !== 'bigint') return left;
      const right = integerOperand(b, 2);
      if (typeof right !== 'bigint') return right;
      if (shift && right < 0n) return operandFault(2, NEGATIVE_SHIFT);
      return result(apply(left, right));
    },
    regorusImpl(a: RegoNumber, b: RegoNumber) {
      const left = regorusOperand(name, a, false);
      if (isBuiltinFault(left) || typeof left !== 'bigint') return left;
      const right = regorusOperand(name, b, shift);
      if (isBuiltinFault(right) || typeof right !== 'bigint') return right;
      if (shift && right > MAX_GUEST_SHIFT) return undefined;
      return result(apply(left, right));
    },
  });
}

export const bits = [
  ...rows.map(binary),
  defineBuiltin({
    name: 'bits.negate',
    summary: 'Bitwise NOT: -x - 1.',
    args: ['number'],
    integers: true,
    result: 'number',
    impl(value: RegoNumber) {
      const integer = integerOperand(value, 1);
      return typeof integer === 'bigint' ? fromInteger(~integer) : integer;
    },
    regorusImpl(value: RegoNumber) {
      const integer = regorusOperand('negate', value, false);
      return typeof integer === 'bigint' ? fromInteger(~integer) : integer;
    },
  }),
];
