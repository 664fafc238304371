import { expect, test } from 'vitest';
import { compatibility } from './compatibility.ts';

const table = (rules: string): readonly string[] =>
  compatibility(`package agent_policy\n${rules}\n`, 'p.rego').map(
    ({ since, until, acceptance, problems }) =>
      `${since}-${until} ${acceptance} ${problems.map(({ id }) => id).join(' ')}`.trim(),
  );

test('Rego v0 is refused from 3.30.0 on', () => {
  expect(table('x { true }')).toEqual([
    '3.30.0-4.1.0 refused parse-error',
    '3.2.0-3.29.x accepted',
  ]);
});

test('Rego v1 without an import always holds in the releases between', () => {
  expect(table('x if { input.a }')).toEqual([
    '3.30.0-4.1.0 accepted',
    '3.5.0-3.29.x differs if-not-keyword',
    '3.2.0-3.4.x refused parse-error',
  ]);
});

test('with import rego.v1 every release takes it', () => {
  expect(table('import rego.v1\nx if { input.a }')).toEqual([
    '3.30.0-4.1.0 accepted',
    '3.2.0-3.29.x accepted',
  ]);
});

test('a builtin and state operations begin somewhere', () => {
  expect(
    table(
      'import rego.v1\nExecProcessRequest := {"allowed": true, "ops": []} if base64.encode("a") == "b"',
    ),
  ).toEqual([
    '3.30.0-4.1.0 accepted',
    '3.28.0-3.29.x accepted',
    '3.11.0-3.27.x differs function-missing',
    '3.5.0-3.10.x differs function-missing state-unsupported',
    '3.2.0-3.4.x differs state-unsupported',
  ]);
});

test('what the agent does otherwise around the policy is noted', () => {
  const rows = compatibility('package agent_policy\ndefault ReadStreamRequest := false\n', 'p');
  expect(rows.find(({ since }) => since === '3.2.0')?.notes.join()).toContain('full pipe');
});
