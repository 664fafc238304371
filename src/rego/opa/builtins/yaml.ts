/** YAML in and out of strings. */
import { Decimal } from '../../decimal.ts';
import { parseJson, toJson } from '../../json.ts';
import { opaNumberText, type RegoNumber, toDouble } from '../../number.ts';
import type { Value } from '../../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  defineBuiltin,
  isBuiltinFault,
} from '../../builtins/define.ts';
import { goFloatText } from '../../builtins/float-text.ts';
import { readYaml, YamlError } from './yaml-read.ts';
import { writeYaml } from './yaml-write.ts';

function read(context: BuiltinContext, text: string): Value | BuiltinFault {
  try {
    return readYaml(text, (units) => context.charge(units));
  } catch (error) {
    if (error instanceof YamlError) return builtinFault(error.message);
    throw error;
  }
}

/** Numbers pass through Go's float64 on their way, unless they are integers. */
function numberText(value: Value): string {
  return value instanceof Decimal
    ? goFloatText(toDouble(value))
    : opaNumberText(value as RegoNumber);
}

export const yamls = [
  defineBuiltin({
    name: 'yaml.marshal',
    summary: 'YAML text of a value; keys sorted.',
    args: ['any'],
    result: 'string',
    impl(value: Value) {
      // By way of JSON: sets become arrays and keys text.
      const json = toJson(value, { order: 'opa', numbers: 'decimal' });
      this.charge(2 * json.length);
      return writeYaml(parseJson(json, 'decimal'), numberText);
    },
  }),
  defineBuiltin({
    name: 'yaml.unmarshal',
    summary: 'Value of YAML text; of several documents the first.',
    args: ['string'],
    result: 'any',
    impl(text: string) {
      return read(this, text);
    },
  }),
  defineBuiltin({
    name: 'yaml.is_valid',
    summary: 'The value is YAML text.',
    args: ['string'],
    result: 'boolean',
    unchecked: true,
    impl(text: Value) {
      return typeof text === 'string' && !isBuiltinFault(read(this, text));
    },
  }),
];
