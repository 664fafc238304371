/**
 * Erroneous modules, and what OPA 1.19.0 says about them. Cases that OPA answers with a place or a
 * name of its own making (`__local3__`, the place of another use) have our words in `want_ours`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Module } from '../../ast.ts';
import { compile } from '../../compile.ts';
import type { CompiledPolicy } from '../../compiled-policy.ts';
import { parseModule } from '../../parse/parse-module.ts';
import { opaPosition } from '../../position.ts';
import { findProfile } from '../../profile.ts';
import type { Diagnostic } from '../../source.ts';
import { valueBuilder } from '../../value.ts';
import { collectDiagnostics } from './testing.ts';

interface Case {
  readonly note: string;
  readonly modules: readonly string[];
  readonly v0?: boolean;
  readonly strict?: boolean;
  readonly unsafe?: readonly string[];
  readonly builtins?: readonly string[];
  readonly want_errors: readonly string[];
  readonly want_ours?: readonly string[];
}

const folder = new URL('./testdata/', import.meta.url);

const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => {
    const { cases: all } = parse(readFileSync(new URL(name, folder), 'utf8')) as { cases: Case[] };
    return all;
  });

function parseAll({ modules, v0 = false }: Case): readonly Module[] {
  return modules.map((text, i) => {
    const source = { name: `m${String(i)}.rego`, text };
    const options = { regoVersion: v0 ? 'v0' : 'v1', builder: valueBuilder('decimal') } as const;
    const { module, errors } = parseModule(source, options);
    if (module === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
    return module;
  });
}

function errorLine({ span, code, message, details }: Diagnostic): string {
  const { row, col } = opaPosition(span.source, span.start);
  const head = `${span.source.name}:${String(row)}:${String(col)}: ${code}: ${message}`;
  return [head, ...details].join('\n\t');
}

describe('errors of a policy', () => {
  test.each(cases)('$note', (one) => {
    const profile = findProfile('opa');
    if (profile === undefined) throw new Error('no profile');
    const errors = collectDiagnostics(parseAll(one), {
      profile,
      strict: one.strict ?? false,
      severity: 'error',
      unsafeBuiltins: new Set(one.unsafe),
      ...(one.builtins !== undefined && { builtins: new Set(one.builtins) }),
    });
    const want = one.want_ours ?? one.want_errors;
    expect(errors.map(errorLine).sort()).toEqual([...new Set(want)].sort());
  });
});

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
