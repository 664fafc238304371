/** Prints, patterns and state: what the examples of the pages do not show. */
import { describe, expect, test } from 'vitest';
import { kataProfile } from '#gate';
import { checkPolicy } from './check-policy.ts';
import type { CheckId } from './catalogue.ts';
import { looseness } from './regexes.ts';

const messages = (id: CheckId, rules: string): readonly string[] =>
  checkPolicy(`package agent_policy\n\nimport rego.v1\n\n${rules}\n`, 'p.rego', kataProfile())
    .findings.filter((finding) => finding.id === id)
    .map(({ message, location }) => `${location.line}: ${message}`);

describe('rule-conflict', () => {
  const conflicts = (rules: string): readonly string[] => messages('rule-conflict', rules);

  test.each([
    ['an endpoint', 'PauseContainerRequest := true\nPauseContainerRequest := false'],
    [
      'bodies that always hold',
      'PauseContainerRequest if true\nPauseContainerRequest := false if 1 == 1',
    ],
    [
      'bodies that look at data of the policy only',
      'PauseContainerRequest if a.x\nPauseContainerRequest := {"allowed": true} if not a.y\na := {"x": true}',
    ],
    [
      'beside a rule that looks at the request',
      'PauseContainerRequest := true\nPauseContainerRequest := false\nPauseContainerRequest if input.container_id == "x"',
    ],
  ])('%s', (_, rules) => {
    expect(conflicts(rules)).toEqual([
      '6: PauseContainerRequest has another value here than at line 5, and both always hold: every call fails with INTERNAL',
    ]);
  });

  test('a helper rule', () => {
    expect(conflicts('b := 1\n\nb := 2\nPauseContainerRequest if b == 1')).toEqual([
      '7: b has another value here than at line 5, and both always hold: every request that gets to it fails with INTERNAL',
    ]);
  });

  test.each([
    ['the same value', 'PauseContainerRequest := true\nPauseContainerRequest if true'],
    ['a default', 'default PauseContainerRequest := false\nPauseContainerRequest := true'],
    ['else', 'PauseContainerRequest := true if true else := false'],
    [
      'one of them never holds',
      'PauseContainerRequest := true\nPauseContainerRequest := false if 1 == 2',
    ],
    [
      'one of them depends on the request',
      'PauseContainerRequest := true\nPauseContainerRequest := false if not input.container_id',
    ],
    [
      'one of them depends on state',
      'PauseContainerRequest := true\nPauseContainerRequest := false if not data.pstate.x',
    ],
    ['a set', 'names contains "a"\nnames contains "b"'],
    ['a function', 'f(1) := 1\nf(2) := 2'],
  ])('not %s', (_, rules) => {
    expect(conflicts(rules)).toEqual([]);
  });

  test('as the agents with OPA in them see it', () => {
    const { findings } = checkPolicy(
      'package agent_policy\nPauseContainerRequest = true\nPauseContainerRequest = false',
      'p.rego',
      kataProfile('3.4.0'),
    );
    expect(findings.find(({ id }) => id === 'rule-conflict')?.location.line).toBe(3);
  });
});

describe('print-leaks', () => {
  const leak = (body: string): readonly string[] =>
    messages('print-leaks', `ExecProcessRequest if {\n${body}\n}`).map(
      (text) => /^\d+: print shows (\S+),/.exec(text)?.[1] ?? text,
    );

  test.each([
    ['print("x", input)', ['input']],
    ['print(input.process)', ['input.process']],
    ['print(sprintf("%v", [input.OCI.Process.Env]))', ['input.OCI.Process.Env']],
    ['print("a", json.marshal({"all": input}))', ['input']],
    ['p := input.process\nprint(p.Env)', ['input.process.Env']],
    ['print(count(input.process.Env))', []],
    ['print(input.process.Args[0])', []],
    ['print("input")', []],
    ['some e in input.process.Env\nprint(e)', []],
  ])('%j shows %j', (body, want) => {
    expect(leak(body)).toEqual(want);
  });

  test('functions that call each other many times over are followed as far as a bound', () => {
    const steps = Array.from({ length: 10 }, (_, i) => {
      const calls = Array(8)
        .fill(`\tf${i + 1}(x)\n`)
        .join('');
      return `f${i}(x) if {\n${calls}}`;
    });
    const rules = ['ExecProcessRequest if f0(input.process)', ...steps, 'f10(x) if print(x)'];
    expect(messages('print-leaks', rules.join('\n'))).toHaveLength(1);
  });

  test('an argument is followed through the functions that pass it on', () => {
    expect(
      messages(
        'print-leaks',
        'ExecProcessRequest if outer(input)\nouter(request) if inner(request.process, 1)\ninner(process, _) if {\n\tprint("env", process.Env)\n\tprint("cwd", process.Cwd)\n}',
      ),
    ).toEqual([
      '8: print shows input.process.Env, the environment of the process: it stands in pod events when a request is denied',
    ]);
  });

  test('functions that call each other end the search', () => {
    expect(
      messages(
        'print-leaks',
        'f(x) if g(x)\ng(x) if { print(x); f(x) }\nExecProcessRequest if f(1)',
      ),
    ).toEqual([]);
  });
});

test('a negated pattern is meant to match anywhere: no finding, and no advice to anchor it', () => {
  const loose = (condition: string): number =>
    checkPolicy(
      `package agent_policy\nimport rego.v1\nCopyFileRequest if ${condition}\n`,
      'p.rego',
      kataProfile(),
    ).findings.filter(({ id }) => id === 'regex-unanchored').length;
  expect(loose('regex.match("(^|/)\\\\.\\\\.($|/)", input.path)')).toBe(1);
  expect(loose('not regex.match("(^|/)\\\\.\\\\.($|/)", input.path)')).toBe(0);
  expect(loose('{ not regex.match("secret", input.path); regex.match("web", input.path) }')).toBe(
    1,
  );
});

describe('regex-unanchored', () => {
  test.each([
    ['^a$', true],
    ['^(a|b)$', true],
    ['(?i)^a$', true],
    ['(^a$)', true],
    ['\\Aa\\z', true],
    ['.*a.*', true],
    ['^a.*', true],
    ['^[|]$', true],
    ['^a$|^b$', true],
    ['a', false],
    ['^a', false],
    ['a$', false],
    ['^a\\$', false],
    ['^a|b$', false],
    ['^a$|b', false],
  ])('%s is anchored: %j', (pattern, want) => {
    expect(looseness(pattern) === undefined).toBe(want);
  });

  test('a pattern in constant data is looked up', () => {
    expect(
      messages(
        'regex-unanchored',
        'policy_data := {"common": {"image": "nginx"}}\nCreateContainerRequest if regex.match(policy_data.common.image, input.OCI.Hostname)',
      ),
    ).toEqual(['6: "nginx" is not anchored: it also matches with any text around it']);
  });

  test('a pattern that is put together is not judged', () => {
    expect(
      messages(
        'regex-unanchored',
        'CreateContainerRequest if regex.match(concat("", ["^", input.a]), input.b)',
      ),
    ).toEqual([]);
  });
});

describe('state', () => {
  test.each([
    ['{"op": "add", "path": "pstate/x", "value": 1}', /path "pstate\/x" does not start/],
    ['{"op": "add", "path": "/pstate/x"}', /"add" needs a value/],
    ['{"op": "put", "path": "/pstate/x", "value": 1}', /"put" is not a JSON Patch operation/],
  ])('%s is malformed', (operation, want) => {
    const [message] = messages(
      'state-bad-operation',
      `CreateSandboxRequest := {"allowed": true, "ops": [${operation}]} if not data.pstate.x`,
    );
    expect(message).toMatch(want);
  });

  test('policy data with members called op and path is no operation', () => {
    expect(
      messages('state-bad-operation', 'policy_data := {"rules": {"op": "x", "path": 1}}'),
    ).toEqual([]);
  });
});
