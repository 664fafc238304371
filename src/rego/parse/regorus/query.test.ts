import { expect, test } from 'vitest';
import type { Body, RegoVersion } from '../../ast.ts';
import { parseQuery } from '../parse-module.ts';
import { errorOf, rulesOf } from './testing.ts';

const bodyOf = (text: string): Body | undefined => rulesOf(`x if { ${text} }`)[0]?.body;

test.each<[string, string, RegoVersion?]>([
  ['x := 1 if { true true }', '2:18 expecting `}` while parsing query'],
  ['x if { input := 1 }', '2:14 input cannot be shadowed'],
  ['x if { some a.b }', '- encountered `a` while expecting identifier'],
  ['x if { some a, b, c in d }', '- encountered `c` while expecting `in`'],
  ['x = 1 { a, b }', '2:7 expecting }', 'v0'],
  ['x if { every a in b }', '2:21 expecting `{` Failed to parse `every` statement.'],
  ['x if { every a b { true } }', '2:16 expecting `in` Failed to parse `every` statement.'],
  ['x if { true; a with input }', '2:27 expecting `as` while parsing with-modifier expression'],
])('%s is refused at its place', (text, want, version) => {
  const found = errorOf(`package a\n${text}`, version);
  if (want.startsWith('- ')) expect(found).toContain(want.slice(2));
  else expect(found).toBe(want);
});

test.each([
  ['a; b', [{ term: { name: 'a' } }, { term: { name: 'b' } }]],
  ['a\nb', [{ term: { name: 'a' } }, { term: { name: 'b' } }]],
  ['not a', [{ kind: 'expr', negated: true }]],
  ['a := 1', [{ term: { infix: ':=' } }]],
  ['a = 1', [{ term: { infix: '=' } }]],
  ['a == 1', [{ term: { infix: '==' } }]],
  ['some a, b', [{ kind: 'some', vars: [{ name: 'a' }, { name: 'b' }] }]],
  ['some a in b', [{ kind: 'some-in', value: { name: 'a' }, domain: { name: 'b' } }]],
  ['some k, v in b', [{ kind: 'some-in', key: { name: 'k' }, value: { name: 'v' } }]],
  [
    'every v in b { v }',
    [{ kind: 'every', value: { name: 'v' }, body: [{ term: { name: 'v' } }] }],
  ],
  ['every k, v in b { v }', [{ kind: 'every', key: { name: 'k' }, value: { name: 'v' } }]],
  [
    'a with input.b as 1 with data.c as 2',
    [{ with: [{ target: { kind: 'ref' }, value: { text: '1' } }, { value: { text: '2' } }] }],
  ],
])('{ %s }', (text, want) => {
  const body = bodyOf(text);
  expect(body).toHaveLength(want.length);
  expect(body).toMatchObject(want);
});

test.each([
  ['a; b', 2, undefined],
  ['a\nb', 2, undefined],
  ['a b', undefined, 'expecting EOF'],
])('the query %j has %s literals', (text, count, error) => {
  const { body, errors } = parseQuery({ name: 'q', text }, { engine: 'regorus' });
  expect(body?.length).toBe(count);
  expect(errors[0]?.message).toBe(error);
});
