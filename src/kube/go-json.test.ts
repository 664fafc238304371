/** Right values are those of Go's encoding/json. */
import { expect, test } from 'vitest';
import { parseGoJson, plainJson } from './go-json.ts';

test('values keep their members, numbers their text', () => {
  const text = ' {"a": [1.0, "é\\n", true, null], "a": {}, "b": -1e5 } ';
  expect(parseGoJson(text)).toMatchObject({
    members: [
      ['a', { items: [{ text: '1.0' }, { value: 'é\n' }, { value: true }, { kind: 'null' }] }],
      ['a', { kind: 'object', members: [] }],
      ['b', { text: '-1e5' }],
    ],
  });
  expect(plainJson(parseGoJson(text))).toEqual(JSON.parse(text));
});

test.each([
  { text: '', error: 'unexpected end of JSON input' },
  { text: '{"a"', error: 'unexpected end of JSON input' },
  { text: '{} x', error: "invalid character 'x' after top-level value" },
  { text: 'x', error: "invalid character 'x' looking for beginning of value" },
  { text: '{a: 1}', error: "invalid character 'a' looking for beginning of object key string" },
  { text: '{"a" 1}', error: "invalid character '1' after object key" },
  { text: '{"a": 1 "b"}', error: "invalid character '\"' after object key:value pair" },
  { text: '[1 2]', error: "invalid character '2' after array element" },
  { text: '[1,]', error: "invalid character ']' looking for beginning of value" },
  { text: 'trux', error: "invalid character 'x' in literal true (expecting 'e')" },
  { text: '"\\x"', error: "invalid character 'x' in string escape code" },
  { text: '"\\u00g0"', error: "invalid character 'g' in \\u hexadecimal character escape" },
  { text: '"\n"', error: "invalid character '\\n' in string literal" },
  { text: '-a', error: "invalid character 'a' in numeric literal" },
  { text: '1.a', error: "invalid character 'a' after decimal point in numeric literal" },
  { text: '1ea', error: "invalid character 'a' in exponent of numeric literal" },
  { text: '01', error: "invalid character '1' after top-level value" },
  { text: '['.repeat(1001), error: 'exceeded max depth' },
])('$error', ({ text, error }) => {
  expect(() => parseGoJson(text)).toThrow(error);
});
