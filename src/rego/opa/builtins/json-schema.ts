/** JSON schemas: is it one, does a document fit it. */
import { KatasimError } from '#base';
import { parseJson, toJson } from '../../json.ts';
import { RegoObject, type Value } from '../../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  type BuiltinResult,
  defineBuiltin,
  isBuiltinFault,
} from '../../builtins/define.ts';
import { checkSchema, SchemaError } from './json-schema-check.ts';
import { SchemaValidator } from './json-schema-validate.ts';

/** A document given as JSON text or as a value; by way of JSON, so that sets are arrays. */
function documentOf(context: BuiltinContext, value: Value): Value | BuiltinFault {
  const { numbers } = context.profile;
  if (typeof value !== 'string' && !(value instanceof RegoObject) && !Array.isArray(value)) {
    return builtinFault('wrong type, expected string or object');
  }
  const text = typeof value === 'string' ? value : toJson(value, { order: 'opa', numbers });
  context.charge(text.length);
  try {
    return parseJson(text, numbers);
  } catch (error) {
    if (error instanceof KatasimError) return builtinFault('invalid JSON string');
    throw error;
  }
}

function schemaFault(check: () => void): BuiltinFault | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof SchemaError) return builtinFault(error.message);
    throw error;
  }
}

function matchSchema(context: BuiltinContext, value: Value, rawSchema: Value): BuiltinResult {
  const document = documentOf(context, value);
  if (isBuiltinFault(document)) return document;
  const schema = documentOf(context, rawSchema);
  if (isBuiltinFault(schema)) return schema;
  const invalid = schemaFault(() => {
    checkSchema(schema);
  });
  if (invalid !== undefined) return invalid;
  const found: Value[] = [];
  const failed = schemaFault(() => {
    const validator = new SchemaValidator(schema, (units) => context.charge(units));
    for (const { type, field, description } of validator.validate(document)) {
      found.push(
        RegoObject.of([
          ['desc', description],
          ['error', `${field}: ${description}`],
          ['field', field],
          ['type', type],
        ]),
      );
    }
  });
  return failed ?? [found.length === 0, found];
}

export const jsonSchema = [
  defineBuiltin({
    name: 'json.match_schema',
    summary: '[fits, complaints] of a document and a JSON schema.',
    args: ['any<string, object[any: any]>', 'any<string, object[any: any]>'],
    result:
      'array<boolean, array[object[desc: string, error: string, field: string, type: string]]>',
    unchecked: true,
    impl(document: Value, schema: Value) {
      return matchSchema(this, document, schema);
    },
  }),
  defineBuiltin({
    name: 'json.verify_schema',
    summary: '[valid, complaint or null] of a JSON schema.',
    args: ['any<string, object[any: any]>'],
    result: 'array<boolean, any<null, string>>',
    unchecked: true,
    impl(raw: Value) {
      const schema = documentOf(this, raw);
      const fault = isBuiltinFault(schema)
        ? schema
        : schemaFault(() => {
            checkSchema(schema);
          });
      return fault === undefined ? [true, null] : [false, `jsonschema: ${fault.message}`];
    },
  }),
];
