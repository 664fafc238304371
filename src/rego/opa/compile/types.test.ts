import { describe, expect, test } from 'vitest';
import { RegoObject, RegoSet, type Value } from '../../value.ts';
import { parseType } from './builtin-types.ts';
import { typeText } from './type-text.ts';
import { ANY, arrayType, type MaybeType, union } from './types.ts';
import { keysOf, selectType, valuesOf } from './type-access.ts';
import { typeOfValue } from './type-of-value.ts';
import { unifies } from './unify-types.ts';
import '../../with-opa.ts';

const type = (text: string): MaybeType => (text === '???' ? undefined : parseType(text));

describe('unions', () => {
  test.each([
    ['number', 'number', 'number'],
    ['string', 'number', 'any<number, string>'],
    ['any', 'number', 'any'],
    ['any<null, string>', 'number', 'any<null, number, string>'],
    ['array[number]', 'array[string]', 'any<array[number], array[string]>'],
    ['???', 'number', 'number'],
  ])('%s or %s is %s', (a, b, joined) => {
    expect(typeText(union(type(a), type(b)))).toBe(joined);
    expect(typeText(union(type(b), type(a)))).toBe(joined);
  });
});

describe('what can be equal', () => {
  test.each([
    ['number', 'string', false],
    ['any', 'string', true],
    ['any<number, null>', 'any<null, string>', true],
    ['any<number, null>', 'any<boolean, string>', false],
    ['array<number>', 'array[number]', true],
    ['array<number>', 'array<number, number>', false],
    ['array<string>', 'array[number]', false],
    ['set[number]', 'set[string]', false],
    ['set[any]', 'set[string]', true],
    ['object[a: number]', 'object[string: any]', true],
    ['object[a: number]', 'object[string: string]', false],
  ])('%s and %s: %s', (a, b, can) => {
    expect(unifies(type(a), type(b))).toBe(can);
    expect(unifies(type(b), type(a))).toBe(can);
  });
});

const object = RegoObject.of([
  ['a', 1],
  ['b', ['x', null]],
  [3, RegoSet.of([true])],
]);

describe('constants', () => {
  test.each<[string, Value, string]>([
    ['an object', object, 'object<3: set[boolean], a: number, b: array<string, null>>'],
    ['an empty array', [], 'array[any]'],
    ['an empty set', RegoSet.empty, 'set[any]'],
    ['an empty object', RegoObject.empty, 'object[any: any]'],
  ])('%s', (_, value, text) => {
    expect(typeText(typeOfValue(value))).toBe(text);
  });

  test('keys, values and members', () => {
    const of = typeOfValue(object);
    expect(typeText(keysOf(of))).toBe('any<number, string>');
    expect(typeText(valuesOf(of))).toBe('any<number, array<string, null>, set[boolean]>');
    expect(typeText(selectType(of, 'a'))).toBe('number');
    expect(selectType(of, 'c')).toBeUndefined();
    expect(typeText(selectType(selectType(of, 'b'), 1))).toBe('null');
    expect(selectType(selectType(of, 'b'), 2)).toBeUndefined();
  });

  test('a huge constant is described by its shape only', () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => i);
    expect(typeText(typeOfValue(rows))).toBe('array[number]');
  });

  test('a very deep constant is cut off', () => {
    let deep: Value = 1;
    for (let i = 0; i < 50_000; i++) deep = [deep];
    expect(typeText(typeOfValue(deep))).toContain('any');
  });

  test('types that double at every step stay small', () => {
    let doubling: MaybeType = ANY;
    for (let i = 0; i < 90; i++) doubling = arrayType([doubling, doubling]);
    expect(typeText(doubling).length).toBeLessThan(1_000_000);
  });
});
