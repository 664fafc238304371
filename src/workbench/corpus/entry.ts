/**
 * A corpus: requests in the order an agent saw them, wherever they were written down. Test cases,
 * a log of the agent, and our decision log all become the same rows; what reads one reads all.
 */
import type { ErrorLocation } from '#base';
import type { Json } from '#wire';

/**
 * - `testcases`: genpolicy's testcases.json
 * - `cases`: our own YAML form of it
 * - `policy-log`: /tmp/policy.jsonl of an agent
 * - `decision-log`: OPA decision-log events, one JSON object each
 */
export type CorpusFormat = 'testcases' | 'cases' | 'policy-log' | 'decision-log';

/** What was recorded or is demanded: `deny` also stands for a fault where the format has one word for both. */
export type RecordedVerdict = 'allow' | 'deny' | 'fault';

export interface CorpusEntry {
  readonly endpoint: string;
  /** The document the policy sees; CopyFile's is the derived one. */
  readonly input: Json;
  /** Undefined where the format does not say, as in an agent's own log. */
  readonly recorded: RecordedVerdict | undefined;
  /** The case's description, or `line 12`. */
  readonly note: string;
  readonly place: ErrorLocation;
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
