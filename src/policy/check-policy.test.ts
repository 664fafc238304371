import { expect, test } from 'vitest';
import { endpoints } from '#wire';
import { checkPolicy } from './check-policy.ts';
import { kataProfile } from './versions.ts';

const kata = kataProfile();
const complete = endpoints.map(({ endpoint }) => `default ${endpoint} := true`).join('\n');
const check = (rules: string, version = kata) =>
  checkPolicy(`package agent_policy\n${rules}\n`, 'policy.rego', version).map(
    ({ id, severity, endpoint, location, message, hint }) => ({
      id,
      severity,
      ...(endpoint !== undefined && { endpoint }),
      line: location?.line,
      message,
      ...(hint !== undefined && { hint }),
    }),
  );
const without = (name: string) => complete.replace(`default ${name} := true\n`, '');

test('a policy with a rule for every endpoint has no finding', () => {
  expect(check(complete)).toEqual([]);
});

test.each([
  {
    note: 'a container that can never be created',
    rules: `default CreateContainerRequest := false\n${without('CreateContainerRequest')}`,
    want: {
      id: 'endpoint-never-allowed',
      severity: 'error',
      line: 2,
      message: /no container can start/,
    },
  },
  {
    note: 'exec that is never allowed',
    rules: `default ExecProcessRequest := false\n${without('ExecProcessRequest')}`,
    want: { id: 'endpoint-never-allowed', severity: 'info', line: 2, message: /exec probes/ },
  },
  {
    note: 'a rule whose body is the constant false',
    rules: `ExecProcessRequest if { false }\n${without('ExecProcessRequest')}`,
    want: { id: 'endpoint-never-allowed', severity: 'info', line: 2, message: /ExecProcess/ },
  },
  {
    note: 'an endpoint without a rule',
    rules: without('VolumeStatsRequest').replace(/\ndefault VolumeStatsRequest := true/, ''),
    want: { id: 'endpoint-missing', severity: 'warning', line: undefined, message: /INTERNAL/ },
  },
  {
    note: 'a misspelled endpoint',
    rules: `${complete}\ndefault ExecProcesRequest := false`,
    want: { id: 'endpoint-unknown', severity: 'warning', line: 43, hint: /ExecProcessRequest/ },
  },
  {
    note: 'a stale rule',
    rules: `${complete}\ndefault PullImageRequest := true`,
    want: { id: 'endpoint-stale', severity: 'info', line: 43, message: /stale/ },
  },
])('$note is found', ({ rules, want: { message, hint, ...want } }) => {
  const found = check(rules);
  expect(found).toEqual([
    expect.objectContaining({
      ...want,
      ...(message !== undefined && { message: expect.stringMatching(message) }),
      ...(hint !== undefined && { hint: expect.stringMatching(hint) }),
    }),
  ]);
});

test('rules that decide at run time are no finding, nor are helpers', () => {
  const rules = `default ExecProcessRequest := false
ExecProcessRequest if { allowed(input.process.Args) }
allowed(args) if { args[0] == "id" }
${without('ExecProcessRequest')}`;
  expect(check(rules)).toEqual([]);
});

test('another package is an error of its own', () => {
  const [finding, ...rest] = checkPolicy('package policy\ndefault a := true\n', 'p.rego', kata);
  expect(rest.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(finding).toMatchObject({ severity: 'error', message: expect.stringContaining('policy') });
});

test('a syntax error is located in the words of the engine', () => {
  const [finding] = checkPolicy('package agent_policy\nx { true }\n', 'p.rego', kata);
  expect(finding).toMatchObject({
    severity: 'error',
    id: 'rego_parse_error',
    message: '`if` keyword is required before rule body',
    location: { file: 'p.rego', line: 2 },
  });
});
