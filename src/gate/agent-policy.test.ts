/** The gate: every outcome of one evaluation, state, prints, the fail flag and SetPolicy. */
import { describe, expect, test } from 'vitest';
import { seededRandom, steppingClock } from '#base';
import { AgentPolicy, type AgentPolicyOptions } from './agent-policy.ts';
import { kataProfile } from './versions.ts';
import type { Decision } from './decision.ts';
import type { EngineAnswer, PolicyEngine } from './engine.ts';
import type { Json } from '#wire';

const open = (text: string, options: AgentPolicyOptions = {}) =>
  AgentPolicy.open([{ source: 'image-default', text, module: '/etc/p.rego' }], {
    clock: steppingClock(1_000),
    random: seededRandom(1),
    ...options,
  });

const rules = (text: string, options?: AgentPolicyOptions) =>
  open(`package agent_policy\n${text}`, options);

/** An engine that answers what it is told, for what a real one does only by accident. */
const scripted = (answers: Readonly<Record<string, EngineAnswer>>): AgentPolicyOptions => ({
  loadText: (): PolicyEngine => ({
    kind: 'rego',
    evaluate: ({ rule }) => answers[rule] ?? { kind: 'undefined', prints: [] },
  }),
});

const seen = ({ verdict, code, reason }: Decision) => ({ verdict, code, reason });

describe('one evaluation', () => {
  test.each([
    {
      note: 'true allows',
      rule: 'default X := true',
      want: { verdict: 'allow', code: 0, reason: '' },
    },
    {
      note: 'false denies',
      rule: 'default X := false',
      want: { verdict: 'deny', code: 7, reason: 'X is blocked by policy: ' },
    },
    {
      note: 'undefined is a fault',
      rule: 'Y := true',
      want: {
        verdict: 'fault',
        code: 13,
        reason:
          'X: internal error policy check: unexpected eval_query result len QueryResults { result: [] }',
      },
    },
    {
      note: 'allowed: true allows',
      rule: 'X := {"allowed": true}',
      want: { verdict: 'allow', code: 0, reason: '' },
    },
    {
      note: 'allowed: false denies and ignores its ops',
      rule: 'X := {"allowed": false, "ops": [{"op": "add", "path": "/pstate/a", "value": 1}]}',
      want: { verdict: 'deny', code: 7, reason: 'X is blocked by policy: ' },
    },
    {
      note: 'ops may be null',
      rule: 'X := {"allowed": true, "ops": null, "more": 1}',
      want: { verdict: 'allow', code: 0, reason: '' },
    },
    {
      note: 'no allowed is a fault',
      rule: 'X := {"allow": true}',
      want: {
        verdict: 'fault',
        code: 13,
        reason: 'X: internal error missing field `allowed` at line 1 column 14',
      },
    },
    {
      note: 'allowed of another type is a fault',
      rule: 'X := {"allowed": "yes"}',
      want: {
        verdict: 'fault',
        code: 13,
        reason:
          'X: internal error invalid type: string "yes", expected a boolean at line 1 column 16',
      },
    },
    {
      note: 'an unknown operation is a fault',
      rule: 'X := {"allowed": true, "ops": [{"op": "put", "path": "/pstate/a"}]}',
      want: {
        verdict: 'fault',
        code: 13,
        reason:
          'X: internal error unknown variant `put`, expected one of `add`, `remove`, `replace`, `move`, `copy`, `test` at line 1 column 34',
      },
    },
    {
      note: 'text is a fault',
      rule: 'X := "yes"',
      want: {
        verdict: 'fault',
        code: 13,
        reason:
          'X: internal error policy check: unexpected eval_query result type QueryResults { result: [QueryResult { expressions: [Expression { value: String("yes"), text: "data.agent_policy.X", location: Location { row: 1, col: 1 } }], bindings: Object({}) }] }',
      },
    },
  ])('$note', ({ rule, want }) => {
    expect(seen(rules(rule).decide('X', {}))).toEqual(want);
  });

  test('prints are joined with a space and end the sentence', () => {
    const policy = rules('default X := false\nX if { print("a", 1); print({"k": "v"}); false }');
    const decision = policy.decide('X', {});
    expect(decision.reason).toBe(
      'X is blocked by policy: /etc/p.rego:3: a 1 /etc/p.rego:3: {"k": "v"}',
    );
    expect(decision.message).toBe(
      String.raw`"X is blocked by policy: /etc/p.rego:3: a 1 /etc/p.rego:3: {\"k\": \"v\"}"`,
    );
  });

  test('an evaluation error is a fault with its place, and its prints wait for the next evaluation', () => {
    const policy = rules(
      'X if { print("one"); input.a + "b" == 1 }\ndefault Y := false\nY if { print("two"); false }',
    );
    const fault = policy.decide('X', { a: 1 });
    expect(fault).toMatchObject({ verdict: 'fault', code: 13, prints: [] });
    expect(fault.reason).toMatch(/^X: internal error \n--> \/etc\/p\.rego:2:\d+\n/);
    expect(fault.message).toMatch(/^"X: internal error \\n--> /);
    expect(policy.decide('Y', {}).prints).toEqual(['/etc/p.rego:2: one', '/etc/p.rego:4: two']);
    expect(policy.decide('Y', {}).prints).toEqual(['/etc/p.rego:4: two']);
  });

  test('prints of a fault that is no evaluation error are taken', () => {
    const policy = rules('X := "text" if { print("one") }\ndefault Y := false');
    expect(policy.decide('X', {}).prints).toEqual(['/etc/p.rego:2: one']);
    expect(policy.decide('Y', {}).prints).toEqual([]);
  });

  test('another package leaves every rule undefined', () => {
    expect(open('package other\ndefault X := true').decide('X', {}).verdict).toBe('fault');
  });

  test('what is wrong with the rules as a whole shows with each request, not at the start', () => {
    const policy = rules('X if { X }\ndefault Y := true');
    expect(policy.decide('X', {}).verdict).toBe('fault');
  });

  test('a policy that runs away is a fault and says so', () => {
    const policy = rules(
      'X if { some a in numbers.range(1, 1000); some b in numbers.range(1, 1000); a + b < 0 }',
      {
        budget: { steps: 10_000 },
      },
    );
    expect(policy.decide('X', {})).toMatchObject({ verdict: 'fault', code: 13, overBudget: true });
  });

  test('an engine that breaks is a fault', () => {
    const policy = AgentPolicy.open([{ source: 'image-default', text: '' }], {
      loadText: () => ({
        kind: 'rego',
        evaluate: () => {
          throw new Error('broken');
        },
      }),
    });
    expect(policy.decide('X', {})).toMatchObject({
      verdict: 'fault',
      reason: 'X: internal error broken',
    });
  });

  test('64-bit numbers reach the policy exactly', () => {
    const policy = rules('X if input.n == 9007199254740993');
    expect(policy.decide('X', { n: 9007199254740993n }).verdict).toBe('allow');
    expect(policy.decide('X', { n: 9007199254740992 }).verdict).toBe('fault');
  });
});

describe('state', () => {
  const adding = (path: string, value: string) =>
    `X := {"allowed": true, "ops": [{"op": "add", "path": "${path}", "value": ${value}}]}`;

  test('an allowed patch is seen by the next request', () => {
    const policy = rules(`${adding('/pstate/name', 'input.name')}\nY if data.pstate.name == "web"`);
    expect(policy.decide('Y', {}).verdict).toBe('fault');
    const decision = policy.decide('X', { name: 'web' });
    expect(decision.ops).toEqual([{ op: 'add', path: '/pstate/name', value: 'web' }]);
    expect(policy.decide('Y', {}).verdict).toBe('allow');
    expect(policy.state).toEqual({ pstate: { name: 'web' } });
  });

  test('a patch that fails changes nothing and is a fault', () => {
    const policy = rules(
      'X := {"allowed": true, "ops": [{"op": "add", "path": "/pstate/a", "value": 1}, {"op": "remove", "path": "/pstate/b"}]}',
    );
    expect(policy.decide('X', {}).reason).toBe(
      "X: internal error operation '/1' failed at path '/pstate/b': path is invalid",
    );
    expect(policy.state).toEqual({ pstate: {} });
  });

  test('before 3.11.0 there is none: an object is no decision', () => {
    const policy = rules('X = {"allowed": true} { true }', { kata: kataProfile('3.8.0') });
    expect(policy.decide('X', {}).verdict).toBe('fault');
  });
});

describe('AllowRequestsFailingPolicy', () => {
  const flag = 'default AllowRequestsFailingPolicy := true\n';

  test('lets undefined and denied requests through', () => {
    const policy = rules(`${flag}default X := false`);
    expect(policy.decide('X', {})).toMatchObject({ verdict: 'allow', ignoredFailure: true });
    expect(policy.decide('Undefined', {})).toMatchObject({
      verdict: 'allow',
      ignoredFailure: true,
    });
  });

  test('does not help with evaluation errors and wrong types', () => {
    const policy = rules(`${flag}X := "text"\nY if { 1 + "a" == 2 }`);
    expect(policy.decide('X', {}).verdict).toBe('fault');
    expect(policy.decide('Y', {}).verdict).toBe('fault');
  });

  test.each([
    { note: 'says false', text: 'default AllowRequestsFailingPolicy := false', sticky: true },
    { note: 'does not mention it', text: 'default X := true', sticky: true },
    {
      note: 'fails to evaluate it',
      text: 'AllowRequestsFailingPolicy if { 1 + "a" == 2 }',
      sticky: false,
    },
  ])('stays on when the next policy $note: $sticky', ({ text, sticky }) => {
    const policy = rules(flag);
    expect(policy.replace(`package agent_policy\n${text}`, 'set-policy')).toEqual({ ok: true });
    expect(policy.allowsFailures).toBe(sticky);
  });

  test('is off when nothing turns it on', () => {
    expect(rules('default X := true').allowsFailures).toBe(false);
    expect(rules('AllowRequestsFailingPolicy := "yes"').allowsFailures).toBe(false);
  });
});

describe('replacing the policy', () => {
  test('resets state and prints and changes the provenance', () => {
    const policy = rules(
      'X := {"allowed": true, "ops": [{"op": "add", "path": "/pstate/a", "value": 1}]}',
    );
    policy.decide('X', {});
    const before = policy.provenance;
    policy.replace('package agent_policy\ndefault X := false', 'set-policy');
    expect(policy.state).toEqual({ pstate: {} });
    expect(policy.decide('X', {}).policy).toMatchObject({
      source: 'set-policy',
      module: 'agent_policy',
    });
    expect(policy.provenance.digest).not.toBe(before.digest);
  });

  test('with text that does not parse leaves no policy at all', () => {
    const policy = rules('default X := true\ndefault SetPolicyRequest := true');
    const result = policy.replace('package agent_policy\nX := {', 'set-policy');
    expect(result).toMatchObject({ ok: false });
    expect(!result.ok && result.message).toMatch(/^\n--> agent_policy:\d+:\d+\n[^]*\nerror: /);
    expect(policy.decide('X', {}).verdict).toBe('fault');
    expect(policy.decide('SetPolicyRequest', { policy: '' }).verdict).toBe('fault');
    expect(policy.provenance).toMatchObject({ source: 'set-policy', engine: 'none' });
  });

  test('later documents win when an agent starts', () => {
    const policy = AgentPolicy.open([
      { source: 'image-default', text: 'package agent_policy\ndefault X := false' },
      { source: 'initdata', text: 'package agent_policy\ndefault X := true' },
    ]);
    expect(policy.decide('X', {})).toMatchObject({
      verdict: 'allow',
      policy: { source: 'initdata' },
    });
  });

  test('an agent does not start on a policy that does not parse', () => {
    expect(() => rules('X := {')).toThrow(
      expect.objectContaining({ code: 'POLICY_PARSE' }) as Error,
    );
  });

  test('a v0 policy parses on old releases only', () => {
    const text = 'package agent_policy\nX { true }';
    expect(() => open(text)).toThrow();
    expect(open(text, { kata: kataProfile('3.20.0') }).decide('X', {}).verdict).toBe('allow');
  });
});

describe('the debug log', () => {
  const logged = (text: string, requests: readonly (readonly [string, Json])[]) => {
    const lines: string[] = [];
    const policy = rules(text, { policyLog: (line) => lines.push(line) });
    for (const [endpoint, input] of requests) policy.decide(endpoint, input);
    return lines;
  };

  test('has the flag’s evaluation, each request before its verdict, and object results', () => {
    expect(
      logged('default X := false\nY := {"ops": [], "allowed": true}', [
        ['X', { b: 2n ** 60n, a: [] }],
        ['Y', {}],
      ]),
    ).toEqual([
      '{"kind":"AllowRequestsFailingPolicy","request":{}}\n',
      '{"kind":"X","request":{"b":1152921504606846976,"a":[]}}\n',
      '{"kind":"Y","request":{}}\n',
      '{"kind":"Y","request":{"allowed":true,"ops":[]}}\n',
    ]);
  });

  test('a listener that fails changes no verdict, and those after it are told', () => {
    const policy = rules('default X := true');
    const told: string[] = [];
    policy.onDecision(() => {
      throw new Error('no space left on device');
    });
    policy.onDecision(({ verdict }) => told.push(verdict));
    expect(policy.decide('X', {}).verdict).toBe('allow');
    expect(told).toEqual(['allow']);
  });

  test('leaves out stats, log reads and policies', () => {
    const quiet = ['StatsContainerRequest', 'ReadStreamRequest', 'SetPolicyRequest'] as const;
    expect(
      logged(
        '',
        quiet.map((kind) => [kind, {}]),
      ),
    ).toHaveLength(1);
  });
});

test('decisions are told in order, with ids and times that repeat with the same seed', () => {
  const run = () => {
    const policy = rules('default X := true');
    const told: Decision[] = [];
    const stop = policy.onDecision((decision) => told.push(decision));
    policy.decide('X', {});
    policy.decide('X', {});
    stop();
    policy.decide('X', {});
    return told;
  };
  expect(run().map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect(run()).toEqual(run());
});

test('scripted answers pass through the same judgement', () => {
  const policy = open('', scripted({ X: { kind: 'value', value: null, prints: ['p'] } }));
  expect(policy.decide('X', {}).reason).toContain('value: Null');
});
