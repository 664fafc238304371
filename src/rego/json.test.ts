import { expect, test } from 'vitest';
import { Decimal } from './decimal.ts';
import { fromJs, MAX_JSON_DEPTH, parseJson, stringifyValue, toJs, toJson } from './json.ts';
import { RegoObject, RegoSet, type Value } from './value.ts';

const opa = { order: 'opa', numbers: 'decimal' } as const;
const regorus = { order: 'regorus', numbers: 'double' } as const;

test.each([
  ['{"a":1.0,"b":[1e3,12345678901234567890]}', '{"a":1.0,"b":[1e3,12345678901234567890]}'],
  ['{"b":1,"a":2,"b":3}', '{"a":2,"b":3}'],
  [' [ -0 , 0.10 ] ', '[-0,0.10]'],
  ['"\\ud83d\\ude00"', '"😀"'],
])('%s keeps its numbers', (text, want) => {
  expect(toJson(parseJson(text, 'decimal'), opa)).toBe(want);
});

test.each([
  ['[1.0,1e3,0.00001,1e-6,1e19,1e20,-0.0]', '[1,1000,0.00001,1e-6,10000000000000000000,1e20,-0.0]'],
  ['[18446744073709551615,18446744073709551616]', '[18446744073709551615,1.8446744073709552e19]'],
])('%s as regorus writes it', (text, want) => {
  expect(stringifyValue(parseJson(text, 'double'), regorus)).toBe(want);
});

const keyed = RegoObject.of([
  ['b', 1],
  [10, 2],
  [[1], 3],
]);

test('keys that are no strings are written as their JSON, in the order of each engine', () => {
  // Go sorts by text, regorus by value: numbers before strings before arrays.
  expect(toJson(keyed, opa)).toBe('{"10":2,"[1]":3,"b":1}');
  expect(toJson(keyed, regorus)).toBe('{"10":2,"b":1,"[1]":3}');
});

test('sets are written as sorted arrays', () => {
  expect(toJson(RegoSet.of([2, 'a', 1]), opa)).toBe('[1,2,"a"]');
});

test.each(['decimal', 'double'] as const)('%s: nesting is bounded', (model) => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const max = MAX_JSON_DEPTH[model];
  expect(() => parseJson(nested(max), model)).not.toThrow();
  expect(() => parseJson(nested(max + 1), model)).toThrow('recursion limit exceeded');
});

test('JavaScript values come back as they went', () => {
  const plain = { a: [1, 'x', null, { b: true }], n: 2n ** 70n };
  expect(toJs(fromJs(plain, 'decimal'), opa)).toEqual(plain);
});

test.each<[unknown, Value]>([
  [1.5, new Decimal('1.5')],
  [1e21, 10n ** 21n],
  [5n, 5],
  [Uint8Array.of(1, 2), [1, 2]],
])('%s becomes %s in the decimal model', (raw, want) => {
  expect(fromJs(raw, 'decimal')).toEqual(want);
});

test.each([
  [undefined, 'undefined'],
  [() => 1, 'function'],
  [NaN, 'number'],
  [new Date(0), '[object Date]'],
])('%s has no Rego value', (raw, kind) => {
  expect(() => fromJs(raw, 'double')).toThrow(`a ${kind} has no Rego value`);
});

test('a key such as __proto__ is copied as a key', () => {
  const copy = toJs(parseJson('{"__proto__": 1}', 'double'), regorus);
  expect(Object.entries(copy as object)).toEqual([['__proto__', 1]]);
});

test('decimals become numbers in a plain copy', () => {
  expect(toJs([new Decimal('1.5'), new Decimal('1e3')], opa)).toEqual([1.5, 1000]);
});
