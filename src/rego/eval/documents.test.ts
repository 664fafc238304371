/** References into data. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  ['a package is an object of its rules', 'y := 1\nz.a := 2\nx := count(data.t.z)', '1'],
  [
    'a name below a rule',
    `y := {"a": {"b": 1}}
x := data.t.y.a.b`,
    '1',
  ],
  ['what is not there', 'x := data.nope.a', 'undefined'],
  ['iteration over a rule', 'y := [5, 6]\nx := [i | data.t.y[i]]', '[0,1]'],
  ['a computed key', 'y.a := 1\ny.b := 2\nx := data.t.y[input]', '2', '"b"'],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});

test.each<[note: string, rules: string, want: string, input?: string]>([
  [
    'iteration over names',
    'y.b := 1\ny.a := 2\nx := [[k, v] | v := data.t.y[k]]',
    '[["a",2],["b",1]]',
  ],
  [
    'a name below a rule',
    `y := {"a": {"b": 1}}
x := data.t.y.a.b`,
    '1',
  ],
  ['what is not there', 'x := data.nope.a', 'undefined'],
  ['with puts data in place', 'x := v if { v := data.q.a with data.q as {"a": 3} }', '3'],
  [
    'with hides the rule at its path',
    'y := 1\nx := v if { v := data.t.y with data.t.y as 2 }',
    '2',
  ],
  ['a computed key', 'y.a := 1\ny.b := 2\nx := data.t.y[input]', '2', '"b"'],
])('opa: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'opa', ...(input && { input }) })).toBe(want);
});
