import { describe, expect, test } from 'vitest';
import { errorOf, termOf } from './testing.ts';

test.each([
  ['[,]', '2:7 expecting expression'],
  ['\t)', '2:10 expecting expression'],
  ['input .b', '2:12 invalid whitespace before .'],
  ['input. b', '2:12 invalid whitespace between . and identifier'],
  ['"abc"[0]', '2:11 invalid whitespace before ['],
  ['input.if', '2:12 unexpected keyword `if`'],
  ['[1, 2', '2:11 expecting `]` while parsing array'],
  ['{"a": 1', '2:13 expecting `}` while parsing object'],
  ['{1, 2', '2:11 expecting `}` while parsing set'],
  ['{"a": 1, "b"}', '2:18 expecting `:` while parsing object item'],
  ['f(1', '2:9 expecting `)` while parsing call expr'],
  ['(1', '2:8 expecting `)` while parsing parenthesized expression'],
  ['input[1', '2:13 expecting `]` while parsing bracketed reference'],
])('x := %s is refused at its place', (text, want) => {
  expect(errorOf(`package a\nx := ${text}`)).toBe(want);
});

test.each([
  ['null', { kind: 'null' }],
  ['true', { kind: 'boolean', value: true }],
  ['y', { kind: 'var', name: 'y' }],
  ['contains', { kind: 'var', name: 'contains' }],
  [
    'input.a["b"][c]',
    { kind: 'ref', head: { name: 'input' }, path: [{ value: 'a' }, { value: 'b' }, { name: 'c' }] },
  ],
  [
    'regex.match("a", b)',
    { kind: 'call', name: 'regex.match', args: [{ value: 'a' }, { name: 'b' }] },
  ],
  ['f (1)', { kind: 'call', name: 'f' }],
  ['f(1).a', { kind: 'ref', head: { kind: 'call' }, path: [{ value: 'a' }] }],
  ['[1, [2, ], ]', { kind: 'constant', shape: 'array', value: [1, [2]] }],
  ['[1, y]', { kind: 'array', items: [{ text: '1' }, { name: 'y' }] }],
  ['{"a": y}', { kind: 'object', keys: [{ value: 'a' }], values: [{ name: 'y' }] }],
  ['{y, 1}', { kind: 'set', items: [{ name: 'y' }, { text: '1' }] }],
  ['{}', { kind: 'constant', shape: 'object' }],
  ['[y | y]', { kind: 'comprehension', shape: 'array', value: { name: 'y' } }],
  ['{y | y}', { kind: 'comprehension', shape: 'set' }],
  ['{y: 1 | y}', { kind: 'comprehension', shape: 'object', key: { name: 'y' } }],
  ['(1 + 2)', { kind: 'call', infix: '+' }],
])('%s', (text, want) => {
  expect(termOf(text)).toMatchObject(want);
});

describe('readings that differ from OPA', () => {
  test.each([
    ['-x + 1', { kind: 'unary', operand: { infix: '+' } }],
    ['1 -2', { infix: '-', args: [{ text: '1' }, { text: '2' }] }],
    ['{1 | 2 | 3}', { kind: 'set' }],
    ['{1 | 2}', { kind: 'comprehension' }],
  ])('%s', (text, want) => {
    expect(termOf(text)).toMatchObject(want);
  });

  test('a number with its sign does not continue a difference', () => {
    expect(errorOf('package a\nx := 1 -2 * 3')).toBeDefined();
  });

  test('a reference points at its last accessor, a call at its parenthesis', () => {
    expect(termOf('input.a.b')).toMatchObject({ at: 22 });
    expect(termOf('f(1)')).toMatchObject({ at: 16 });
  });
});

test('arrays and objects are not counted as expressions', () => {
  const text = `package a\nx := ${'[{"k": '.repeat(100)}1${'}]'.repeat(100)}`;
  expect(errorOf(text)).toBeUndefined();
});

test('collections that look like comprehensions are read in linear time', () => {
  const text = `package a\nx := ${'[a | b, '.repeat(190)}1${']'.repeat(190)}`;
  expect(errorOf(text)).toBeUndefined();
});
