import { expect, test } from 'vitest';
import type { RegoVersion } from '../../ast.ts';
import { errorOf, rulesOf } from './testing.ts';

test.each<[string, string, RegoVersion?]>([
  ['x := 1; y := 2', '2:7 expecting identifier. Failed to parse rule-ref.'],
  ['[x] := 1', '2:0 invalid whitespace before ['],
  ['x { true }', '2:3 `if` keyword is required before rule body'],
  ['x if { true } else { true }', '2:15 `if` keyword is required before rule body'],
  ['x contains 1 if { y } else := 2', '2:23 else cannot be used with set rules'],
  ['x.a', '2:1 `contains` keyword is required for partial set rules'],
  ['x', '2:1 rule must have a body or assignment'],
  ['default f(b, b) := 1', '2:14 repeating parameter name'],
  ['x = 1 if true', '2:10 unexpected keyword `true`', 'v0'],
  ['input := 1', '2:1 input cannot be shadowed'],
  ['default x', '2:10 expecting `:=` while parsing default rule'],
  ['f(1', '2:4 expecting `)` while parsing function rule args'],
  ['x := 1 if { true } else', '2:24 expected assignment or query after `else`'],
])('%s is refused at its place', (text, want, version) => {
  expect(errorOf(`package a\n${text}`, version)).toBe(want);
});

test.each<[string, object, RegoVersion?]>([
  [
    'x := 1',
    { head: { kind: 'single', name: 'x', assign: ':=', value: { text: '1' } }, hasIf: false },
  ],
  ['x = 1', { head: { assign: '=' } }],
  ['x if true', { hasIf: true, body: [{ term: { value: true } }] }],
  ['x.a.b := 1', { head: { kind: 'single', path: [{ value: 'a' }, { value: 'b' }] } }],
  ['x[y] := 1 if y', { head: { kind: 'single', path: [{ name: 'y' }] } }],
  ['x contains 1', { head: { kind: 'multi', hasContains: true, key: { text: '1' } } }],
  [
    'x[1] { true }',
    { head: { kind: 'multi', hasContains: false, key: { text: '1' }, path: [] } },
    'v0',
  ],
  ['f(a, [b], ) := a', { head: { kind: 'function', args: [{ name: 'a' }, { kind: 'array' }] } }],
  ['f() := 1', { head: { kind: 'function', args: [] } }],
  ['default x := 1', { default: true, head: { kind: 'single', value: { text: '1' } } }],
  ['default f(_, _) := 1', { default: true, head: { kind: 'function', args: [{}, {}] } }],
  ['x if {1: 2}', { body: [{ term: { kind: 'constant', shape: 'object' } }] }],
  [
    'x := 1 if a else := 2 if b else := 3',
    {
      else: { value: { text: '2' }, hasIf: true, else: { value: { text: '3' }, body: undefined } },
    },
  ],
])('%s', (text, want, version) => {
  const rules = rulesOf(text, version);
  expect(rules).toHaveLength(1);
  expect(rules[0]).toMatchObject(want);
});

test('v0: further bodies are rules of their own that share the head', () => {
  const rules = rulesOf('x = 1 { a } { b }', 'v0');
  expect(rules.map(({ chained, head }) => [chained, head.name])).toEqual([
    [false, 'x'],
    [true, 'x'],
  ]);
});
