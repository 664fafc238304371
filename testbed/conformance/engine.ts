/** One question to the engine, in the terms that all case formats share. */
import {
  compile,
  type Diagnostic,
  type FaultPhase,
  type Profile,
  type Row,
  type Value,
} from '#rego';

export type { Row };

export interface Question {
  readonly profile: Profile;
  readonly modules: readonly { readonly name: string; readonly text: string }[];
  readonly query: string;
  /** JSON text. */
  readonly input?: string;
  /** For inputs that JSON cannot say. */
  readonly inputValue?: Value;
  /** JSON text. */
  readonly data?: string;
  readonly strict?: boolean;
  /** Default: as the profile has it. */
  readonly prints?: boolean;
  /** What `opa.runtime` shows as `env`. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** `parse` and `compile` are over the modules, the other phases are the engine's own. */
export type Phase = 'parse' | 'compile' | FaultPhase;

export type Answer =
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly prints: readonly string[] }
  | {
      readonly kind: 'failed';
      readonly phase: Phase;
      readonly text: string;
      readonly code: string;
      readonly prints: readonly string[];
    };

export function ask(question: Question): Answer {
  const { profile, modules, query, input, inputValue, data, strict, prints } = question;
  const compiled = compile(modules, { profile, ...(prints !== undefined && { prints }) });
  if (!compiled.ok) {
    const [first] = compiled.errors;
    return {
      kind: 'failed',
      phase: compiled.phase,
      text: compiled.errors.map(diagnosticText).join('\n'),
      code: first?.code ?? '',
      prints: [],
    };
  }
  const outcome = compiled.policy.query(query, {
    strict: strict ?? false,
    ...(inputValue !== undefined
      ? { input: { value: inputValue } }
      : input !== undefined && { input: { json: input } }),
    ...(data !== undefined && { data: { json: data } }),
    ...(question.environment !== undefined && { runtime: { env: question.environment } }),
    // A fixed moment: cases about the clock only look at its parts.
    nowNs: 1_750_000_000_123_456_789n,
    seed: 1,
  });
  const { prints: printed } = outcome;
  switch (outcome.kind) {
    case 'value':
      return { kind: 'rows', rows: outcome.rows, prints: printed };
    case 'undefined':
      return { kind: 'rows', rows: [], prints: printed };
    case 'fault':
      return {
        kind: 'failed',
        phase: outcome.phase,
        text: outcome.message,
        code: outcome.code,
        prints: printed,
      };
  }
}

const diagnosticText = ({ regorusText, code, message, details }: Diagnostic): string =>
  regorusText ?? [`${code}: ${message}`, ...details].join('\n');

/** The value of a term of Rego text, for inputs that JSON cannot say. */
export function valueOfTerm(text: string, profile: Profile): Value {
  const answer = ask({ profile, modules: [], query: `x = ${text}` });
  const value = answer.kind === 'rows' ? answer.rows[0]?.bindings['x'] : undefined;
  if (value === undefined) throw new Error(`cannot read the term ${text}`);
  return value;
}
