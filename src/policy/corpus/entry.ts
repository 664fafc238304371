/**
 * A corpus: requests in the order an agent saw them, wherever they were written down. Test cases,
 * a log of the agent, and our decision log all become the same rows; what reads one reads all.
 */
import type { ErrorLocation } from '#base';
import type { PatchOperation } from '#gate';
import type { Json } from '#wire';
import type { CaseExpectation } from './expectation.ts';

/**
 * - `testcases`: genpolicy's testcases.json
 * - `cases`: our own YAML form of it
 * - `policy-log`: /tmp/policy.jsonl of an agent, or policy.txt of an older one
 * - `decision-log`: OPA decision-log events, one JSON object each
 */
export type CorpusFormat = 'testcases' | 'cases' | 'policy-log' | 'decision-log';

/** What was recorded or is demanded. A fault is no denial: genpolicy’s own runner stops at one. */
export type RecordedVerdict = 'allow' | 'deny' | 'fault';

export interface CorpusEntry {
  readonly endpoint: string;
  /** The document the policy sees; CopyFile's is the derived one. */
  readonly input: Json;
  /** Undefined where the format does not say, as for most lines of an agent's own log. */
  readonly recorded: RecordedVerdict | undefined;
  /** The case's description, or `line 12`. */
  readonly note: string;
  readonly place: ErrorLocation;
  /** The log keeps answers that are objects, and there is none for this request. */
  readonly unanswered?: true;
  /** Paths of the input that were hidden when it was logged: what it asked cannot be asked again. */
  readonly masked?: readonly string[];
  /** The state patch that the recorded answer carried. */
  readonly recordedOps?: readonly PatchOperation[];
  /** Fields that no message has, left out of the input as the agent's own reader leaves them out. */
  readonly ignored?: readonly string[];
  /** What a case of ours demands beyond the verdict. */
  readonly expected?: CaseExpectation;
}

export interface Corpus {
  readonly file: string;
  readonly format: CorpusFormat;
  readonly entries: readonly CorpusEntry[];
  /** Lines left out because `keepGoing` was asked for; empty otherwise. */
  readonly problems: readonly CorpusProblem[];
}

export interface CorpusProblem {
  readonly message: string;
  readonly place: ErrorLocation;
}
