/** Finding and running `test_` rules: a test passes when its rule is true. */
import type { CompiledPolicy } from './compiled-policy.ts';
import type { CoverageRecorder } from './coverage.ts';
import { opaPosition } from './position.ts';
import { RegoObject, type Value } from './value.ts';

/** A rule as the engine has resolved it. */
export type TestRule = CompiledPolicy['resolved']['rules'][number];

export type TestStatus = 'PASS' | 'FAIL' | 'ERROR' | 'SKIPPED';

export interface TestResult {
  /** `data.agent_policy` */
  readonly package: string;
  readonly name: string;
  readonly file: string;
  readonly row: number;
  readonly col: number;
  readonly status: TestStatus;
  readonly durationNs: number;
  readonly prints: readonly string[];
  readonly error: string | undefined;
}

const TEST = /^(todo_)?test_/;

/** One rule per test name, in source order; further definitions of a name are alternatives. */
export function findTests({ resolved }: CompiledPolicy): TestRule[] {
  const seen = new Set<string>();
  return resolved.rules.filter((rule) => {
    const key = rule.ground.join('/');
    const isTest = TEST.test(rule.source.head.name) && rule.kind !== 'function' && !rule.default;
    if (!isTest || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** `data.pkg.test_x`, quoted where a part is no name. */
export const fullName = ({ ground }: TestRule): string =>
  ground.reduce(
    (text, part) => text + (/^[A-Za-z_]\w*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`),
    'data',
  );

/** Cases of a test with a computed name are the members of an object; all of them have to hold. */
function holds(value: Value): boolean {
  if (!(value instanceof RegoObject)) return value === true;
  for (const [, member] of value.entries()) if (!holds(member)) return false;
  return value.size > 0;
}

export function runTest(
  policy: CompiledPolicy,
  rule: TestRule,
  data: Value,
  options: {
    readonly coverage?: CoverageRecorder;
    readonly signal: AbortSignal;
    readonly nowNs: bigint;
  },
): TestResult {
  const { source } = rule;
  const { package: declared } = rule.module.source;
  const path = fullName(rule);
  const common = {
    package: ['data', ...declared.path].join('.'),
    name: rule.ground.slice(declared.path.length).join('.'),
    file: source.span.source.name,
    ...opaPosition(source.span.source, source.span.start),
  };
  if (source.head.name.startsWith('todo_')) {
    return { ...common, status: 'SKIPPED', durationNs: 0, prints: [], error: undefined };
  }
  const outcome = policy.query(path, { data: { value: data }, ...options });
  const { prints, metrics } = outcome;
  const result = { ...common, durationNs: metrics.evalNs, prints };
  if (outcome.kind === 'fault') return { ...result, status: 'ERROR', error: outcome.message };
  const passed = outcome.kind === 'value' && holds(outcome.value);
  return { ...result, status: passed ? 'PASS' : 'FAIL', error: undefined };
}
