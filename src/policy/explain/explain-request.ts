/**
 * Explains one request: the decision is the gate's own; the reason comes from evaluating the same rule
 * on the same input and state once more, watched, and once as if each check that failed had held.
 */
import {
  AgentPolicy,
  type Decision,
  kataProfile,
  type KataProfile,
  loadRego,
  type RegoEngine,
} from '#gate';
import type { Json } from '#wire';
import { candidatesOf, type Places } from './candidates.ts';
import { EnvWatcher } from './env-table.ts';
import type { ExplainQuestion, Explained, SourcePlace } from './explained.ts';
import { findField } from './fields.ts';
import { hintFor } from './hints.ts';
import { identityWeight } from './identity.ts';
import { locateConstant } from './locate.ts';
import { placeOf } from './text.ts';

/** Throws `PolicyParseError` for text that is no policy. */
export function explainRequest(question: ExplainQuestion): Explained {
  const { endpoint, input } = question;
  return explainer(question).explain({ endpoint, input, state: question.state });
}

export interface Explainer {
  readonly engine: RegoEngine;
  explain(request: {
    readonly endpoint: string;
    readonly input: Json;
    readonly state?: Json | undefined;
  }): Explained;
}

/** For many requests to one policy: it is compiled once. */
export function explainer({
  text,
  file,
  kata = kataProfile(),
}: {
  readonly text: string;
  readonly file: string;
  readonly kata?: KataProfile | undefined;
}): Explainer {
  const engine = loadRego(text, file, kata);
  return {
    engine,
    explain({ endpoint, input, state }) {
      const policy = AgentPolicy.open([{ source: 'image-default', text, module: file }], {
        kata,
        loadText: () => engine,
      });
      if (state !== undefined) policy.restore(state);
      const before = policy.state;
      return explainDecision(engine, policy.decide(endpoint, input), before);
    },
  };
}

/** The reason for a decision that has been made, given the state it was made in. */
export function explainDecision(engine: RegoEngine, decision: Decision, state: Json): Explained {
  const { policy } = engine;
  const path = `data.agent_policy.${decision.endpoint}`;
  const documents = { input: { value: decision.input }, data: { value: state } };
  const isAllowed = decision.verdict === 'allow' && !decision.ignoredFailure;
  // A denial is told by the near miss alone; only then is it known that nothing breaks.
  const outcome =
    decision.verdict === 'deny' ? undefined : policy.query(path, { ...documents, explain: true });
  const fault = outcome?.kind === 'fault' ? outcome : undefined;
  const env = new EnvWatcher(decision.input);
  const near =
    isAllowed || fault
      ? undefined
      : policy.nearMiss(path, { ...documents, observer: env, weigh: identityWeight });
  const decidedBy =
    near === undefined
      ? outcome?.explanation?.attempts.find(({ held }) => held)?.span
      : near.definitions.find(({ held }) => held)?.rule.span;
  const candidates =
    near === undefined
      ? []
      : candidatesOf(near, {
          locate: remembering((at) => locateConstant(policy, at)),
          find: (value, below) => findField(decision.input, value, below),
        });
  const faultAt = fault?.diagnostic?.span;
  return {
    decision,
    decidedBy: decidedBy && placeOf(decidedBy),
    faultAt: faultAt && placeOf(faultAt),
    candidates,
    env: env.rows(candidates[0]?.differences ?? []),
    omitted: near?.omitted ?? 0,
    truncated: near?.truncated ?? false,
    hint: hintFor(decision, engine, candidates),
  };
}

/** The same constants are looked up for many candidates. */
function remembering(locate: Places['locate']): Places['locate'] {
  const known = new Map<string, SourcePlace | undefined>();
  return (path) => {
    const name = JSON.stringify(path);
    if (!known.has(name)) known.set(name, locate(path));
    return known.get(name);
  };
}
