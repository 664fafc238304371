import { describe, expect, it } from 'vitest';
import { compactJson, indentJson, prettyJson, RawJson } from './json-text.ts';

describe('JSON text', () => {
  it('keeps raw text as it is and leaves out what is undefined', () => {
    const tree = { a: new RawJson('1.0'), b: undefined, c: [new RawJson('12345678901234567890')] };
    expect(compactJson(tree)).toBe('{"a":1.0,"c":[12345678901234567890]}');
  });

  it.each([
    ['{}', '{}'],
    ['[]', '[]'],
    ['{"a":[1,{"b":{}}]}', '{\n  "a": [\n    1,\n    {\n      "b": {}\n    }\n  ]\n}'],
    ['"a,b:{[\\"]}"', '"a,b:{[\\"]}"'],
  ])('lays out %s', (text, laidOut) => {
    expect(indentJson(text)).toBe(laidOut);
  });

  it('agrees with JSON.stringify on plain documents', () => {
    const document = { a: [1, 'x\\"y', null, { deep: [[], {}, [true]] }], z: { k: 'v: , {' } };
    expect(prettyJson(document)).toBe(JSON.stringify(document, null, 2));
  });
});
