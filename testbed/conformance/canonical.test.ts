import { RegoObject, RegoSet } from '#rego';
import { describe, expect, it } from 'vitest';
import { canonicalNumber } from './canonical-number.ts';
import { canonicalPlain, canonicalValue } from './canonical.ts';

describe('canonical text', () => {
  it.each([
    ['1', '1.0'],
    ['1000', '1e3'],
    ['0.5', '.5'],
    ['-0', '0'],
    ['12345678901234567890123', '12345678901234567890123.000'],
    ['1e-7', '0.0000001'],
  ])('%s and %s are one number', (a, b) => {
    expect(canonicalNumber(a)).toBe(canonicalNumber(b));
  });

  it.each([
    ['1', '10'],
    ['0.1', '0.10000000000000001'],
    ['-1', '1'],
  ])('%s and %s are two numbers', (a, b) => {
    expect(canonicalNumber(a)).not.toBe(canonicalNumber(b));
  });

  it('orders keys and members, and keeps the order of arrays', () => {
    expect(canonicalPlain({ b: 1, a: [2, 1] })).toBe('{"a":[2e0,1e0],"b":1e0}');
    expect(canonicalValue(RegoSet.of(['b', 'a']), 'set')).toBe('<"a","b">');
    expect(canonicalValue(RegoSet.of(['b', 'a']), 'list')).toBe('["a","b"]');
  });

  it('reads the spellings of regorus for undefined, sets and objects', () => {
    const value = RegoObject.of([[1, RegoSet.of([[2], 'x'])]]);
    const written = { 'object!': [{ key: 1, value: { 'set!': ['x', [2]] } }] };
    expect(canonicalPlain(written, true)).toBe(canonicalValue(value, 'set'));
    expect(canonicalPlain('#undefined', true)).toBe(canonicalValue(undefined, 'set'));
  });

  it('gives keys that are no strings their JSON text in lists', () => {
    const value = RegoObject.of([[[1, 'a'], true]]);
    expect(canonicalValue(value, 'list')).toBe(canonicalPlain({ '[1,"a"]': true }));
  });
});
