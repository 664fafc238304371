/**
 * Policy text, places in it, and the diagnostics that point at them.
 *
 * Nodes carry offsets (UTF-16 units into `Source.text`); lines and columns are worked out only when
 * somebody reads an error. Two column rules exist: OPA counts code points, regorus counts
 * a tab as four columns.
 */

/** One file of policy text. `name` is the label shown in every message (`agent_policy` in regorus). */
export interface Source {
  readonly name: string;
  readonly text: string;
  /** Set when the bytes the text came from were not valid UTF-8; the parser refuses such a source. */
  readonly invalidUtf8?: boolean;
}

export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export interface Position {
  /** From 1. */
  readonly row: number;
  /** From 1. */
  readonly col: number;
}

export type DiagnosticCode =
  | 'rego_parse_error'
  | 'rego_compile_error'
  | 'rego_type_error'
  | 'rego_unsafe_var_error'
  | 'rego_recursion_error'
  | 'rego_format_error';

/** `advice` never changes a verdict: it is what OPA or a careful reader would object to. */
export type Severity = 'error' | 'warning' | 'advice';

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  /** The engine's own words, without location. */
  readonly message: string;
  readonly span: Span;
  /** Lines OPA indents below the message, such as the source line and a caret. */
  readonly details: readonly string[];
  /** What the author is likely to have meant. Ours, never part of an engine's text. */
  readonly hint?: string;
  /** Which piece of advice it is, as its row in advice.ts is called; absent for errors of an engine. */
  readonly advice?: string;
  /** Byte-exact text of regorus, when the diagnostic is one of its errors. */
  readonly regorusText?: string;
}
