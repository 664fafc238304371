/**
 * The line of the policy that a refusal comes from: the rule that answered false, or the expression at
 * which the nearest candidate stopped. From a second run of the evaluation that decided, on the same
 * input and state; evaluation is deterministic, and a run that ends otherwise is not told.
 */
import { regorusPosition, type Explanation, type RuleAttempt, type StoppedLiteral } from '#rego';
import { DEFAULT_BUDGET } from './engine.ts';
import { loadRego } from './rego-engine.ts';
import type { AgentPolicy } from './agent-policy.ts';
import type { Decision } from './decision.ts';

export interface PolicyLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The source line as it is. */
  readonly text: string;
}

export interface DenialReason {
  /** The rule that gave the answer: for most policies a `default ... := false`. */
  readonly decidedBy: PolicyLine | undefined;
  /** Where the candidate that came furthest stopped, when there was one. */
  readonly nearestMiss: PolicyLine | undefined;
}

type Span = RuleAttempt['span'];

/** Undefined for an allowed request, for a compiled policy, and when the policy was replaced since. */
export function denialReason(policy: AgentPolicy, decision: Decision): DenialReason | undefined {
  const { text, kata, state } = policy;
  const { digest, module } = decision.policy;
  if (decision.verdict !== 'deny' || text === undefined || policy.provenance.digest !== digest) {
    return undefined;
  }
  const outcome = loadRego(text, module, kata).policy.query(
    `data.agent_policy.${decision.endpoint}`,
    {
      input: { value: decision.input },
      data: { value: state },
      budget: { steps: DEFAULT_BUDGET.steps },
      explain: true,
    },
  );
  if (outcome.kind !== 'value' || outcome.explanation === undefined) return undefined;
  return reasonIn(outcome.explanation);
}

function reasonIn({ attempts }: Explanation): DenialReason {
  const decided = attempts.find(({ held }) => held);
  const missed = attempts.find(({ held, stopped }) => !held && stopped !== undefined);
  return {
    decidedBy: decided && lineOf(decided.span),
    nearestMiss: missed?.stopped && lineOf(innermost(missed.stopped).span),
  };
}

/** The expression itself, through the functions and closures that the literal went into. */
function innermost(stopped: StoppedLiteral): StoppedLiteral {
  const called = stopped.calls.find(({ held, stopped: below }) => !held && below !== undefined);
  const below = called?.stopped ?? stopped.inner;
  return below === undefined ? stopped : innermost(below);
}

function lineOf({ source, start }: Span): PolicyLine {
  const { row, col } = regorusPosition(source, start);
  const text = (source.text.split('\n')[row - 1] ?? '').trimEnd();
  return { file: source.name, line: row, column: col, text };
}

/** `agent_policy:7: default CreateContainerRequest := false` */
export function lineText({ file, line, text }: PolicyLine): string {
  return `${file}:${line}: ${text.trim()}`;
}
