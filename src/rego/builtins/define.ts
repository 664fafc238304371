/**
 * What a row of the builtin table says: its declaration as data, what it does, and how it answers in
 * the two engines. Rows are collected by registry.ts; this file is what the families import.
 */
import { isNumeric } from '../number.ts';
import type { Profile } from '../profile.ts';
import { type TypeName, typeName, type Value } from '../value.ts';

/** A type as in OPA's declarations: `number`, `array[string]`, `any<string, set[string]>`, ... */
export type TypeExpr = string;

/** What an implementation may know besides its operands. One per query. */
export interface BuiltinContext {
  readonly profile: Profile;
  /** Nanoseconds since the epoch; the same for the whole query. */
  readonly nowNs: bigint;
  /** Seed of everything random in this query. */
  readonly seed: number;
  /** Answers of nondeterministic builtins in this query, by name and operands. */
  readonly memo: Map<string, Value>;
  /** Environment shown by `opa.runtime`, if the host gives one. */
  readonly runtime: Value | undefined;
  /** Adds a note to the trace. */
  note(text: string): void;
  /**
   * Charges work that grows with the operands (produced characters or elements) to the query's
   * budget; throws when it is spent.
   */
  charge(units: number): void;
  /** Where the call stands, for messages: `file:row`. */
  readonly where: string;
}

const FAULT = Symbol('builtin fault');

/** A failing call: undefined, or the end of the evaluation when builtin errors are strict. */
export interface BuiltinFault {
  readonly [FAULT]: true;
  /** From a row: without the builtin's name. From `callBuiltin`: ready to show. */
  readonly message: string;
  /** OPA's code; default `eval_builtin_error`. Operand errors are `eval_type_error`. */
  readonly code: 'eval_builtin_error' | 'eval_type_error' | 'eval_internal_error';
  /** Ends the evaluation even when builtin errors are not strict (a panic of regorus). */
  readonly fatal: boolean;
}

export function builtinFault(
  message: string,
  code: BuiltinFault['code'] = 'eval_builtin_error',
  fatal = false,
): BuiltinFault {
  return { [FAULT]: true, message, code, fatal };
}

export const isBuiltinFault = (value: unknown): value is BuiltinFault =>
  typeof value === 'object' && value !== null && FAULT in value;

/** OPA's operand error: `operand 2 must be string but got number`. */
export const operandFault = (position: number, text: string): BuiltinFault =>
  builtinFault(`operand ${position} ${text}`, 'eval_type_error');

/** A limit of ours or a panic of regorus: never merely undefined. */
export const fatalFault = (message: string): BuiltinFault =>
  builtinFault(message, 'eval_internal_error', true);

/** `undefined` is Rego's undefined. A relation answers with all its results as an array of values. */
export type BuiltinResult = Value | undefined | BuiltinFault;

/**
 * Operands are typed by the implementation; `callBuiltin` has checked them against `args`, so a row
 * may narrow its parameters: `impl(value: string, count: number) {...}`.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- narrowed by the declaration in `args`
export type BuiltinImpl = (this: BuiltinContext, ...operands: any[]) => BuiltinResult;

export interface BuiltinSpec {
  readonly name: string;
  readonly summary: string;
  readonly args: readonly TypeExpr[];
  /** Any number of further operands of this type. */
  readonly variadic?: TypeExpr;
  readonly result: TypeExpr;
  readonly impl: BuiltinImpl;
  /** regorus answers differently: used in regorus profiles instead of `impl`. */
  readonly regorusImpl?: BuiltinImpl;
  /** The operator that is short for it. */
  readonly infix?: string;
  readonly deprecated?: boolean;
  readonly nondeterministic?: boolean;
  /** Several results (`walk`): `impl` returns them as an array. */
  readonly relation?: boolean;
  /** Declared types are for the compiler only; the implementation takes any operand. */
  readonly unchecked?: boolean;
  /** Order in which OPA lists the accepted kinds of an operand, where it is not the declared one. */
  readonly kinds?: Readonly<Record<number, readonly TypeName[]>>;
  /** What OPA says an operand must be, where that is not its kinds. */
  readonly wanted?: Readonly<Record<number, string>>;
  /** OPA's word for an operand that must be an integer: `must be integer but got string`. */
  readonly integers?: boolean;
}

export const isRegorus = ({ profile }: BuiltinContext): boolean => profile.engine === 'regorus';

/** One row. Types the implementation's `this`; the table itself is put together in registry.ts. */
export const defineBuiltin = (spec: BuiltinSpec): BuiltinSpec => spec;

/** What one operand must be, derived from its type expression once. */
export interface OperandCheck {
  /** Empty: anything. */
  readonly kinds: readonly TypeName[];
  /** Element type of collections, where it is a scalar. */
  readonly element: 'string' | 'number' | undefined;
}

/** Parts of `a, b<c, d>` at depth zero. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '<' || c === '[') depth++;
    else if (c === '>' || c === ']') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

export function operandCheck(type: TypeExpr, order?: readonly TypeName[]): OperandCheck {
  if (type === 'any') return { kinds: [], element: undefined };
  const union = /^any<(.*)>$/.exec(type);
  const parts = union === null ? [type] : splitTop(union[1] ?? '');
  const kinds = parts.map((part) => /^[a-z]+/.exec(part)?.[0] as TypeName);
  const elements = parts.flatMap(
    (part) => /^(?:array|set)\[(string|number)\]$/.exec(part)?.[1] ?? [],
  );
  const element = elements[0] === 'string' || elements[0] === 'number' ? elements[0] : undefined;
  return { kinds: order ?? kinds, element };
}

/** Kind of a value as one bit, so that a check is one mask. */
const BITS: Readonly<Record<TypeName, number>> = {
  null: 1,
  boolean: 2,
  number: 4,
  string: 8,
  array: 16,
  object: 32,
  set: 64,
};

export const kindMask = (kinds: readonly TypeName[]): number =>
  kinds.length === 0 ? -1 : kinds.reduce((mask, kind) => mask | BITS[kind], 0);

export function kindBit(value: Value): number {
  switch (typeof value) {
    case 'string':
      return 8;
    case 'boolean':
      return 2;
    case 'number':
    case 'bigint':
      return 4;
    default:
      return isNumeric(value) ? 4 : BITS[typeName(value)];
  }
}
