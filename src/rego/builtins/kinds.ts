/** What kind of value it is, and conversions between kinds. */
import { KatasimError } from '#base';
import { Decimal } from '../decimal.ts';
import { parseJson } from '../json.ts';
import { isNumeric } from '../number.ts';
import { numberOf, RegoSet, type TypeName, typeName, type Value } from '../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinResult,
  type BuiltinSpec,
  defineBuiltin,
  operandFault,
} from './define.ts';
import { elementsOf } from './operands.ts';

const isKind = (kind: TypeName): BuiltinSpec =>
  defineBuiltin({
    name: `is_${kind}`,
    summary: `The value is of kind ${kind}.`,
    args: ['any'],
    result: 'boolean',
    impl: (value: Value) => typeName(value) === kind,
  });

const cast = (kind: TypeName, result: string): BuiltinSpec =>
  defineBuiltin({
    name: `cast_${kind}`,
    summary: `The value itself if it is of kind ${kind}, else an error.`,
    args: ['any'],
    result,
    deprecated: true,
    impl: (value: Value) =>
      typeName(value) === kind
        ? value
        : operandFault(1, `must be ${kind} but got ${typeName(value)}`),
  });

/** array and set convert into each other. */
function castCollection(
  context: BuiltinContext,
  value: Value,
  kind: 'array' | 'set',
): BuiltinResult {
  if (!Array.isArray(value) && !(value instanceof RegoSet)) {
    return operandFault(1, `must be one of {array, set} but got ${typeName(value)}`);
  }
  const collection = value as readonly Value[] | RegoSet;
  return kind === 'array'
    ? elementsOf(context, collection)
    : RegoSet.of(elementsOf(context, collection));
}

/** Go's strconv.ParseFloat, less hexadecimal and underscores. */
const GO_FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** What must be a JSON number for OPA to go on computing with it. */
function opaToNumber(text: string): BuiltinResult {
  if (/^[+-]*(?:inf|infinity|nan)$/i.test(text)) {
    return operandFault(1, 'must be valid number string but got string');
  }
  if (!GO_FLOAT.test(text))
    return builtinFault(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (!Number.isFinite(Number(text))) {
    return builtinFault(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: value out of range`);
  }
  // The text is kept as it came, leading zeros and all.
  return /^(?:0|-?[1-9]\d*)$/.test(text) ? numberOf(text, 'decimal') : new Decimal(text);
}

function regorusToNumber(context: BuiltinContext, text: string): BuiltinResult {
  try {
    const value = parseJson(text, context.profile.numbers);
    if (isNumeric(value)) return value;
  } catch (error) {
    if (!(error instanceof KatasimError)) throw error;
  }
  return builtinFault('could not parse string as number');
}

function toNumber(context: BuiltinContext, value: Value, regorus: boolean): BuiltinResult {
  if (value === null || value === false) return 0;
  if (value === true) return 1;
  if (typeof value === 'string')
    return regorus ? regorusToNumber(context, value) : opaToNumber(value);
  return value;
}

export const kinds = [
  isKind('null'),
  isKind('boolean'),
  isKind('number'),
  isKind('string'),
  isKind('array'),
  isKind('object'),
  isKind('set'),
  defineBuiltin({
    name: 'type_name',
    summary: 'Name of the kind of a value.',
    args: ['any'],
    result: 'string',
    impl: typeName,
  }),
  defineBuiltin({
    name: 'to_number',
    summary: 'null and false are 0, true is 1, text is read as a number.',
    args: ['any<null, boolean, number, string>'],
    result: 'number',
    impl(value: Value) {
      return toNumber(this, value, false);
    },
    regorusImpl(value: Value) {
      return toNumber(this, value, true);
    },
  }),
  cast('null', 'null'),
  cast('boolean', 'boolean'),
  cast('string', 'string'),
  cast('object', 'object[any: any]'),
  defineBuiltin({
    name: 'cast_array',
    summary: 'An array as it is, a set as an array.',
    args: ['any'],
    result: 'array[any]',
    deprecated: true,
    impl(value: Value) {
      return castCollection(this, value, 'array');
    },
  }),
  defineBuiltin({
    name: 'cast_set',
    summary: 'A set as it is, an array as a set.',
    args: ['any'],
    result: 'set[any]',
    deprecated: true,
    impl(value: Value) {
      return castCollection(this, value, 'set');
    },
  }),
];
