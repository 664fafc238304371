/** policies/genpolicy-style.rego answers its requests as they say, in the guest's engine and in OPA's. */
import { readFileSync } from 'node:fs';
import { compile, RegoObject, valueToJs, type CompiledPolicy } from '#rego';
import { describe, expect, it } from 'vitest';
import { growPolicy, readGenpolicyStyle, createContainerRequest } from './corpus.ts';
import type { TestCase } from './testcases.ts';
import { TESTCASES_FILE, testCasesText } from './write-testcases.ts';

const policy = readGenpolicyStyle();

interface Verdict {
  readonly allowed: boolean;
  readonly ops: readonly { readonly op: string; readonly path: string; readonly value?: unknown }[];
}

function load(text: string, profile: string): CompiledPolicy {
  const result = compile([{ name: 'agent_policy', text }], { profile });
  if (!result.ok) throw new Error(result.errors[0]?.message);
  return result.policy;
}

function decide(
  compiled: CompiledPolicy,
  kind: string,
  request: unknown,
  pstate: unknown,
): Verdict {
  const outcome = compiled.query(`data.agent_policy.${kind}`, {
    input: { value: request },
    data: { value: { pstate } },
  });
  if (outcome.kind !== 'value') throw new Error(`${kind}: ${outcome.kind}`);
  if (!(outcome.value instanceof RegoObject)) return { allowed: outcome.value === true, ops: [] };
  return valueToJs(outcome.value, { order: 'opa', numbers: 'decimal' }) as Verdict;
}

describe('policies/genpolicy-style.rego', () => {
  it('has its requests written out', () => {
    expect(readFileSync(TESTCASES_FILE, 'utf8')).toBe(testCasesText());
  });

  it.each(['kata', 'opa'])(
    'answers every request as expected, state carried along (%s)',
    (profile) => {
      const cases = JSON.parse(readFileSync(TESTCASES_FILE, 'utf8')) as readonly TestCase[];
      const compiled = load(policy.text, profile);
      const state = new Map<string, unknown>();
      const wrong: string[] = [];
      for (const { description, allowed, kind, request } of cases) {
        const verdict = decide(compiled, kind, request, Object.fromEntries(state));
        if (verdict.allowed !== allowed) wrong.push(description);
        for (const { op, path, value } of verdict.ops) {
          const key = path.slice('/pstate/'.length);
          if (op === 'add') state.set(key, value);
          else state.delete(key);
        }
      }
      expect(wrong).toEqual([]);
      expect(cases.length).toBeGreaterThanOrEqual(60);
      expect(cases.filter(({ allowed }) => allowed).length).toBeGreaterThanOrEqual(30);
      expect(state.size).toBeGreaterThan(2);
    },
  );

  it('grows by copies of its containers', () => {
    const grown = growPolicy(policy, 12);
    const request = createContainerRequest(grown, 11);
    expect(decide(load(grown.text, 'kata'), 'CreateContainerRequest', request, {}).allowed).toBe(
      true,
    );
  });
});
