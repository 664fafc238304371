import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kataProfile } from '#gate';
import { endpoints } from '#wire';
import { checkPolicy } from './check-policy.ts';
import type { PolicyFinding } from './finding.ts';

const kata = kataProfile();
/** Nothing to say about it: SetPolicy depends on the request. */
const complete = [
  ...endpoints.map(({ endpoint }) => `default ${endpoint} := ${endpoint !== 'SetPolicyRequest'}`),
  'SetPolicyRequest if input.policy == "package agent_policy"',
].join('\n');
const without = (...names: readonly string[]): string =>
  complete
    .split('\n')
    .filter((line) => !names.some((name) => line.startsWith(`default ${name} `)))
    .join('\n');

const check = (rules: string, version = kata) =>
  checkPolicy(`package agent_policy\nimport rego.v1\n${rules}\n`, 'policy.rego', version).findings;
/** Only the findings that a test is about: another check may well find more. */
const ABOUT_ENDPOINTS = /^(endpoint-|verb-incomplete|fail-open|policy-replaceable)/;
const ofEndpoints = (findings: readonly PolicyFinding[]) =>
  findings.filter(({ id }) => ABOUT_ENDPOINTS.test(id));
const brief = (rules: string, version = kata) =>
  ofEndpoints(check(rules, version)).map(
    ({ id, severity, location }) => `${location.line}: ${severity} ${id}`,
  );

test('a policy with a rule for every endpoint has no finding about endpoints', () => {
  expect(brief(complete)).toEqual([]);
});

describe('endpoints', () => {
  test.each([
    {
      note: 'a container that can never be created is an error',
      rules: `default CreateContainerRequest := false\n${without('CreateContainerRequest')}`,
      want: ['3: error endpoint-never-allowed'],
      message: /no container can start/,
    },
    {
      note: 'exec that is never allowed is a note',
      rules: `default ExecProcessRequest := false\n${without('ExecProcessRequest')}`,
      want: ['3: info endpoint-never-allowed'],
      message: /exec probes/,
    },
    {
      note: 'a rule whose body is the constant false never holds',
      rules: `ExecProcessRequest if { false }\n${without('ExecProcessRequest')}`,
      want: ['3: info endpoint-never-allowed'],
      message: /^ExecProcessRequest can never be allowed/,
    },
    {
      note: 'an endpoint without a rule is INTERNAL, and stands at the package',
      rules: without('VolumeStatsRequest'),
      want: ['1: warning endpoint-missing'],
      message: /INTERNAL/,
    },
    {
      note: 'one that every start needs is an error',
      rules: without('GuestDetailsRequest'),
      want: ['1: error endpoint-missing'],
      message: /no pod can start/,
    },
    {
      note: 'a misspelled endpoint gets the nearest name',
      rules: `${complete}\ndefault ExecProcesRequest := false`,
      want: ['45: warning endpoint-unknown'],
      hint: /Did you mean ExecProcessRequest\?/,
    },
    {
      note: 'exec that may be allowed without input',
      rules: `default WriteStreamRequest := false\n${without('WriteStreamRequest')}`,
      want: ['3: warning verb-incomplete'],
      message: /exec -it opens but takes no input/,
    },
    {
      note: 'a rule for some requests and no default',
      rules: `ExecProcessRequest if input.process.Args == ["id"]\n${without('ExecProcessRequest')}`,
      want: ['3: warning endpoint-without-default'],
      message: /INTERNAL/,
    },
    {
      note: 'under the fail flag nothing else is refused, and nothing else is said',
      rules:
        'AllowRequestsFailingPolicy if { count([1]) == 1 }\ndefault ExecProcessRequest := false',
      want: ['3: warning fail-open'],
      message: /every denied request is let through/,
    },
  ])('$note', ({ rules, want, message, hint }) => {
    const found = ofEndpoints(check(rules));
    expect(brief(rules)).toEqual(want);
    if (message !== undefined) expect(found[0]?.message).toMatch(message);
    if (hint !== undefined) expect(found[0]?.hint).toMatch(hint);
  });

  test('denied logs mean something else to an agent before 3.15', () => {
    const rules = `default ReadStreamRequest := false\n${without('ReadStreamRequest', 'ExecProcessRequest')}
default ExecProcessRequest := false`;
    const [now] = check(rules).filter(({ endpoint }) => endpoint === 'ReadStreamRequest');
    const [then] = check(rules, kataProfile('3.14.0')).filter(
      ({ endpoint }) => endpoint === 'ReadStreamRequest',
    );
    expect(now?.message).toContain('print nothing, without an error');
    expect(then?.message).toContain('blocks on a full pipe');
  });

  test('rules that decide at run time are no finding, nor are helpers', () => {
    const rules = `default ExecProcessRequest := false
ExecProcessRequest if { allowed(input.process.Args) }
allowed(args) if { args[0] == "id" }
${without('ExecProcessRequest')}`;
    expect(brief(rules)).toEqual([]);
  });

  test('an endpoint that the release does not have yet is not missed', () => {
    const rules = without('GetDiagnosticDataRequest');
    expect(brief(rules, kataProfile('3.28.0'))).toEqual([]);
    expect(brief(rules, kataProfile('3.29.0'))).toEqual(['1: warning endpoint-missing']);
  });
});

describe('what the engine says', () => {
  test('another package is one error, not 41', () => {
    const { findings } = checkPolicy('package policy\ndefault a := true\n', 'p.rego', kata);
    expect(findings.filter(({ id }) => id === 'wrong-package')).toMatchObject([
      { severity: 'error' },
    ]);
    expect(ofEndpoints(findings)).toEqual([]);
  });

  test('a syntax error is located in the words of the engine, with line and caret', () => {
    const finding = checkPolicy('package agent_policy\nx { true }\n', 'p.rego', kata).findings.find(
      ({ id }) => id === 'parse-error',
    );
    expect(finding).toMatchObject({
      severity: 'error',
      id: 'parse-error',
      message: '`if` keyword is required before rule body',
      location: { file: 'p.rego', line: 2 },
      excerpt: ['x { true }', '  ^'],
      hint: expect.stringContaining('Rego v0, which Kata before 3.30.0 reads') as unknown,
    });
  });

  test('a policy that loads and then fails every request says both', () => {
    const finding = check(`${complete}\nx if { y > 1 }`).find(({ id }) => id === 'compile-error');
    expect(finding).toMatchObject({
      id: 'compile-error',
      message: expect.stringContaining('every request fails with INTERNAL') as unknown,
    });
  });

  test.each([
    ['base64.encode', '3.27.0', 'Kata has base64.encode from 3.28.0 on.'],
    ['strings.count', '3.10.0', 'Kata has strings.count from 3.11.0 on.'],
    ['time.now_ns', '4.1.0', 'Only Kata 3.2.0 to 3.4.0, which ran OPA, had time.now_ns.'],
  ])('%s is missing from %s, and the hint says since when it is there', (name, version, want) => {
    const call =
      name === 'time.now_ns'
        ? 'time.now_ns()'
        : `${name}("a${name.startsWith('s') ? '", "a' : ''}")`;
    const finding = check(`${complete}\nx := ${call}`, kataProfile(version)).find(
      ({ id }) => id === 'function-missing',
    );
    expect(finding?.hint).toContain(want);
  });
});

describe('suppression', () => {
  const refused = `default ExecProcessRequest := false`;
  const rest = without('ExecProcessRequest');

  test.each([
    ['above', `# katasim:ignore endpoint-never-allowed: no consoles here\n${refused}`],
    ['above another comment', `# katasim:ignore endpoint-never-allowed: no\n# more\n\n${refused}`],
    ['on the line', `${refused} # katasim:ignore endpoint-never-allowed: no consoles here`],
  ])('%s hides the finding and keeps the reason', (_note, rules) => {
    const { findings, suppressed } = checkPolicy(
      `package agent_policy\nimport rego.v1\n${rules}\n${rest}\n`,
      'p.rego',
      kata,
    );
    expect(ofEndpoints(findings)).toEqual([]);
    expect(ofEndpoints(suppressed.map(({ finding }) => finding))).toHaveLength(1);
    expect(suppressed[0]?.reason).toMatch(/^no/);
  });

  test('one two lines up, or of another check, hides nothing', () => {
    const findings = check(`# katasim:ignore endpoint-stale: no\nx := 1\n${refused}\n${rest}`);
    const about = ['suppression-unused', 'endpoint-never-allowed'];
    expect(
      findings.flatMap(({ id, location }) =>
        about.includes(id) ? [`${location.line}: ${id}`] : [],
      ),
    ).toEqual(['3: suppression-unused', '5: endpoint-never-allowed']);
  });

  test('one comment at the package answers for every missing endpoint', () => {
    const { findings, suppressed } = checkPolicy(
      `# katasim:ignore endpoint-missing: trial\npackage agent_policy\nimport rego.v1\n${without('AddSwapRequest', 'AddSwapPathRequest')}\n`,
      'p.rego',
      kata,
    );
    const missing = findings.filter(({ id }) => id === 'endpoint-missing');
    expect([missing.length, suppressed.length]).toEqual([0, 2]);
  });
});

describe('the shipped policies', () => {
  const read = (name: string): string =>
    readFileSync(join(import.meta.dirname, '../../../policies', name), 'utf8');

  test('the genpolicy-style policy raises no alarm beyond what it refuses on purpose', () => {
    const { findings } = checkPolicy(read('genpolicy-style.rego'), 'g.rego', kata);
    expect(ofEndpoints(findings).filter(({ severity }) => severity !== 'info')).toEqual([]);
    // Its probes are exec with an allow-list, and nobody reads what they print.
    const quiet = findings.filter(({ id }) => id === 'verb-incomplete');
    expect(quiet.map(({ endpoint }) => endpoint)).toEqual(
      expect.arrayContaining(['ReadStreamRequest', 'WriteStreamRequest']),
    );
  });

  test('Red Hat’s sample: two calls that no pod starts without, and exec without input', () => {
    const { findings } = checkPolicy(read('redhat-sample.rego'), 'r.rego', kata);
    expect(
      ofEndpoints(findings)
        .filter(({ id }) => id !== 'endpoint-missing')
        .map(({ id, endpoint, location }) => `${location.line} ${id} ${endpoint}`),
    ).toEqual([
      '6 endpoint-never-allowed CopyFileRequest',
      '7 endpoint-never-allowed CreateContainerRequest',
      '26 verb-incomplete WriteStreamRequest',
      '14 endpoint-stale PullImageRequest',
    ]);
  });
});
