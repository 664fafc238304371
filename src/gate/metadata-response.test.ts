/**
 * What the agent makes of a rule's answer, and of the state that it patches. `rule-answers.json` was
 * recorded from regorus 898643129e, serde_json 1.0.154 and json-patch 4.2.0, put together as
 * kata-containers src/agent/policy/src/policy.rs puts them together at 4.1.0.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AgentPolicy } from './agent-policy.ts';

interface Recorded {
  readonly rule: string;
  /** The verdict, or the error without its endpoint. */
  readonly answer: boolean | string;
  readonly state: unknown;
}

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, 'testdata/rule-answers.json'), 'utf8'),
) as readonly Recorded[];

function decide(rule: string, input: string) {
  const policy = AgentPolicy.open([
    { source: 'image-default', text: `package agent_policy\nX := ${rule}` },
  ]);
  const { verdict, reason } = policy.decide('X', JSON.parse(input));
  const answer =
    verdict === 'fault' ? reason.replace('X: internal error ', '') : verdict === 'allow';
  return { answer, state: policy.state };
}

test.each(recorded)('$rule', ({ rule, answer, state }) => {
  expect(decide(rule, '{}')).toEqual({ answer, state });
});

describe('nesting', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const patch = '{"allowed": true, "ops": [{"op": "add", "path": "/pstate/v", "value": input}]}';

  test('an answer may be 127 levels deep', () => {
    expect(decide(patch, nested(124)).answer).toBe(true);
    expect(decide(patch, nested(125)).answer).toBe('recursion limit exceeded at line 1 column 187');
  });

  test('what the agent does not look into may be deeper', () => {
    expect(decide('{"allowed": true, "x": input}', nested(127)).answer).toBe(true);
  });

  test('a state may be 127 levels deep, and is lost when it is deeper', () => {
    const ops = [
      '{"op": "add", "path": "/pstate/v", "value": input}',
      '{"op": "add", "path": "/a", "value": {}}',
      '{"op": "move", "from": "/pstate", "path": "/a/p"}',
      '{"op": "add", "path": "/é", "value": [true, "x", {}]}',
      '{"op": "move", "from": "/a", "path": "/é/0"}',
    ];
    const rule = `{"allowed": true, "ops": [${ops.join(', ')}]}`;
    expect(decide(rule, nested(123)).answer).toBe(true);
    expect(decide(rule, nested(124))).toEqual({
      answer: 'recursion limit exceeded at line 1 column 141',
      state: {},
    });
  });
});
