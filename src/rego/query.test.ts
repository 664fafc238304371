import { expect, test } from 'vitest';
import { answerOf, policyOf } from './testing.ts';

test.each([
  ['data.t.x', '1'],
  ['data.t.nope', 'undefined'],
  ['data.t.x + 1', '2'],
  ['data.t.x == 2', 'false'],
])('the query %s gives %s', (query, want) => {
  expect(answerOf('x := 1', { query, profile: 'opa' })).toBe(want);
});

test('a query with variables gives a row for each solution', () => {
  const outcome = policyOf('x := 1', 'opa').query('some v in [1, 2, 3]; v > 1');
  if (outcome.kind !== 'value') throw new Error(outcome.kind);
  expect(outcome.rows.map(({ bindings }) => ({ ...bindings }))).toEqual([{ v: 2 }, { v: 3 }]);
});

test('an unsafe variable is a fault of the query', () => {
  const outcome = policyOf('x := 1', 'opa').query('y > 1');
  expect(outcome).toMatchObject({ kind: 'fault', phase: 'query', code: 'rego_unsafe_var_error' });
});
