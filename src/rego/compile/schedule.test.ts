/** The order of literals, and what the preparation refuses. Answers are those of OPA 1.19.0 and regorus 0.9.1. */
import { expect, test } from 'vitest';
import { answerOf } from '../testing.ts';

test.each<[note: string, rules: string, want: string, input?: string]>([
  [
    'a definition may stand below its use',
    'x := y if { y == z; z := 1; y := 1 }',
    '2:18 var `z` used before definition below.\n--> p:2:21\n  |\n2 | x := y if { y == z; z := 1; y := 1 }\n  |                     ^\ndefinition: ',
  ],
  ['unification waits for its variable', 'x := y if { y = z + 1; z = 2 }', '3'],
  [
    'assigned below its first use',
    'x if { y == 1; y := 1 }',
    '2:8 var `y` used before definition below.\n--> p:2:16\n  |\n2 | x if { y == 1; y := 1 }\n  |                ^\ndefinition: ',
  ],
  ['a variable nobody binds', 'x if { y == 1 }', '2:8 use of undefined variable `y` is unsafe'],
  ['an index binds', 'x := i if { input[i] == 2 }', '1', '[1, 2]'],
  ['the last operand of a call takes its result', 'x := n if { count([1, 2], n) }', '2'],
  [
    'arrays of different length',
    'x if { [a, b] = [1] }',
    '2:17 mismatch in number of array elements',
  ],
  [
    'functions of one name and two lengths',
    'f(a) := 1\nf(a, b) := 1\nx := 1',
    '3:1 data.t.f was previously defined with 1 arguments.',
  ],
  [
    'a comprehension sees what is bound below',
    'x := ys if { ys := [z | z := y + 1]; y := 1 }',
    '2:20 var `y` used before definition below.\n--> p:2:38\n  |\n2 | x := ys if { ys := [z | z := y + 1]; y := 1 }\n  |                                      ^\ndefinition: ',
  ],
  [
    'a comprehension in a head with a body',
    'x := [y | some y in [1]] if true',
    '2:9 statements not scheduled in query {query:?}',
  ],
  ['a comprehension in a head without one', 'x := [y | some y in [1]]', '[1]'],
  ['some before its use', 'x := y if { some y; input[y] == 2 }', '1', '[1, 2]'],
  [
    'a loop in with',
    'x := v if { v := input.a with input as y; y := {"a": 1} }',
    `2:40 var \`y\` used before definition below.
--> p:2:43
  |
2 | x := v if { v := input.a with input as y; y := {"a": 1} }
  |                                           ^
definition: `,
  ],
])('regorus: %s', (_, rules, want, json) => {
  const input = json === undefined ? undefined : { json };
  expect(answerOf(rules, { profile: 'kata', ...(input && { input }) })).toBe(want);
});
