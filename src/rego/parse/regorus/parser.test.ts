import { expect, test } from 'vitest';
import { parseModule } from '../parse-module.ts';
import { errorOf, parse } from './testing.ts';

const nested = (levels: number): string =>
  `package a\nx := ${'('.repeat(levels)}1${')'.repeat(levels)}`;

test('31 parentheses fit into 32 expressions, 32 do not', () => {
  expect(errorOf(nested(31))).toBeUndefined();
  expect(errorOf(nested(32))).toBe('2:38 expression nesting too deep (>32)');
});

test('engines before the limit take more', () => {
  const limits = { maxExpressionDepth: Infinity };
  const source = { name: 'p', text: nested(200) };
  expect(parseModule(source, { engine: 'regorus', limits }).errors).toEqual([]);
});

test.each([
  ['brackets', '['.repeat(100_000)],
  ['braces', '{'.repeat(100_000)],
  ['comprehensions', '[a | '.repeat(100_000)],
  ['a sum', `1${' + 1'.repeat(10_000)}`],
])('100,000 %s: a located error', (_note, text) => {
  const limits = { maxColumns: 10_000_000 };
  const source = { name: 'p', text: `package a\nx := ${text}` };
  const [error] = parseModule(source, { engine: 'regorus', limits }).errors;
  expect(error?.message).toBe('expression nesting too deep (>400)');
});

test.each([
  ['every', 'x { every y in [1] { y } }'],
  ['in', 'x { some y in [1] }'],
  ['if', 'x if { true }'],
])('v0: %s without its import is warned of once, at its place', (keyword, rule) => {
  const { warnings } = parse(`package a\n${rule}`, 'v0');
  expect(warnings.map(({ message, span }) => [message, span.start])).toContainEqual([
    `\`${keyword}\` will be treated as identifier due to missing \`import future.keywords.${keyword}\``,
    10 + rule.indexOf(keyword),
  ]);
  const places = warnings.map(({ span }) => span.start);
  expect(new Set(places).size).toBe(places.length);
});

test.each([
  ['import future.keywords.foo\nfoo := 1', '3:1 unexpected keyword `foo`'],
  ['import future.keywords.foo\nfoos := 1', undefined],
])('v0: any name may be imported as a keyword, and is none of the variables then', (text, want) => {
  expect(errorOf(`package a\n${text}`, 'v0')).toBe(want);
});
