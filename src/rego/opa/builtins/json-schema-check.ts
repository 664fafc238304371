/**
 * Whether a value is a JSON schema (drafts 4 to 7). Complaints are those of OPA's library, of which
 * only the first is told.
 */
import { isNumeric, toDouble, toInteger } from '../../number.ts';
import { compareNumbers } from '../../order.ts';
import { Regex, regexFor } from '../../regex/regex.ts';
import { RegoObject, typeName, type Value } from '../../value.ts';

export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string'];

const wrongType = (key: string, expected: string): SchemaError =>
  new SchemaError(`Invalid type. Expected: ${expected}, given: ${key}`);

const isStrings = (value: Value): value is readonly string[] =>
  Array.isArray(value) && (value as readonly Value[]).every((item) => typeof item === 'string');

function checkType(value: Value): void {
  const names = Array.isArray(value) ? (value as readonly Value[]) : [value];
  for (const name of names) {
    if (typeof name !== 'string')
      throw new SchemaError('type must be of type string/array-of-strings');
    if (!TYPES.includes(name)) {
      const expected = `[${TYPES.join(' ')}]`;
      throw new SchemaError(
        `has a primitive type that is NOT VALID -- given: /${name}/ Expected valid values are:${expected}`,
      );
    }
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (typeof twice === 'string') throw new SchemaError(`${twice} type is duplicated`);
}

function checkCount(value: Value, key: string): void {
  const whole = isNumeric(value) ? toInteger(value) : undefined;
  if (whole === undefined) throw new SchemaError(`${key} must be of an integer`);
  if (whole < 0n) throw new SchemaError(`${key} must be greater than or equal to 0`);
}

function checkNumber(value: Value, key: string): void {
  if (!isNumeric(value)) throw new SchemaError(`${key} must be of a number`);
}

function checkPattern(value: Value, key: string): void {
  if (typeof value !== 'string') throw wrongType(key, 'string');
  if (!(regexFor(value, 'go') instanceof Regex)) {
    throw new SchemaError(`${key} must be a valid regex`);
  }
}

type Check = (value: Value, key: string, schema: (value: Value) => void) => void;

const schemaList: Check = (value, key, schema) => {
  if (!Array.isArray(value)) throw new SchemaError(`${key} must be of an array`);
  for (const item of value as readonly Value[]) schema(item);
};

const schemaMap: Check = (value, key, schema) => {
  if (!(value instanceof RegoObject)) throw wrongType(key, 'object');
  for (const [, item] of value.entries()) schema(item);
};

const oneSchema: Check = (value, _, schema) => {
  schema(value);
};

const CHECKS: Readonly<Record<string, Check>> = {
  type: checkType,
  multipleOf(value, key) {
    checkNumber(value, key);
    if (isNumeric(value) && !(toDouble(value) > 0)) {
      throw new SchemaError('multipleOf must be strictly greater than 0');
    }
  },
  minimum: checkNumber,
  maximum: checkNumber,
  minLength: checkCount,
  maxLength: checkCount,
  minItems: checkCount,
  maxItems: checkCount,
  minProperties: checkCount,
  maxProperties: checkCount,
  pattern: checkPattern,
  required(value, key) {
    if (!isStrings(value)) throw wrongType(key, 'string');
  },
  enum(value, key) {
    if (!Array.isArray(value)) throw new SchemaError(`${key} must be of an array`);
  },
  uniqueItems(value, key) {
    if (typeof value !== 'boolean') throw new SchemaError(`${key} must be of a boolean`);
  },
  properties(value, key, schema) {
    if (!(value instanceof RegoObject)) {
      throw new SchemaError('Properties must be of type object');
    }
    schemaMap(value, key, schema);
  },
  definitions: schemaMap,
  patternProperties(value, key, schema) {
    if (!(value instanceof RegoObject)) throw wrongType(key, 'valid schema');
    for (const [pattern, item] of value.entries()) {
      if (typeof pattern !== 'string') throw wrongType(key, 'string');
      if (!(regexFor(pattern, 'go') instanceof Regex)) {
        throw new SchemaError(`Invalid regex pattern '${pattern}'`);
      }
      schema(item);
    }
  },
  dependencies(value, key, schema) {
    if (!(value instanceof RegoObject)) throw wrongType(key, 'valid schema');
    for (const [, item] of value.entries()) if (!isStrings(item)) schema(item);
  },
  items(value, _, schema) {
    for (const item of Array.isArray(value) ? (value as readonly Value[]) : [value]) schema(item);
  },
  additionalItems: oneSchema,
  additionalProperties: oneSchema,
  propertyNames: oneSchema,
  contains: oneSchema,
  not: oneSchema,
  if: oneSchema,
  then: oneSchema,
  else: oneSchema,
  allOf: schemaList,
  anyOf: schemaList,
  oneOf: schemaList,
  $ref(value) {
    if (typeof value !== 'string') throw wrongType('$ref', 'string');
    if (!value.startsWith('#')) {
      throw new SchemaError(`remote reference loading disabled: ${value}`);
    }
  },
};

const BOUNDS = [
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
] as const;

const MAX_DEPTH = 500;

/** Throws SchemaError. */
export function checkSchema(schema: Value, depth = 0): void {
  if (depth > MAX_DEPTH) throw new SchemaError('schema nests too deeply');
  if (typeof schema === 'boolean') return;
  if (!(schema instanceof RegoObject)) {
    throw new SchemaError(`Invalid type. Expected: valid schema, given: ${typeName(schema)}`);
  }
  for (const key of schema.keys('opa')) {
    if (typeof key !== 'string' || !Object.hasOwn(CHECKS, key)) continue;
    CHECKS[key]?.(schema.get(key) ?? null, key, (inner) => {
      checkSchema(inner, depth + 1);
    });
  }
  for (const [low, high] of BOUNDS) {
    const [least, most] = [schema.get(low) ?? null, schema.get(high) ?? null];
    if (isNumeric(least) && isNumeric(most) && compareNumbers(least, most) > 0) {
      throw new SchemaError(`${low} cannot be greater than ${high}`);
    }
  }
}
