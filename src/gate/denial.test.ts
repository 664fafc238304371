import { expect, test } from 'vitest';
import { AgentPolicy } from './agent-policy.ts';
import { denialReason } from './denial.ts';

const open = (rules: string) =>
  AgentPolicy.open([{ source: 'annotation', text: `package agent_policy\n${rules}\n` }]);

function reason(rules: string, endpoint: string, input: Parameters<AgentPolicy['decide']>[1]) {
  const policy = open(rules);
  return denialReason(policy, policy.decide(endpoint, input));
}

test('a default that is false is the line that decided', () => {
  expect(reason('default ExecProcessRequest := false', 'ExecProcessRequest', {})).toEqual({
    decidedBy: {
      file: 'agent_policy',
      line: 2,
      column: 1,
      text: 'default ExecProcessRequest := false',
    },
    nearestMiss: undefined,
  });
});

test('with candidates the expression that stopped the nearest is told', () => {
  const rules = `default ExecProcessRequest := false
ExecProcessRequest if {
  input.container_id == "web"
  input.process.Args == ["id"]
}`;
  const input = { container_id: 'web', process: { Args: ['sh'] } };
  expect(reason(rules, 'ExecProcessRequest', input)).toMatchObject({
    decidedBy: { line: 2 },
    nearestMiss: { line: 5, text: '  input.process.Args == ["id"]' },
  });
});

test('an allowed request and a fault have no such line', () => {
  expect(reason('default ExecProcessRequest := true', 'ExecProcessRequest', {})).toBeUndefined();
  expect(reason('default ExecProcessRequest := true', 'SetPolicyRequest', {})).toBeUndefined();
});

test('nothing is told of a policy that has been replaced since', () => {
  const policy = open('default ExecProcessRequest := false');
  const decision = policy.decide('ExecProcessRequest', {});
  policy.replace('package agent_policy\ndefault ExecProcessRequest := true', 'set-policy');
  expect(denialReason(policy, decision)).toBeUndefined();
});
