import { expect, test } from 'vitest';
import { compile } from './compile.ts';
import { CoverageRecorder } from './coverage.ts';
import { textOf } from './position.ts';
import { formatTrace } from './trace.ts';

const POLICY = `package agent_policy

default ExecProcessRequest := false

ExecProcessRequest if {
	input.process.Terminal == false
	some command in allowed
	matches(input.process.Args, command)
}

ExecProcessRequest if {
	input.process.User == 1000
}

allowed := ["id", "date"]

matches(args, command) if {
	count(args) == 1
	args[0] == command
}
`;

function compiled(text: string) {
  const result = compile([{ name: 'policy.rego', text }], { profile: 'kata' });
  if (!result.ok) throw new Error(result.errors[0]?.message);
  return result.policy;
}

const query = 'data.agent_policy.ExecProcessRequest';
const value = { process: { Terminal: false, Args: ['ls'], User: 0 } };

test('a denial names the literal of each definition that stopped it, nearest miss first', () => {
  const outcome = compiled(POLICY).query(query, { input: { value }, explain: true });
  expect(outcome).toMatchObject({ kind: 'value', value: false });
  const attempts = outcome.explanation?.attempts ?? [];
  expect(
    attempts.map(({ passed, held, isDefault, stopped }) => ({
      passed,
      held,
      isDefault,
      text: stopped && textOf(stopped.span),
    })),
  ).toEqual([
    { passed: 2, held: false, isDefault: false, text: 'matches(input.process.Args, command)' },
    { passed: 0, held: false, isDefault: false, text: 'input.process.User == 1000' },
    { passed: 0, held: true, isDefault: true, text: undefined },
  ]);
});

test('the function that a literal called says where it stopped and with which values', () => {
  const outcome = compiled(POLICY).query(query, { input: { value }, explain: true });
  const nearest = outcome.explanation?.attempts[0];
  const call = nearest?.stopped?.calls[0];
  expect(call?.path).toBe('data.agent_policy.matches');
  expect(call?.passed).toBe(1);
  expect(call?.stopped?.bindings).toEqual({ args: ['ls'], command: 'id' });
  expect(call?.stopped?.values.map(({ value: seen }) => seen)).toEqual([
    expect.anything(),
    'ls',
    'id',
    false,
  ]);
});

test('recording changes neither value nor prints', () => {
  const policy = compiled(`${POLICY}\nallowed_too if { print("seen", input.process.User) }\n`);
  const path = 'data.agent_policy.allowed_too';
  const plain = policy.query(path, { input: { value } });
  const watched = policy.query(path, { input: { value }, explain: true, trace: true });
  expect(watched.prints).toEqual(plain.prints);
  expect(watched).toMatchObject({ kind: 'value', value: true });
});

test('coverage counts the lines that were tried and the heads that gave a value', () => {
  const policy = compiled(POLICY);
  const coverage = new CoverageRecorder();
  policy.query(query, { input: { value: { process: { Terminal: true, User: 1 } } }, coverage });
  const report = coverage.report(policy.resolved).files['policy.rego'];
  expect(report?.covered).toEqual([
    { start: { row: 3 }, end: { row: 3 } },
    { start: { row: 6 }, end: { row: 6 } },
    { start: { row: 12 }, end: { row: 12 } },
  ]);
  expect(report?.not_covered_lines).toBe(8);
});

test('the trace of failures keeps the rules that lead to them', () => {
  const outcome = compiled(POLICY).query(query, { input: { value }, trace: true });
  const lines = formatTrace(outcome.trace ?? [], 'fails')
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '));
  expect(lines[0]).toBe('policy.rego:5 | Enter data.agent_policy.ExecProcessRequest');
  expect(lines).toContain('policy.rego:19 | | Fail args[0] == command');
  expect(lines).toContain('policy.rego:12 | Fail input.process.User == 1000');
});
