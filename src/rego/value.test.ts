import { describe, expect, test } from 'vitest';
import { Decimal } from './decimal.ts';
import { fromJs, parseJson, toJs, toJson } from './json.ts';
import { compareStrings, compareValues, equalValues, keyOf } from './order.ts';
import { formatRegorus, formatTerm, goQuote, regorusDebug } from './text.ts';
import { RegoObject, RegoSet, type Value } from './value.ts';

const set = (...members: Value[]): Value => RegoSet.of(members);
const object = (...entries: [Value, Value][]): Value => RegoObject.of(entries);
const opa = { order: 'opa', numbers: 'decimal' } as const;
const regorus = { order: 'regorus', numbers: 'double' } as const;

const ascending: Value[] = [
  null,
  false,
  true,
  -1,
  new Decimal('0.5'),
  1,
  2n ** 64n,
  '',
  'a',
  '\uffff',
  '\u{1f600}',
  [],
  [1],
  [1, 0],
  [2],
];

test('values of every kind have one total order', () => {
  for (let i = 0; i < ascending.length; i++) {
    for (let j = 0; j < ascending.length; j++) {
      const sign = Math.sign(compareValues(ascending[i] ?? null, ascending[j] ?? null, 'opa'));
      expect(sign).toBe(Math.sign(i - j));
    }
  }
});

test('sets and objects sort the other way round in the guest', () => {
  expect(compareValues(set(1), object(['a', 1]), 'opa')).toBeGreaterThan(0);
  expect(compareValues(set(1), object(['a', 1]), 'regorus')).toBeLessThan(0);
});

test('strings compare by code point, not by UTF-16 unit', () => {
  expect(compareStrings('\u{10000}', '\ue000')).toBeGreaterThan(0);
});

test.each<[Value, Value]>([
  [1, new Decimal('1.0')],
  [1000, new Decimal('1e3')],
  [new Decimal('0.50'), new Decimal('5e-1')],
  [2n ** 60n, new Decimal(String(2n ** 60n) + '.0')],
  [object(['a', 1], ['b', 2]), object(['b', 2], ['a', 1])],
  [set(set(1), set(2)), set(set(2), set(1))],
  [object([[1], 'x']), object([[new Decimal('1.0')], 'x'])],
])('%#: equal values have equal keys', (a, b) => {
  expect(equalValues(a, b)).toBe(true);
  expect(keyOf(a)).toBe(keyOf(b));
  expect(RegoSet.of([a, b]).size).toBe(1);
});

test.each<[Value, Value]>([
  [1, '1'],
  [['a', 'b'], ['a,"1:b']],
  [set(), object()],
  [set(1), [1]],
  [null, false],
  [9007199254740993n, 9007199254740992],
])('%#: different values have different keys', (a, b) => {
  expect(equalValues(a, b)).toBe(false);
  expect(keyOf(a)).not.toBe(keyOf(b));
});

describe('objects', () => {
  test('a wrapped object is read in place, inherited names are no keys', () => {
    const value = fromJs({ b: { c: [1] }, a: undefined }, 'decimal');
    if (!(value instanceof RegoObject)) throw new Error('no object');
    expect(value.keys('opa')).toEqual(['b']);
    expect(value.get('constructor')).toBeUndefined();
    expect(value.get('b')).toBe(value.get('b'));
  });

  test('a key that looks like a composite one is none', () => {
    const value = object([[1], 'array'], [`\u0000${keyOf([1])}`, 'string']);
    if (!(value instanceof RegoObject)) throw new Error('no object');
    expect([value.size, value.get([1])]).toEqual([2, 'array']);
  });
});

test.each([
  ['{"a":1.0,"b":[1e3,12345678901234567890]}', '{"a":1.0,"b":[1e3,12345678901234567890]}'],
  ['{"b":1,"a":2,"b":3}', '{"a":2,"b":3}'],
  [' [ -0 , 0.10 ] ', '[-0,0.10]'],
])('%s keeps its numbers', (text, want) => {
  expect(toJson(parseJson(text, 'decimal'), opa)).toBe(want);
});

test.each([
  ['[1.0,1e3,0.00001,1e-6,1e19,1e20,-0.0]', '[1,1000,0.00001,1e-6,10000000000000000000,1e20,-0.0]'],
  ['[18446744073709551615,18446744073709551616]', '[18446744073709551615,1.8446744073709552e19]'],
])('%s as the guest writes it', (text, want) => {
  expect(toJson(parseJson(text, 'double'), regorus)).toBe(want);
});

test.each([
  ['{"a" 1}', 'expected `:` at line 1 column 6'],
  ['[1,\n  x]', 'expected value at line 2 column 3'],
  ['"\\ud83d"', 'unexpected end of hex escape at line 1 column 8'],
  ['[1] 2', 'trailing characters at line 1 column 5'],
  ['', 'EOF while parsing a value at line 1 column 0'],
])('%s is refused with its place', (text, message) => {
  expect(() => parseJson(text, 'double')).toThrow(message);
});

test('text forms of the two engines', () => {
  const value = object(['k', [set(), 'a"\u0007']], [1, null]);
  expect(formatTerm(value)).toBe('{1: null, "k": [set(), "a\\"\\a"]}');
  expect(formatRegorus(value)).toBe('{1: null, "k": [{}, "a\\"\\u0007"]}');
  expect(regorusDebug(set(1, 'a'))).toBe('Set({Number(1), String("a")})');
  expect(goQuote('\u200b\u00ad\n')).toBe('"\\u200b\\u00ad\\n"');
});

test('JavaScript values come back as they went', () => {
  const plain = { a: [1, 'x', null, { b: true }], n: 2n ** 70n };
  expect(toJs(fromJs(plain, 'decimal'), opa)).toEqual(plain);
});
