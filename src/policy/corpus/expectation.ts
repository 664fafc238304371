/** What a case of the YAML form demands beyond its verdict. */
import type { Json } from '#wire';

export interface CaseExpectation {
  /** The exact sentence, unquoted, or a pattern it has to match. */
  readonly message?: TextExpectation;
  /** Each has to be found in the prints. */
  readonly prints?: readonly TextExpectation[];
  /** What the explanation has to name: each of these texts somewhere in its lines. */
  readonly explains?: readonly TextExpectation[];
  /** The policy state afterwards, `data.pstate` whole. */
  readonly state?: Json;
  /** The state patch of the answer. */
  readonly ops?: Json;
}

/** Written as a text, or as `/pattern/`. */
export interface TextExpectation {
  readonly source: string;
  readonly pattern: RegExp | undefined;
}
