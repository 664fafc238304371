import { expect, test } from 'vitest';
import { fromJs } from './json.ts';
import { keyOf } from './order.ts';
import { formatRegorus, formatTerm, goQuote, regorusDebug } from './text.ts';
import { RegoObject, RegoSet, type Value } from './value.ts';

const set = (...members: Value[]): Value => RegoSet.of(members);
const object = (...entries: [Value, Value][]): Value => RegoObject.of(entries);

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

test('text forms of the two engines', () => {
  const value = object(['k', [set(), 'a"\u0007']], [1, null]);
  expect(formatTerm(value)).toBe('{1: null, "k": [set(), "a\\"\\a"]}');
  expect(formatRegorus(value)).toBe('{1: null, "k": [{}, "a\\"\\u0007"]}');
  expect(regorusDebug(set(1, 'a'))).toBe('Set({Number(1), String("a")})');
  expect(goQuote('\u200b\u00ad\n')).toBe('"\\u200b\\u00ad\\n"');
});
