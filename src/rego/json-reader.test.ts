/** Texts and places are those of serde_json, which regorus reads with. */
import { expect, test } from 'vitest';
import { readJson } from './json-reader.ts';
import { toJson } from './json.ts';

const opa = { order: 'opa', numbers: 'decimal' } as const;

test.each([
  ['{"a" 1}', 'expected `:` at line 1 column 6'],
  ['[1,\n  x]', 'expected value at line 2 column 3'],
  ['"\\ud83d"', 'unexpected end of hex escape at line 1 column 8'],
  ['"\\udc00"', 'lone leading surrogate in hex escape at line 1 column 7'],
  ['[1] 2', 'trailing characters at line 1 column 5'],
  ['', 'EOF while parsing a value at line 1 column 0'],
  ['[1', 'EOF while parsing a list at line 1 column 2'],
  ['{"a":1', 'EOF while parsing an object at line 1 column 6'],
  ['"ab', 'EOF while parsing a string at line 1 column 3'],
  ['[1 2]', 'expected `,` or `]` at line 1 column 4'],
  ['{"a":1 2}', 'expected `,` or `}` at line 1 column 8'],
  ['{1:2}', 'key must be a string at line 1 column 2'],
  ['tru', 'expected ident at line 1 column 1'],
  ['"\\x"', 'invalid escape at line 1 column 3'],
  ['01', 'invalid number at line 1 column 2'],
  ['1e400', 'number out of range at line 1 column 5'],
  ['"é" x', 'trailing characters at line 1 column 6'],
])('%s is refused with its place', (text, message) => {
  expect(() => readJson(text, 'double', 128)).toThrow(message);
});

test('a control character in a string is refused', () => {
  expect(() => readJson('"a\tb"', 'double', 128)).toThrow('control character');
});

test.each([
  ['[]', '[]'],
  ['{}', '{}'],
  [' [ 1 , "a\\u0041\\n" , true , null , false ] ', '[1,"aA\\n",true,null,false]'],
  ['{"a":{"b":[]}}', '{"a":{"b":[]}}'],
  ['1.50', '1.50'],
  ['"\\ud83d\\ude00"', '"😀"'],
  ['"\\ud83dx"', '"\ufffdx"'],
  ['"\\udc00"', '"\ufffd"'],
])('%s is read as %s', (text, want) => {
  expect(toJson(readJson(text, 'decimal', 128), opa)).toBe(want);
});

test.each([
  ['18446744073709551615', 18446744073709551615n],
  ['18446744073709551616', 2 ** 64],
  ['-9223372036854775808', -9223372036854775808n],
  ['-9223372036854775809', -(2 ** 63)],
])('%s: integers outside 64 bits are doubles in regorus', (text, want) => {
  expect(readJson(text, 'double', 128)).toBe(want);
});

test('nesting is refused at its bracket', () => {
  expect(() => readJson('[[[1]]]', 'double', 2)).toThrow(
    'recursion limit exceeded at line 1 column 3',
  );
  expect(readJson('[[1]]', 'double', 2)).toEqual([[1]]);
});
