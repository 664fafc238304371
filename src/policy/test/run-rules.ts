/**
 * Rego `test_` rules beside a policy, run by the guest's engine of the release: `with` puts requests
 * and state in place. A test passes when its rule is true.
 */
import type { Clock, ErrorLocation } from '#base';
import { PolicyParseError } from '#gate';
import { compile, findTests, fullName, runTest, valueFromJs } from '#rego';
import type { PolicyText } from '../corpus/decide-corpus.ts';
import { missingRules, ruleKey, type MissingRule } from './missing-rules.ts';
import type { CaseStatus } from './run-cases.ts';

export interface RuleResult {
  /** `data.agent_policy.test_logs_are_denied` */
  readonly name: string;
  readonly status: CaseStatus;
  readonly reasons: readonly string[];
  readonly prints: readonly string[];
  readonly place: ErrorLocation;
  readonly durationMs: number;
  /** Rules it refers to that the policy does not have. */
  readonly warnings: readonly RowWarning[];
}

export type RowWarning = Pick<MissingRule, 'message' | 'place'>;

export interface RunRulesOptions {
  readonly run?: RegExp;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Throws the located error of whichever text does not parse. */
export function runRules(
  policy: PolicyText,
  tests: { readonly text: string; readonly file: string },
  { run, clock, signal }: RunRulesOptions,
): readonly RuleResult[] {
  const modules = [
    { name: policy.file, text: policy.text },
    { name: tests.file, text: tests.text },
  ];
  const compiled = compile(modules, {
    profile: policy.kata === undefined ? 'kata' : `kata-${policy.kata.version}`,
  });
  if (!compiled.ok) {
    const [first, ...rest] = compiled.errors;
    if (first === undefined) throw new Error('a policy was refused without a reason');
    throw new PolicyParseError([first, ...rest]);
  }
  const data = valueFromJs({ pstate: {} }, compiled.policy.profile.numbers);
  const nowNs = BigInt(clock.now()) * 1_000_000n;
  const all = findTests(compiled.policy);
  const missing = missingRules(compiled.policy.resolved, {
    policy: policy.file,
    tests: tests.file,
  });
  const keys = new Set(all.map(ruleKey));
  return all
    .filter((rule) => run?.test(fullName(rule)) ?? true)
    .map((rule, index) => {
      const result = runTest(compiled.policy, rule, data, { signal, nowNs });
      const { file, row, col, status, error, prints, durationNs } = result;
      return {
        name: fullName(rule),
        status: STATUS[status],
        reasons: status === 'PASS' || status === 'SKIPPED' ? [] : [error ?? 'the rule is not true'],
        prints,
        place: { file, line: row, column: col },
        durationMs: durationNs / 1e6,
        // Those of helpers are told with the first test.
        warnings: missing
          .filter(({ inRule }) => (keys.has(inRule) ? inRule === ruleKey(rule) : index === 0))
          .map(({ message, place }) => ({ message, place })),
      };
    });
}

const STATUS = { PASS: 'passed', FAIL: 'failed', ERROR: 'failed', SKIPPED: 'skipped' } as const;
