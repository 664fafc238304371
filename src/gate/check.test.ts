/** Endpoints that are missing, mistyped or can never be allowed. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkEndpoints } from './check.ts';
import { loadRego } from './rego-engine.ts';
import { kataProfile } from './versions.ts';

const check = (rules: string, pkg = 'agent_policy') =>
  checkEndpoints(loadRego(`package ${pkg}\n${rules}`, 'p.rego', kataProfile()));

const statusOf = (rules: string) =>
  check(rules).endpoints.find(({ endpoint }) => endpoint === 'ExecProcessRequest')?.status;

test.each([
  { status: 'missing', rules: '' },
  { status: 'always', rules: 'default ExecProcessRequest := true' },
  { status: 'always', rules: 'ExecProcessRequest := true' },
  { status: 'always', rules: 'default ExecProcessRequest := false\nExecProcessRequest := true' },
  { status: 'never', rules: 'default ExecProcessRequest := false' },
  { status: 'never', rules: 'ExecProcessRequest := false' },
  {
    status: 'never',
    rules: 'default ExecProcessRequest := false\nExecProcessRequest if { input.a; false }',
  },
  { status: 'never', rules: 'ExecProcessRequest if { not true }' },
  { status: 'never', rules: 'ExecProcessRequest if { "a" == "b" }' },
  { status: 'never', rules: 'ExecProcessRequest if { no_such_rule }' },
  { status: 'never', rules: 'ExecProcessRequest := "yes"' },
  { status: 'never', rules: 'ExecProcessRequest := {"allow": true}' },
  { status: 'never', rules: 'ExecProcessRequest := {"allowed": false}' },
  { status: 'conditional', rules: 'ExecProcessRequest if { input.a == "b" }' },
  {
    status: 'conditional',
    rules: 'ExecProcessRequest := {"allowed": true, "ops": ops} if { ops := input.ops }',
  },
  { status: 'conditional', rules: 'ExecProcessRequest if { data.pstate.a }' },
  {
    status: 'conditional',
    rules: 'allowed := ["a"]\nExecProcessRequest if { input.a in allowed }',
  },
  {
    status: 'always',
    rules: 'ExecProcessRequest if { policy_data.x }\npolicy_data := {"x": true}',
  },
  {
    status: 'never',
    rules:
      'default ExecProcessRequest := false\nExecProcessRequest if policy_data.x\npolicy_data := {"x": false}',
  },
  {
    status: 'conditional',
    rules:
      'default ExecProcessRequest := false\nExecProcessRequest if f(policy_data.x)\nf(x) if input.a == x\npolicy_data := {"x": false}',
  },
  {
    status: 'conditional',
    rules: 'default ExecProcessRequest := false\nExecProcessRequest if g\ng if data.pstate.a',
  },
])('$status: $rules', ({ status, rules }) => {
  if (rules.includes('no_such_rule')) {
    // An undeclared name is the engine's to refuse; a path to a rule that is not there is ours.
    expect(statusOf(rules.replace('no_such_rule', 'data.agent_policy.no_such_rule'))).toBe(status);
  } else expect(statusOf(rules)).toBe(status);
});

test('a refused endpoint says where it is decided', () => {
  const [found] = check('\ndefault CreateContainerRequest := false').endpoints;
  expect(found).toMatchObject({
    endpoint: 'CreateContainerRequest',
    methods: ['CreateContainer'],
    status: 'never',
    place: { file: 'p.rego', line: 3, column: 1 },
  });
});

test('names that are spelled like endpoints and are none', () => {
  const { stray } = check(
    'default ExecProcesRequest := true\ndefault PullImageRequest := true\ndefault FrobnicateWidgetsRequest := true\nhelper := 1\nAllowRequestsFailingPolicy := false',
  );
  expect(stray.map(({ name, kind, suggestion }) => ({ name, kind, suggestion }))).toEqual([
    { name: 'ExecProcesRequest', kind: 'mistyped', suggestion: 'ExecProcessRequest' },
    { name: 'PullImageRequest', kind: 'stale', suggestion: undefined },
    { name: 'FrobnicateWidgetsRequest', kind: 'unknown', suggestion: undefined },
  ]);
});

test('another package is named, and every endpoint is missing', () => {
  const result = check('default ExecProcessRequest := true', 'agent.policy');
  expect(result.otherPackage).toBe('agent.policy');
  expect(result.endpoints.every(({ status }) => status === 'missing')).toBe(true);
});

describe('the shipped samples', () => {
  const folder = join(import.meta.dirname, '../../policies');
  const samples = readdirSync(folder).filter((file) => file.endsWith('.rego'));
  test.each(samples)('%s loads, and allow-all allows all', (file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const { endpoints } = checkEndpoints(loadRego(text, file, kataProfile()));
    expect(endpoints).toHaveLength(41);
    if (file === 'allow-all.rego')
      expect(new Set(endpoints.map(({ status }) => status))).toEqual(new Set(['always']));
  });
});
