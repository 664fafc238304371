/**
 * The table of builtins: one row each, collected by `defineBuiltin`. The evaluator looks rows up
 * once, when a policy is compiled, checks operand types against `args` and calls `impl`.
 */
import type { Profile } from '../profile.ts';
import type { Value } from '../value.ts';

/** A type as in rego-builtins.json: `number`, `array[string]`, `any<string, set[string]>`, ... */
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
  readonly message: string;
  /** OPA's code; default `eval_builtin_error`. Operand errors are `eval_type_error`. */
  readonly code: 'eval_builtin_error' | 'eval_type_error' | 'eval_internal_error';
  /** Ends the evaluation even when builtin errors are not strict (a panic of the guest's engine). */
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

/** `undefined` is Rego's undefined. A relation answers with all its results as an array of values. */
export type BuiltinResult = Value | undefined | BuiltinFault;

/**
 * Operands are typed by the implementation; the registry has checked them against `args`, so a row
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
  /** The guest's engine answers differently: used in regorus profiles instead of `impl`. */
  readonly guestImpl?: BuiltinImpl;
  readonly deprecated?: boolean;
  readonly nondeterministic?: boolean;
  /** Several results (`walk`): `impl` returns them as an array. */
  readonly relation?: boolean;
}

const table = new Map<string, BuiltinSpec>();

export function defineBuiltin(spec: BuiltinSpec): void {
  table.set(spec.name, spec);
}

export const findBuiltin = (name: string): BuiltinSpec | undefined => table.get(name);

export const allBuiltins = (): readonly BuiltinSpec[] => [...table.values()];
