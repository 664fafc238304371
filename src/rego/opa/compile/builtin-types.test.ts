import { describe, expect, test } from 'vitest';
import { builtinNames } from '../../builtins/registry.ts';
import { builtinType, parseType } from './builtin-types.ts';
import { testErrors } from './testing.ts';
import { typeText } from './type-text.ts';
import '../../with-opa.ts';

describe('type expressions', () => {
  test.each([
    'number',
    'any',
    'any<number, string>',
    'array[string]',
    'array<boolean, array[any]>',
    'set[set[any]]',
  ])('%s reads and writes the same', (text) => {
    expect(typeText(parseType(text))).toBe(text);
  });

  test('named properties come before the pair of types', () => {
    expect(typeText(parseType('object[op: string, path: any, any: any]'))).toBe(
      'object<op: string, path: any>[any: any]',
    );
  });

  test('every builtin has a readable declaration', () => {
    for (const name of builtinNames()) expect(builtinType(name)?.kind).toBe('function');
  });

  test.each(['numbr', 'array[', 'any<number', 'number string'])('%s is malformed', (text) => {
    expect(() => parseType(text)).toThrow();
  });
});

describe('operands against declared types', () => {
  testErrors('builtin-types');
});
