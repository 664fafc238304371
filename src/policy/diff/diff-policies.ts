/**
 * Two policies, or one under two Kata releases, over the same requests: whose verdict changes, and why
 * the refusing side refuses. Each side carries its own state.
 */
import { kataProfile, loadRego, PolicyParseError, type Decision, type Verdict } from '#gate';
import { decideEntry, openPolicy, type PolicyText } from '../corpus/decide-corpus.ts';
import type { Corpus, CorpusEntry } from '../corpus/entry.ts';
import { explainDecision } from '../explain/explain-request.ts';
import type { Explained } from '../explain/explained.ts';

export interface VerdictChange {
  readonly entry: CorpusEntry;
  readonly before: Decision;
  readonly after: Decision;
  /** Of the side that does not allow it; undefined for the many at the end. */
  readonly explained: Explained | undefined;
  /** Which side that is. */
  readonly refusedBy: 'before' | 'after';
}

export interface EndpointCount {
  readonly endpoint: string;
  readonly requests: number;
  /** `allow -> deny`, with how often. */
  readonly changes: ReadonlyMap<string, number>;
}

export interface PolicyDiff {
  readonly requests: number;
  readonly changes: readonly VerdictChange[];
  /** Endpoints of the corpus, in the order they first come. */
  readonly endpoints: readonly EndpointCount[];
}

interface Counting {
  requests: number;
  readonly changes: Map<string, number>;
}

/** Explaining costs more than deciding; nobody reads more than these. */
const EXPLAINED = 32;

/** Throws the located error of a policy that does not parse. */
export function diffPolicies(
  before: PolicyText,
  after: PolicyText,
  corpora: readonly Corpus[],
): PolicyDiff {
  const changes: VerdictChange[] = [];
  const counts = new Map<string, Counting>();
  let requests = 0;
  const engines = { before: engineOf(before), after: engineOf(after) };
  for (const { entries } of corpora) {
    // A corpus is the life of one agent.
    const agents = { before: openPolicy(before), after: openPolicy(after) };
    for (const entry of entries) {
      const left = decideEntry(agents.before, entry);
      const right = decideEntry(agents.after, entry);
      if (left.decision === undefined || right.decision === undefined) continue;
      requests++;
      const count: Counting = counts.get(entry.endpoint) ?? { requests: 0, changes: new Map() };
      counts.set(entry.endpoint, count);
      count.requests++;
      if (left.decision.verdict === right.decision.verdict) continue;
      const change = `${left.decision.verdict} -> ${right.decision.verdict}`;
      count.changes.set(change, (count.changes.get(change) ?? 0) + 1);
      const refusedBy =
        severity(right.decision.verdict) > severity(left.decision.verdict) ? 'after' : 'before';
      const side = refusedBy === 'after' ? right : left;
      changes.push({
        entry,
        before: left.decision,
        after: right.decision,
        refusedBy,
        explained:
          changes.length < EXPLAINED &&
          side.decision !== undefined &&
          engines[refusedBy] !== undefined
            ? explainDecision(engines[refusedBy], side.decision, side.stateBefore)
            : undefined,
      });
    }
  }
  return {
    requests,
    changes,
    endpoints: Array.from(counts, ([endpoint, count]) => ({ endpoint, ...count })),
  };
}

const severity = (verdict: Verdict): number => ({ allow: 0, deny: 1, fault: 2 })[verdict];

/** Undefined for a compiled policy: nothing of it can be explained. */
const engineOf = ({ text, file, kata = kataProfile(), compiled }: PolicyText) =>
  compiled === undefined ? loadRego(text, file, kata) : undefined;

/** Undefined when the release takes the policy; else the engine's located error. */
export function refusalToLoad(policy: PolicyText): PolicyParseError | undefined {
  try {
    engineOf(policy);
    return undefined;
  } catch (error) {
    if (error instanceof PolicyParseError) return error;
    throw error;
  }
}
