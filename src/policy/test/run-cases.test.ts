import { steppingClock } from '#base';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PolicyText } from '../corpus/decide-corpus.ts';
import { readCorpus } from '../corpus/read-corpus.ts';
import { countRows, rowOfCase, rowOfRule, testReport } from './case-report.ts';
import { runCases, type CaseResult } from './run-cases.ts';
import { runRules } from './run-rules.ts';
import { updateCases } from './update-cases.ts';

const text = `package agent_policy

default ExecProcessRequest := false

ExecProcessRequest if {
	print("args are", input.process.Args)
	input.process.Args == ["id"]
}

CreateContainerRequest := {"allowed": true, "ops": [{"op": "add", "path": "/pstate/c", "value": 1}]} if {
	not data.pstate.c
}
`;
const policy: PolicyText = { text, file: 'policy.rego' };
const clock = steppingClock(0);

const run = (yaml: string, pattern?: RegExp): readonly CaseResult[] => [
  ...runCases(policy, readCorpus(yaml, 'cases.yaml').entries, {
    clock,
    ...(pattern !== undefined && { run: pattern }),
  }),
];
const reasons = (results: readonly CaseResult[]): readonly (readonly string[])[] =>
  results.map(({ unmet }) => unmet.map((one) => one.text));

describe('a case', () => {
  it('passes when verdict, message, prints, explanation, state and ops are as demanded', () => {
    const results = run(`
- {kind: CreateContainerRequest, request: {}, verdict: allow, state: {c: 1}, ops: [{op: add, path: /pstate/c, value: 1}]}
- kind: ExecProcessRequest
  request: {process: {Args: [sh]}}
  verdict: deny
  message: 'ExecProcessRequest is blocked by policy: policy.rego:6: args are ["sh"]'
  prints: [args are, '/"sh"/']
  explains: ['process.Args']
- {kind: ListRoutesRequest, request: {}, verdict: fault, message: /internal error/}
`);
    expect(reasons(results)).toEqual([[], [], []]);
    expect(results.every(({ status, explained }) => status === 'passed' && !explained)).toBe(true);
  });

  it('fails with a sentence per demand that was not met, and the explanation', () => {
    const results = run(`
- {kind: CreateContainerRequest, request: {}, verdict: allow, state: {}, ops: []}
- kind: ExecProcessRequest
  request: {process: {Args: [sh]}}
  verdict: allow
  message: nothing
  prints: [other]
  explains: [no.such.field]
`);
    expect(reasons(results)).toEqual([
      [
        'expected state {}, got {"c":1}',
        'expected ops [], got [{"op":"add","path":"/pstate/c","value":1}]',
      ],
      [
        'expected allow, got deny',
        expect.stringContaining('expected message nothing, got "ExecProcessRequest is blocked'),
        'no print has other',
        'the explanation does not name no.such.field',
      ],
    ]);
    const row = rowOfCase(results[1]!);
    expect(row.explain({}).join('\n')).toContain('process.Args');
  });

  it('that wants a denial is not met by a fault, as for genpolicy’s own runner', () => {
    const [result] = run('- {kind: ListRoutesRequest, request: {}, allowed: false}');
    expect(result?.unmet[0]?.text).toMatch(
      /^expected deny, got fault: ListRoutesRequest: internal/,
    );
  });

  it('that is not selected still changes the state', () => {
    const results = run(
      `
- {description: first, kind: CreateContainerRequest, request: {}, verdict: allow}
- {description: again, kind: CreateContainerRequest, request: {}, verdict: fault}
`,
      /again/,
    );
    expect(results.map(({ entry, status }) => [entry.note, status])).toEqual([['again', 'passed']]);
  });

  it('of a log is skipped when there is nothing to hold it against', () => {
    const masked = {
      path: 'agent_policy/ExecProcessRequest',
      input: {},
      result: true,
      erased: ['/input/data'],
    };
    const logs = ['{"kind":"ExecProcessRequest","request":{}}', JSON.stringify(masked)];
    const results = logs.flatMap((log) => [
      ...runCases(policy, readCorpus(log, 'log').entries, { clock }),
    ]);
    expect(results.map(({ skippedFor }) => skippedFor)).toEqual([
      'the log has no verdict for it; policy replay decides it',
      'the request was masked when it was logged: /input/data',
    ]);
  });
});

describe('runRules', () => {
  const tests = `package agent_policy_test

import data.agent_policy

test_id if agent_policy.ExecProcessRequest with input as {"process": {"Args": ["id"]}}

test_sh if agent_policy.ExecProcessRequest with input as {"process": {"Args": ["sh"]}}

test_state if not agent_policy.CreateContainerRequest with data.pstate as {"c": 1}

todo_test_later if true
`;
  const rules = runRules(
    policy,
    { text: tests, file: 'policy_test.rego' },
    {
      clock,
      signal: new AbortController().signal,
    },
  );

  it('runs test_ rules with the guest’s engine', () => {
    expect(rules.map(({ name, status }) => [name.split('.').at(-1), status])).toEqual([
      ['test_id', 'passed'],
      ['test_sh', 'failed'],
      ['test_state', 'passed'],
      ['todo_test_later', 'skipped'],
    ]);
    expect(rules[1]).toMatchObject({
      reasons: ['the rule is not true'],
      place: { file: 'policy_test.rego', line: 7 },
    });
  });

  it('warns of rules that the policy does not have, with the nearest', () => {
    const text = `package agent_policy_test

import data.agent_policy

test_typo if not agent_policy.ExecProcesRequest

test_gone if not agent_policy.ReadStreamRequest

test_helper if is_shell

is_shell if not data.agent_policy.shells

test_fine if not agent_policy.ExecProcessRequest with input as {"process": {"Args": ["sh"]}}
`;
    const results = runRules(
      policy,
      { text, file: 'policy_test.rego' },
      { clock, signal: new AbortController().signal },
    );
    expect(results.map(({ status }) => status)).toEqual(Array(4).fill('passed'));
    expect(results.map(({ warnings }) => warnings.map(({ message }) => message))).toEqual([
      [
        'policy.rego has no rule agent_policy.ExecProcesRequest: did you mean ExecProcessRequest?',
        'policy.rego has no rule agent_policy.shells: it is undefined, so `not` of it holds',
      ],
      [
        'policy.rego has no rule agent_policy.ReadStreamRequest: an agent answers INTERNAL for this endpoint, which is no denial',
      ],
      [],
      [],
    ]);
    expect(results[0]?.warnings[0]?.place).toEqual({
      file: 'policy_test.rego',
      line: 5,
      column: 18,
    });
    const rows = results.map(rowOfRule);
    const suite = { file: 'policy_test.rego', policy: 'policy.rego', kataVersion: '4.1.0', rows };
    const { items } = testReport([suite]);
    expect(items.filter(({ status }) => status === 'warning')).toHaveLength(3);
  });

  it('reports beside cases', () => {
    const [failing] = run(
      '- {description: a shell, kind: ExecProcessRequest, request: {}, verdict: allow}',
    );
    const rows = [rowOfCase(failing!), ...rules.map(rowOfRule)];
    const suite = { file: 'cases.yaml', policy: 'policy.rego', kataVersion: '4.1.0', rows };
    expect(countRows([suite])).toEqual({ passed: 2, failed: 2, skipped: 1 });
    const { items } = testReport([suite]);
    expect(items[0]).toMatchObject({
      suite: 'cases.yaml',
      name: 'a shell',
      status: 'failed',
      message: 'expected allow, got deny',
    });
    expect(items[0]?.details?.length).toBeGreaterThan(0);
    const both = testReport([suite, { ...suite, kataVersion: '3.29.0' }]);
    expect(new Set(both.items.map((item) => item.suite))).toEqual(
      new Set(['cases.yaml (Kata 4.1.0)', 'cases.yaml (Kata 3.29.0)']),
    );
  });
});

describe('updateCases', () => {
  it('writes what came into YAML and leaves the rest of the text alone', () => {
    const yaml = `# kept
cases:
  - description: a shell   # kept, too
    kind: ExecProcessRequest
    request: {process: {Args: [sh]}}
    verdict: allow         # wrong
    message: "old"
  - kind: ListRoutesRequest
    request: {}
    allowed: false
  - kind: CreateContainerRequest
    request: {}
    verdict: allow
    state:
      other: 1
    explains: [nothing]
`;
    const { text: updated, changed, left } = updateCases(yaml, 'cases', run(yaml));
    expect(changed).toBe(3);
    expect([...left]).toEqual([[2, 'the explanation does not name nothing']]);
    expect(updated.split('\n').slice(0, 6).join('\n')).toBe(
      yaml
        .replace('verdict: allow         # wrong', 'verdict: deny         # wrong')
        .split('\n')
        .slice(0, 6)
        .join('\n'),
    );
    expect(updated).toContain('    verdict: fault\n');
    const again = run(updated);
    expect(again.map(({ status }) => status)).toEqual(['passed', 'passed', 'failed']);
    expect(again[2]?.unmet.map(({ demand }) => demand)).toEqual(['explains']);
  });

  it('changes nothing but the verdict in testcases.json, and has no word for a fault', () => {
    const json = `[
  {"description": "a shell", "allowed" :true , "kind": "ExecProcessRequest", "request": {"process": {"Args": ["sh"]}}},
  {"description": "no rule", "allowed": false, "kind": "ListRoutesRequest", "request": {}}
]`;
    const results = [...runCases(policy, readCorpus(json, 'f').entries, { clock })];
    const { text: updated, changed, left } = updateCases(json, 'testcases', results);
    expect(updated).toBe(json.replace(':true ', ':false '));
    expect(changed).toBe(1);
    expect([...left.keys()]).toEqual([1]);
  });

  it('finds nothing to do in the shipped cases', () => {
    const directory = new URL('../../../policies/', import.meta.url);
    const cases = readFileSync(new URL('genpolicy-style.testcases.json', directory), 'utf8');
    const rego = readFileSync(new URL('genpolicy-style.rego', directory), 'utf8');
    const { entries, format } = readCorpus(cases, 'cases');
    const results = [...runCases({ text: rego, file: 'p.rego' }, entries, { clock })];
    expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(updateCases(cases, format, results)).toMatchObject({ text: cases, changed: 0 });
  });
});
