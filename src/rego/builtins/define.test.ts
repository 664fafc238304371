import { expect, test } from 'vitest';
import { Decimal } from '../decimal.ts';
import { RegoObject, RegoSet, type Value } from '../value.ts';
import {
  builtinFault,
  fatalFault,
  isBuiltinFault,
  kindBit,
  kindMask,
  operandCheck,
  operandFault,
} from './define.ts';

test.each([
  ['any', [], undefined],
  ['string', ['string'], undefined],
  ['array[string]', ['array'], 'string'],
  ['set[number]', ['set'], 'number'],
  ['array[any]', ['array'], undefined],
  ['object[string: any]', ['object'], undefined],
  ['any<number, set[any]>', ['number', 'set'], undefined],
  ['any<string, array[string], set[string]>', ['string', 'array', 'set'], 'string'],
  ['any<array[any<string, array[any]>], object[any: any]>', ['array', 'object'], undefined],
])('an operand %s takes %j with elements %s', (type, kinds, element) => {
  expect(operandCheck(type)).toEqual({ kinds, element });
});

test('the order of the kinds can be given, because messages show it', () => {
  expect(operandCheck('any<array[string], set[string]>', ['set', 'array'])).toEqual({
    kinds: ['set', 'array'],
    element: 'string',
  });
});

const samples: readonly (readonly [Parameters<typeof kindMask>[0][number], Value])[] = [
  ['null', null],
  ['boolean', false],
  ['number', 1],
  ['number', 2n ** 70n],
  ['number', new Decimal('1.5')],
  ['string', ''],
  ['array', []],
  ['object', RegoObject.empty],
  ['set', RegoSet.empty],
];

test.each(samples)('a %s passes the mask of its own kind only', (kind, value) => {
  const passing = samples.filter(([other]) => (kindBit(value) & kindMask([other])) !== 0);
  expect(new Set(passing.map(([other]) => other))).toEqual(new Set([kind]));
});

test('no kinds at all means any value', () => {
  for (const [, value] of samples) expect(kindBit(value) & kindMask([])).not.toBe(0);
});

test.each([
  [builtinFault('text'), { code: 'eval_builtin_error', fatal: false, message: 'text' }],
  [
    operandFault(2, 'must be string but got number'),
    {
      code: 'eval_type_error',
      fatal: false,
      message: 'operand 2 must be string but got number',
    },
  ],
  [fatalFault('limit'), { code: 'eval_internal_error', fatal: true, message: 'limit' }],
])('%#: a fault has the code of OPA', (fault, want) => {
  expect(isBuiltinFault(fault)).toBe(true);
  expect(fault).toMatchObject(want);
});

test('values are no faults', () => {
  for (const [, value] of samples) expect(isBuiltinFault(value)).toBe(false);
});
