/**
 * The table of builtins, put together from its families. A policy looks a row up once, when it is
 * compiled, and calls it through `callBuiltin`, which checks the operands.
 */
import { regorusJson } from '../text.ts';
import { typeName, type Value } from '../value.ts';
import { opaDialect } from '../opa-dialect.ts';
import { isOpaOnly, opaLacks, opaOnlyNames, regorusLacks } from './availability.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  type BuiltinResult,
  type BuiltinSpec,
  isBuiltinFault,
  kindBit,
  kindMask,
  operandCheck,
  type OperandCheck,
  operandFault,
} from './define.ts';
import { families } from './families.ts';
import type { Profile } from '../profile.ts';

export {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  type BuiltinImpl,
  type BuiltinResult,
  type BuiltinSpec,
  isBuiltinFault,
  type TypeExpr,
} from './define.ts';

interface Row {
  readonly spec: BuiltinSpec;
  readonly checks: readonly (OperandCheck & { readonly mask: number })[];
}

function toRow(spec: BuiltinSpec): Row {
  const checks = spec.args.map((type, i) => {
    const check = operandCheck(type, spec.kinds?.[i + 1]);
    return { ...check, mask: kindMask(check.kinds) };
  });
  return { spec, checks };
}

type Table = ReadonlyMap<string, Row>;

const tableOf = (families: readonly (readonly BuiltinSpec[])[]): Table =>
  new Map(families.flat().map((spec) => [spec.name, toRow(spec)]));

const shared = tableOf(families);
let opaOnly: Table | undefined;

function rowOf(name: string): Row | undefined {
  if (!isOpaOnly(name)) return shared.get(name);
  opaOnly ??= tableOf(opaDialect().families);
  return opaOnly.get(name);
}

/** In any engine. */
export const findBuiltin = (name: string): BuiltinSpec | undefined => rowOf(name)?.spec;

/** Whether a builtin of any engine has this name. */
export const isBuiltinName = (name: string): boolean => isOpaOnly(name) || shared.has(name);

export const builtinNames = (): readonly string[] => [...shared.keys(), ...opaOnlyNames()];

/** Whether the engine of a profile has the builtin. Operators are there under their symbol only. */
export function hasBuiltin({ engine, pin, builtins }: Profile, name: string): boolean {
  if (!isBuiltinName(name)) return false;
  return engine === 'opa' ? !opaLacks(name, pin) : !regorusLacks(name, pin, builtins);
}

/** The builtin, if the engine of the profile has it. */
export const builtinOf = (profile: Profile, name: string): BuiltinSpec | undefined =>
  hasBuiltin(profile, name) ? findBuiltin(name) : undefined;

/** The builtins that a policy for this profile may call by name. */
export const builtinsFor = (profile: Profile): readonly BuiltinSpec[] =>
  builtinNames().flatMap((name) => builtinOf(profile, name) ?? []);

export type BoundBuiltin = (context: BuiltinContext, operands: readonly Value[]) => BuiltinResult;

/**
 * The builtin as one profile calls it: operands checked, faults with the text the engine shows.
 * undefined: there is no such builtin, or not in this profile.
 */
export function bindBuiltin(name: string, profile: Profile): BoundBuiltin | undefined {
  const row = hasBuiltin(profile, name) ? rowOf(name) : undefined;
  if (row === undefined) return undefined;
  const regorus = profile.engine === 'regorus';
  const impl = regorus ? (row.spec.regorusImpl ?? row.spec.impl) : row.spec.impl;
  return (context, operands) => {
    const result =
      checkOperands(row, operands, regorus) ?? impl.apply(context, operands as Value[]);
    if (regorus || !isBuiltinFault(result) || result.fatal) return result;
    return builtinFault(`${name}: ${result.message}`, result.code);
  };
}

function checkOperands(
  { spec, checks }: Row,
  operands: readonly Value[],
  regorus: boolean,
): BuiltinFault | undefined {
  if (operands.length !== checks.length && spec.variadic === undefined) {
    return arityFault(spec, operands.length, regorus);
  }
  if (spec.unchecked === true) return undefined;
  for (let i = 0; i < checks.length; i++) {
    const check = checks[i];
    const operand = operands[i];
    if (check === undefined || operand === undefined) continue;
    if ((kindBit(operand) & check.mask) === 0) {
      return regorus
        ? regorusKindFault(spec, check, operand)
        : kindFault(spec, i + 1, operand, check);
    }
    if (check.element !== undefined) {
      const fault = checkElements(spec, { check, operand, position: i + 1, regorus });
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function arityFault(spec: BuiltinSpec, given: number, regorus: boolean): BuiltinFault {
  const want = spec.args.length;
  if (regorus) {
    return builtinFault(`\`${spec.name}\` expects ${want} argument${want === 1 ? '' : 's'}`);
  }
  // The compiler has refused this already; a replaced function may still get here.
  return builtinFault(`arity mismatch: want ${want}, have ${given}`, 'eval_type_error');
}

function kindFault(
  spec: BuiltinSpec,
  position: number,
  got: Value,
  { kinds }: OperandCheck,
): BuiltinFault {
  const names = spec.integers === true ? ['integer'] : kinds;
  const kindsText = names.length === 1 ? String(names[0]) : `one of {${names.join(', ')}}`;
  const want = spec.wanted?.[position] ?? kindsText;
  return operandFault(position, `must be ${want} but got ${typeName(got)}`);
}

const REGORUS_KINDS: Readonly<Record<string, string>> = { number: 'numeric' };

function regorusKindFault(
  spec: BuiltinSpec,
  { kinds, element }: OperandCheck,
  got: Value,
): BuiltinFault {
  if (element === 'string') return builtinFault(`\`${spec.name}\` expects array/set of strings.`);
  // OPA's order of the names differs from builtin to builtin; here it is always that of the alphabet.
  const want = kinds
    .map((kind) => REGORUS_KINDS[kind] ?? kind)
    .sort()
    .join('/');
  if (kinds.length > 1) {
    return builtinFault(`\`${spec.name}\` requires ${want} argument. Got \`${regorusJson(got)}\`.`);
  }
  return builtinFault(
    `\`${spec.name}\` expects ${want} argument. Got \`${regorusJson(got)}\` instead`,
  );
}

interface ElementPlace {
  readonly check: OperandCheck;
  readonly operand: Value;
  readonly position: number;
  readonly regorus: boolean;
}

function checkElements(
  spec: BuiltinSpec,
  { check, operand, position, regorus }: ElementPlace,
): BuiltinFault | undefined {
  const kind = typeName(operand);
  if (kind !== 'array' && kind !== 'set') return undefined;
  const items = Array.isArray(operand)
    ? (operand as readonly Value[])
    : (operand as { values(): Iterable<Value> }).values();
  let index = 0;
  for (const item of items) {
    const found = typeName(item);
    if (found !== check.element) {
      if (!regorus) {
        const text = `must be ${kind} of ${check.element}s but got ${kind} containing ${found}`;
        return operandFault(position, text);
      }
      return check.element === 'string'
        ? builtinFault(
            `\`${spec.name}\` expects string collection. Element ${index} is not a string.`,
          )
        : builtinFault(
            `\`${spec.name}\` expects numeric argument. Got \`${regorusJson(item)}\` instead`,
          );
    }
    index++;
  }
  return undefined;
}
