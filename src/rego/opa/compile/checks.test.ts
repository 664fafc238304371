/** The recorded errors of checks whose file has no test of its own beside it; and errors of queries. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile } from '../../compile.ts';
import type { CompiledPolicy } from '../../compiled-policy.ts';
import { errorCases, testErrors } from './testing.ts';

const names = readdirSync(errorCases).map((file) => file.replace('.yaml', ''));

for (const name of names) {
  if (existsSync(new URL(`./${name}.test.ts`, import.meta.url))) continue;
  describe(name, () => {
    testErrors(name);
  });
}

describe('errors of a query', () => {
  const policy = compilePolicy('package t\no := {"a": 1}\nf(x) := x + 1\n');

  test.each([
    ['lower(1)', 'lower: invalid argument(s)'],
    ['nope(1)', 'undefined function nope'],
    ['data.t.f(1, 2, 3)', 'function data.t.f has arity 1, got 3 arguments'],
    ['data.t.f("a") == 1', 'data.t.f: invalid argument(s)'],
    ['x := data.t.o.b; x == 1', 'undefined ref: data.t.o.b'],
    ['data.t.o = 1', 'match error'],
  ])('%s', (query, message) => {
    const outcome = policy.query(query);
    expect(outcome).toMatchObject({ kind: 'fault', code: 'rego_type_error', message });
  });

  test('a query without errors is answered', () => {
    expect(policy.query('data.t.f(data.t.o.a)')).toMatchObject({ kind: 'value', value: 2 });
  });
});

function compilePolicy(text: string): CompiledPolicy {
  const result = compile([{ name: 't.rego', text }], { profile: 'opa' });
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  return result.policy;
}
