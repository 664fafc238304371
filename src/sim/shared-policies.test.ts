/** One engine for each policy text, whoever asks. */
import { expect, test } from 'vitest';
import { DEFAULT_POLICY_PATH, kataProfile, RUN_TIME_MODULE } from '#gate';
import { SharedPolicies } from './shared-policies.ts';

const newest = kataProfile();
const allow = (comment: string): string =>
  `package agent_policy\n# ${comment}\ndefault AllowRequestsFailingPolicy := true\n`;

test('a text is compiled once, another text, name or release again', () => {
  const policies = new SharedPolicies();
  const engines = Array.from({ length: 5 }, () =>
    policies.load(allow('a'), DEFAULT_POLICY_PATH, newest),
  );
  expect(new Set(engines).size).toBe(1);
  expect(policies.compiled).toBe(1);
  policies.load(allow('b'), DEFAULT_POLICY_PATH, newest);
  policies.load(allow('a'), RUN_TIME_MODULE, newest);
  policies.load(allow('a'), DEFAULT_POLICY_PATH, kataProfile('3.2.0'));
  expect(policies.compiled).toBe(4);
  expect(engines[0]).toBe(policies.load(allow('a'), DEFAULT_POLICY_PATH, newest));
});

test('a text that does not parse is refused every time', () => {
  const policies = new SharedPolicies();
  for (let time = 0; time < 2; time++) {
    expect(() => policies.load('package', DEFAULT_POLICY_PATH, newest)).toThrow();
  }
  expect(policies).toMatchObject({ compiled: 0, size: 0 });
});
