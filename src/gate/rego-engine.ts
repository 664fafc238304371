/** Rego text as a policy engine: the guest's dialect and builtins of the Kata release asked for. */
import { KatasimError } from '#base';
import {
  compile,
  type CompiledPolicy,
  type Diagnostic,
  regorusPosition,
  type Observer,
  valueToJs,
} from '#rego';
import { policyErrors } from './errors.ts';
import type { Json } from '#wire';
import type { EngineAnswer, EngineQuery, PolicyEngine } from './engine.ts';
import type { KataProfile } from './versions.ts';

/** A policy that does not parse. `message` is the engine's sentence, `regorusText` what an agent sends. */
export class PolicyParseError extends KatasimError {
  /** Place, source line, caret and sentence, as the agent's engine prints them. */
  readonly regorusText: string;
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly [Diagnostic, ...Diagnostic[]]) {
    const [first] = diagnostics;
    const { row, col } = regorusPosition(first.span.source, first.span.start);
    super('POLICY_PARSE', first.message, {
      hint: first.hint ?? 'Correct the policy at the place shown.',
      location: { file: first.span.source.name, line: row, column: col },
      excerpt: first.details,
    });
    this.regorusText = first.regorusText ?? first.message;
    this.diagnostics = diagnostics;
  }
}

/** A Rego engine that tools may look into. */
export interface RegoEngine extends PolicyEngine {
  readonly kind: 'rego';
  readonly policy: CompiledPolicy;
  readonly warnings: readonly Diagnostic[];
}

/** Faults that a bound of ours caused; the agent has no such bounds. */
const BUDGET_CODES = new Set<string>(['eval_limit_error', 'eval_cancel_error']);

/**
 * Throws `PolicyParseError`, or `POLICY_TOO_LARGE` before any text is read. An observer is told of
 * every evaluation that decides.
 */
export function loadRego(
  text: string,
  module: string,
  kata: KataProfile,
  observer?: Observer,
): RegoEngine {
  const size = Buffer.byteLength(text);
  // Releases without a limit of their own get the newest one's: memory is bounded for all.
  const max = kata.limits?.bytes ?? 16_777_216;
  if (size > max) throw policyErrors.tooLarge(module, size, max);
  const compiled = compile([{ name: module, text }], { profile: `kata-${kata.version}` });
  if (!compiled.ok) {
    const [first, ...rest] = compiled.errors;
    if (first === undefined) throw policyErrors.badModule(module, 'no diagnostic');
    throw new PolicyParseError([first, ...rest, ...compiled.recovered]);
  }
  return {
    kind: 'rego',
    policy: compiled.policy,
    warnings: compiled.warnings,
    evaluate: (query) => evaluate(compiled.policy, query, observer),
  };
}

function evaluate(
  policy: CompiledPolicy,
  { rule, input, data, budget }: EngineQuery,
  observer: Observer | undefined,
): EngineAnswer {
  const outcome = policy.query(`data.agent_policy.${rule}`, {
    input: { value: input },
    data: { value: data },
    budget: { steps: budget.steps },
    ...(observer !== undefined && { observer }),
  });
  const { prints } = outcome;
  switch (outcome.kind) {
    case 'undefined':
      return { kind: 'undefined', prints };
    case 'value':
      return {
        kind: 'value',
        // Sets become arrays and keys text, which is what the agent's serialiser makes of them.
        value: valueToJs(outcome.value, policy.profile) as Json,
        exact: outcome.value,
        prints,
      };
    case 'fault':
      return {
        kind: 'error',
        text: outcome.message,
        prints,
        overBudget: BUDGET_CODES.has(outcome.code),
      };
  }
}
