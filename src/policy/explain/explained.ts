/**
 * The reason for one decision: what the policy answered and why, from the evaluation that decided.
 * A denial lists the ways in which the request could have been allowed, nearest first, each with the
 * checks that failed; the first of them is where the evaluation stopped.
 */
import type { Decision, KataProfile } from '#gate';
import type { Json } from '#wire';
import type { FieldPath } from './fields.ts';
import type { EnvRow } from './env-table.ts';

export interface ExplainQuestion {
  /** Rego text. */
  readonly text: string;
  /** What messages call it. */
  readonly file: string;
  readonly kata?: KataProfile | undefined;
  readonly endpoint: string;
  readonly input: Json;
  /** The data document before the request, `{"pstate": {...}}`. Default: an empty state. */
  readonly state?: Json | undefined;
}

export interface SourcePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The source line as it is. */
  readonly text: string;
  /** How many characters the caret covers, on this line. */
  readonly width: number;
}

/** A part of an expression with the value it had; `undefined` has none. */
export interface SeenPart {
  readonly text: string;
  readonly value: Json | undefined;
}

/** One check that did not hold. */
export interface Difference {
  /** The request's field, `OCI.Process.Args[2]`; undefined when the check looks at none. */
  readonly field: string | undefined;
  readonly path: readonly (string | number)[] | undefined;
  /** `OCI.Process.Args[2]: "a" is not "b"` */
  readonly sentence: string;
  /** Where the policy has the value it wanted, when that is a constant of it. */
  readonly wanted: SourcePlace | undefined;
  /** What the policy calls that: `policy_data.containers[1].process.args[2]`. */
  readonly wantedName: string | undefined;
  /** Every field of the request that the check looks at. */
  readonly related: readonly { readonly field: string; readonly path: FieldPath }[];
  /** The expression. */
  readonly place: SourcePlace;
  readonly parts: readonly SeenPart[];
  /** Calls that led there, outermost first. */
  readonly trail: readonly SourcePlace[];
  /** When several rules could have let it pass: what each says, nearest first. */
  readonly alternatives: readonly Difference[];
}

/** One way to an answer: a rule body, and the iteration of its loops. */
export interface Candidate {
  /** `CreateContainerRequest` */
  readonly rule: string;
  readonly place: SourcePlace;
  /** `container 1 "web"`; empty without a loop. */
  readonly iteration: string;
  /** Never empty. */
  readonly differences: readonly Difference[];
  /** More differ than are listed. */
  readonly more: boolean;
}

export interface Explained {
  readonly decision: Decision;
  /** The rule that gave the answer; undefined when none did. */
  readonly decidedBy: SourcePlace | undefined;
  /** Where the evaluation broke, when it did. */
  readonly faultAt: SourcePlace | undefined;
  /** Of a denial or of an undefined rule; nearest first. */
  readonly candidates: readonly Candidate[];
  /** Ways that were tried but are not in `candidates`. */
  readonly omitted: number;
  /** A bound was reached before every way had been looked at. */
  readonly truncated: boolean;
  /** Each environment variable of the request with what allowed it, where a function of the policy did. */
  readonly env: readonly EnvRow[];
  /** What to do, when that is sure. */
  readonly hint: string | undefined;
}

/** How a piece of text is meant; a terminal gives it colours. */
export type Paint = (role: Role, text: string) => string;
export type Role = 'allow' | 'deny' | 'field' | 'place' | 'caret' | 'dim' | 'strong';
