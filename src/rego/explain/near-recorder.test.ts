import { expect, test } from 'vitest';
import { compile } from '../compile.ts';
import { textOf } from '../position.ts';
import type { NearMiss, Way } from './near-miss.ts';

function nearMiss(rules: string, value: unknown, profile = 'kata'): NearMiss {
  const text = `package agent_policy\n\nimport rego.v1\n\n${rules}\n`;
  const result = compile([{ name: 'policy.rego', text }], { profile });
  if (!result.ok) throw new Error(result.errors[0]?.message);
  return result.policy.nearMiss('data.agent_policy.allow', { input: { value } });
}

const waysOf = ({ definitions }: NearMiss): readonly Way[] =>
  definitions.flatMap(({ ways }) => ways);

const failuresOf = (way: Way | undefined): readonly string[] =>
  (way?.failures ?? []).map(({ seen, span }) => textOf(seen?.span ?? span));

const CONTAINERS = `default allow := false
allow if {
  some c in containers
  ok(c, input)
}
ok(c, given) if {
  c.name == given.name
  c.user == given.user
  every i, arg in given.args { arg == c.args[i] }
}
containers := [
  {"name": "a", "user": 1, "args": ["x", "y"]},
  {"name": "b", "user": 2, "args": ["x", "z"]},
  {"name": "c", "user": 3, "args": ["p", "q"]},
]`;

test.each(['kata', 'opa'])(
  'ways come with fewest differences first, all of them told (%s)',
  (profile) => {
    const found = nearMiss(CONTAINERS, { name: 'a', user: 2, args: ['x', 'z'] }, profile);
    const ways = waysOf(found);
    expect(ways.map(({ distance }) => distance)).toEqual([1, 2, 4]);
    const [inner] = ways[0]?.failures[0]?.ways ?? [];
    expect(failuresOf(inner)).toEqual(['c.name == given.name']);
    const [second] = ways[1]?.failures[0]?.ways ?? [];
    expect(failuresOf(second)).toEqual(['c.user == given.user', 'arg == c.args[i]']);
  },
);

test('every place of the input is known through arguments, loops and indexes', () => {
  const [way] = waysOf(nearMiss(CONTAINERS, { name: 'b', user: 2, args: ['x', 'q'] }));
  const [failure] = way?.failures[0]?.ways[0]?.failures ?? [];
  expect(failure?.seen?.parts.map(({ origins, value }) => ({ origins, value }))).toEqual([
    { value: 'q', origins: [{ root: 'input', path: ['args', 1], exact: true }] },
    {
      value: 'z',
      origins: [{ root: 'data', path: ['agent_policy', 'containers', 1, 'args', 1], exact: true }],
    },
  ]);
});

test('locals that double at every step are followed as far as a bound', () => {
  const doubled = Array.from({ length: 40 }, (_, i) => `  x${i + 1} := x${i} + x${i}`);
  const rules = ['allow if {', '  x0 := input.a', ...doubled, '  x40 == 3', '}'].join('\n');
  const [way] = waysOf(nearMiss(rules, { a: 7 }));
  expect(failuresOf(way)).toEqual(['x40 == 3']);
});

test('a solution that rests on a supposition gives no value to anybody', () => {
  const rules = `default allow := false
allow if { name == "b"; count(all) == 0 }
name := "a" if input.x == 1
name := "b" if input.x == 2
all contains y if { some y in input.ys; y > 10 }`;
  const found = nearMiss(rules, { x: 1, ys: [1, 2] });
  expect(failuresOf(waysOf(found)[0])).toEqual(['name == "b"']);
});

test('what an earlier failure leaves without a value is not counted', () => {
  const rules = `default allow := false
allow if { x := input.missing; y := x.z; y == 1; input.b == 2 }`;
  const [way] = waysOf(nearMiss(rules, { b: 3 }));
  expect(way?.distance).toBe(2);
});

test('filters of comprehensions and what a negation looks for are not supposed', () => {
  const rules = `default allow := false
allow if { count([x | some x in input.xs; x > 10]) == 1; not bad(input.name) }
bad(name) if name == "evil"`;
  const [way] = waysOf(nearMiss(rules, { xs: [1, 20, 30], name: 'good' }));
  expect(failuresOf(way)).toEqual(['count([x | some x in input.xs; x > 10]) == 1']);
});

test('a fault in a supposed part ends that way only', () => {
  const rules = `default allow := false
allow if { input.kind == "a"; input.n + 1 > 0 }
allow if { input.kind == "b"; input.m == 1 }`;
  const ways = waysOf(nearMiss(rules, { kind: 'c', n: 'text', m: 1 }));
  expect(ways.map(({ distance, partial }) => ({ distance, partial }))).toEqual([
    { distance: 1, partial: false },
    { distance: 2, partial: true },
  ]);
});

const FIVE_THOUSAND = Array.from({ length: 5_000 }, (_, i) => i);

test.each([
  {
    note: 'elements of a loop',
    rules: `default allow := false
allow if {
  some c in containers
  c.name == input.name
  c.args == input.args
}
containers := [${FIVE_THOUSAND.map((i) => `{"name": "n${String(i)}", "args": ["a", "${String(i)}"]}`).join(',\n')}]`,
    omitted: 0,
    tried: 5_000,
  },
  {
    note: 'definitions',
    rules: `default allow := false\n${FIVE_THOUSAND.map((i) => `allow if { input.name == "n${String(i)}"; input.args == ["a", "${String(i)}"] }`).join('\n')}`,
    // The default is one, too.
    omitted: 5_001 - 64,
    tried: 1,
  },
])(
  'of five thousand $note the nearest are kept and the rest is counted',
  ({ rules, omitted, tried }) => {
    const found = nearMiss(rules, { name: 'n4321', args: ['a', '1234'] });
    const [nearest] = found.definitions;
    expect(found.definitions.length).toBeLessThanOrEqual(64);
    expect(found.definitions.every(({ ways }) => ways.length <= 16)).toBe(true);
    expect(found).toMatchObject({ omitted, truncated: false });
    expect(nearest?.tried).toBe(tried);
    expect(failuresOf(nearest?.ways[0])).toHaveLength(1);
  },
);

test('a search that takes too long is cut and says so', () => {
  const rules = `default allow := false
allow if { some a in input.xs; some b in input.xs; some c in input.xs; some d in input.xs; a + b + c + d == 1 }`;
  const text = `package agent_policy\nimport rego.v1\n${rules}`;
  const result = compile([{ name: 'policy.rego', text }], { profile: 'kata' });
  if (!result.ok) throw new Error('it compiles');
  const xs = Array.from({ length: 100 }, (_, i) => i + 1);
  const found = result.policy.nearMiss('data.agent_policy.allow', {
    input: { value: { xs } },
    budget: { steps: 20_000 },
  });
  expect(found.truncated).toBe(true);
  expect(waysOf(found)[0]?.distance).toBe(1);
});
