import { expect, test } from 'vitest';
import { compile } from '../compile.ts';
import type { QueryOptions } from '../compiled-policy.ts';
import type { QueryOutcome } from '../outcome.ts';

function ask(text: string, options: QueryOptions & { profile?: string } = {}): QueryOutcome {
  const { profile = 'kata', ...rest } = options;
  const result = compile([{ name: 'p', text: `package t\n${text}` }], { profile });
  if (!result.ok) throw new Error(result.errors[0]?.message);
  return result.policy.query('data.t.x', rest);
}

const numbers = Array.from({ length: 2000 }, (_, i) => i);
const product = 'x if { some a in input; some b in input; some c in input; a + b + c < 0 }';

test('a cartesian product ends with a fault when its steps are used up', () => {
  const outcome = ask(product, { input: { value: numbers }, budget: { steps: 100_000 } });
  expect(outcome).toMatchObject({ kind: 'fault', phase: 'eval', code: 'eval_limit_error' });
  expect(outcome.metrics.steps).toBe(100_000);
});

test('an aborted signal ends the evaluation', () => {
  const outcome = ask(product, { input: { value: numbers }, signal: AbortSignal.abort() });
  expect(outcome).toMatchObject({ kind: 'fault', code: 'eval_cancel_error' });
});

test.each(['opa', 'kata'])('%s: what builtins produce is counted', (profile) => {
  const outcome = ask('x := count(numbers.range(1, input))', {
    profile,
    input: { value: 50_000_000 },
    budget: { produced: 1_000_000 },
  });
  expect(outcome.kind).toBe('fault');
});

test('a runaway recursion is a fault, not a crash', () => {
  const outcome = ask('f(n) := f(n + 1)\nx := f(0)');
  expect(outcome).toMatchObject({ kind: 'fault', code: 'eval_limit_error' });
});

test('a recursion of some hundred calls is answered', () => {
  const outcome = ask('f(n) := 0 if n == 0\nf(n) := f(n - 1) + 1 if n > 0\nx := f(300)');
  expect(outcome).toMatchObject({ kind: 'value', value: 300 });
});

test('a fault inside a function that another clause answers leaves no trace', () => {
  const text = `f(n) := y if { y := g with input as n }
f(_) := 7
g := 1 + input
x := [f("a"), input]`;
  const outcome = ask(text, { input: { value: 1 } });
  expect(outcome).toMatchObject({ kind: 'value', value: [7, 1] });
});

test('deeply nested input is refused with its place', () => {
  const json = `${'['.repeat(200)}${']'.repeat(200)}`;
  expect(ask('x := input', { input: { json } })).toMatchObject({
    kind: 'fault',
    phase: 'input',
    message: 'recursion limit exceeded at line 1 column 129',
  });
});

test('a value that JSON cannot say is refused', () => {
  expect(ask('x := input.f', { input: { value: { f: () => 1 } } })).toMatchObject({
    kind: 'fault',
    code: 'REGO_BAD_VALUE',
  });
});

test('two evaluations of one policy do not see each other', () => {
  const result = compile([{ name: 'p', text: 'package t\nx := input.a + data.b' }], {});
  if (!result.ok) throw new Error('refused');
  const { policy } = result;
  const one = policy.query('data.t.x', { input: { value: { a: 1 } }, data: { value: { b: 10 } } });
  const two = policy.query('data.t.x', { input: { value: { a: 2 } }, data: { value: { b: 20 } } });
  expect([one, two]).toMatchObject([{ value: 11 }, { value: 22 }]);
});

test('a million elements are walked', () => {
  const input = Array.from({ length: 1_000_000 }, (_, i) => ({ id: i }));
  expect(ask('x := count([1 | input[_].id > 998999])', { input: { value: input } })).toMatchObject({
    value: 1000,
  });
});
