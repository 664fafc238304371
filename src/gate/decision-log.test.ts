/** OPA's events: their shape, what is masked, and what is not. */
import { describe, expect, test } from 'vitest';
import { seededRandom, steppingClock } from '#base';
import { AgentPolicy } from './agent-policy.ts';
import { decisionEvent, decisionLogLine } from './decision-log.ts';
import { emptyEngine, type EngineAnswer } from './engine.ts';
import type { Json } from '#wire';

const answering = (answer: EngineAnswer): AgentPolicy =>
  AgentPolicy.open([{ source: 'initdata', text: 'text' }], {
    clock: steppingClock(Date.UTC(2026, 7, 1, 12)),
    random: seededRandom(7),
    loadText: () => ({ ...emptyEngine, kind: 'rego', evaluate: () => answer }),
  });

const options = { labels: { id: 'a1', version: '4.1.0' } };
const no: EngineAnswer = { kind: 'value', value: false, prints: ['p.rego:1: no'] };

test('a denial has OPA’s fields, and ours under custom', () => {
  const decision = answering(no).decide('ExecProcessRequest', { container_id: 'c' });
  expect(decisionEvent(decision, options)).toEqual({
    labels: { id: 'a1', version: '4.1.0' },
    decision_id: decision.id,
    bundles: { initdata: { revision: decision.policy.digest } },
    path: 'agent_policy/ExecProcessRequest',
    input: { container_id: 'c' },
    result: false,
    requested_by: 'shim',
    timestamp: '2026-08-01T12:00:00.000000000Z',
    metrics: { timer_rego_query_eval_ns: decision.evaluationNs },
    req_id: 1,
    custom: {
      endpoint: 'ExecProcessRequest',
      verdict: 'deny',
      code: 'PERMISSION_DENIED',
      reason: 'ExecProcessRequest is blocked by policy: p.rego:1: no',
      prints: ['p.rego:1: no'],
      ops: [],
      ignored_failure: false,
      over_budget: false,
      policy: { source: 'initdata', module: 'agent_policy', kata_version: '4.1.0', engine: 'rego' },
    },
  });
});

test('the line that a denial comes from stands under custom', () => {
  const decidedBy = { file: 'p.rego', line: 3, column: 1, text: 'default X := false' };
  const denial = { decidedBy, nearestMiss: undefined };
  const event = decisionEvent(answering(no).decide('X', {}), { ...options, denial });
  expect(event['custom']).toMatchObject({ decided_by: decidedBy });
  expect(event['custom']).not.toHaveProperty('nearest_miss');
});

test('a fault has an error and no result', () => {
  const event = decisionEvent(
    answering({ kind: 'undefined', prints: [] }).decide('X', {}),
    options,
  );
  expect(event).not.toHaveProperty('result');
  expect(event['error']).toMatchObject({ code: 'internal_error' });
});

describe('masking', () => {
  const input: Json = {
    data: [1, 2, 3],
    process: { Env: ['PATH=/bin', 'TOKEN=a=b', 'bare'], Args: ['TOKEN=visible'] },
    OCI: { Process: { Env: ['SECRET=x'] }, Annotations: { 'a/b': 'c' } },
  };
  const decision = answering(no).decide('X', input);

  test('takes data away and hides the values of variables, by default', () => {
    const event = decisionEvent(decision, options);
    expect(event['input']).toEqual({
      process: {
        Env: ['PATH=**REDACTED**', 'TOKEN=**REDACTED**', '**REDACTED**'],
        Args: ['TOKEN=visible'],
      },
      OCI: { Process: { Env: ['SECRET=**REDACTED**'] }, Annotations: { 'a/b': 'c' } },
    });
    expect(event['erased']).toEqual(['/input/data']);
    expect(event['masked']).toEqual([
      '/input/OCI/Process/Env/0',
      '/input/process/Env/0',
      '/input/process/Env/1',
      '/input/process/Env/2',
    ]);
  });

  test('leaves the decision itself alone', () => {
    decisionEvent(decision, options);
    expect(decision.input).toEqual(input);
  });

  test('follows rules of one’s own, with escapes', () => {
    const mask = [{ path: '/input/OCI/Annotations/a~1b', action: 'remove' }] as const;
    const event = decisionEvent(decision, { ...options, mask });
    expect(event['erased']).toEqual(['/input/OCI/Annotations/a~1b']);
    expect(event['input']).toMatchObject({ data: [1, 2, 3], OCI: { Annotations: {} } });
  });

  test('can be turned off', () => {
    const event = decisionEvent(decision, { ...options, mask: [] });
    expect(event['input']).toEqual(input);
    expect(event).not.toHaveProperty('masked');
  });
});

test('a line is one JSON object with exact integers', () => {
  const line = decisionLogLine(answering(no).decide('X', { n: 2n ** 60n }), options);
  expect(line.endsWith('}\n')).toBe(true);
  expect(line).toContain('"n":1152921504606846976');
  expect(() => JSON.parse(line) as unknown).not.toThrow();
});
