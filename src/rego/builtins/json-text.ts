/** JSON in and out of strings, as each engine spells it. */
import { KatasimError } from '#base';
import { parseJson, toJson } from '../json.ts';
import { type RegoObject, typeName, type Value } from '../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  defineBuiltin,
  isBuiltinFault,
  operandFault,
} from './define.ts';
import { formatTerm, goQuote } from '../text.ts';

/** Go's json.Marshal also escapes what could end a script element, and the line separators. */
const GO_EXTRA = /[<>&\u2028\u2029]/g;

const goEscape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Compact JSON with sorted keys. */
export function marshal(context: BuiltinContext, value: Value): string {
  const { order, numbers, engine } = context.profile;
  const text = toJson(value, { order, numbers });
  context.charge(text.length);
  return engine === 'opa' ? text.replace(GO_EXTRA, goEscape) : text;
}

/** Text of JSON, or undefined if it is not. */
function unmarshal(context: BuiltinContext, text: string): Value | undefined {
  context.charge(text.length);
  try {
    return parseJson(text, context.profile.numbers);
  } catch (error) {
    if (error instanceof KatasimError) return undefined;
    throw error;
  }
}

interface Layout {
  readonly prefix: string;
  readonly indent: string;
  readonly pretty: boolean;
}

const LAYOUT_KEYS = ['prefix', 'indent', 'pretty'];

/** Laid-out JSON: Go's MarshalIndent and serde's pretty form agree once indented alike. */
function layOut(context: BuiltinContext, value: Value, { prefix, indent }: Layout): string {
  const compact = marshal(context, value);
  const out: string[] = [prefix];
  let depth = 0;
  const line = () => {
    const start = `\n${prefix}${indent.repeat(depth)}`;
    context.charge(start.length);
    out.push(start);
  };
  for (let at = 0; at < compact.length; at++) {
    const char = compact.charAt(at);
    if (char === '"') {
      const end = endOfString(compact, at);
      out.push(compact.slice(at, end));
      at = end - 1;
    } else if (char === '{' || char === '[') {
      out.push(char);
      const next = compact.charAt(at + 1);
      if (next === '}' || next === ']') {
        out.push(next);
        at++;
        continue;
      }
      depth++;
      line();
    } else if (char === '}' || char === ']') {
      depth--;
      line();
      out.push(char);
    } else if (char === ',') {
      out.push(char);
      line();
    } else out.push(char === ':' ? ': ' : char);
  }
  return out.join('');
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return at + 1;
}

function opaLayout(options: RegoObject): Layout | BuiltinFault {
  const layout = { prefix: '', indent: '\t' };
  let implied = false;
  let pretty: boolean | undefined;
  for (const [index, key] of options.keys('opa').entries()) {
    const value = options.get(key);
    if (key === 'prefix' || key === 'indent') {
      if (typeof value !== 'string') {
        const got = typeName(value ?? null);
        const why = `operand ${index} must be string but got ${got}`;
        return operandFault(2, `key ${goQuote(key)} failed cast to string: ${why}`);
      }
      layout[key] = value;
      implied = true;
    } else if (key === 'pretty') {
      if (typeof value !== 'boolean') return operandFault(2, 'key "pretty" failed cast to bool');
      pretty = value;
    } else {
      return operandFault(2, `object contained unknown key ${formatTerm(key)}`);
    }
  }
  return { ...layout, pretty: pretty ?? implied };
}

function regorusLayout(options: RegoObject): Layout | BuiltinFault {
  const layout = { prefix: '', indent: '\t' };
  let pretty = options.size > 0;
  for (const key of options.keys('regorus')) {
    const value = options.get(key);
    if (typeof key !== 'string' || !LAYOUT_KEYS.includes(key)) {
      return builtinFault('marshaling option must be one of `indent`, `prefix` or `pretty`');
    }
    if (key === 'pretty') {
      if (typeof value !== 'boolean') {
        return builtinFault('marshaling option `pretty` must be true or false');
      }
      pretty = value;
    } else if (typeof value !== 'string') {
      return builtinFault('marshaling option `pretty` must be string');
    } else layout[key as 'prefix' | 'indent'] = value;
  }
  return { ...layout, pretty };
}

function marshalWith(context: BuiltinContext, value: Value, layout: Layout | BuiltinFault) {
  if (isBuiltinFault(layout)) return layout;
  return layout.pretty ? layOut(context, value, layout) : marshal(context, value);
}

export const jsonText = [
  defineBuiltin({
    name: 'json.marshal',
    summary: 'Compact JSON; sets as arrays, keys as text and sorted.',
    args: ['any'],
    result: 'string',
    impl(value: Value) {
      return marshal(this, value);
    },
  }),
  defineBuiltin({
    name: 'json.marshal_with_options',
    summary: 'JSON laid out over lines by the options prefix, indent and pretty.',
    args: ['any', 'object[indent: string, prefix: string, pretty: boolean, string: any]'],
    result: 'string',
    impl(value: Value, options: RegoObject) {
      return marshalWith(this, value, opaLayout(options));
    },
    regorusImpl(value: Value, options: RegoObject) {
      return marshalWith(this, value, regorusLayout(options));
    },
  }),
  defineBuiltin({
    name: 'json.unmarshal',
    summary: 'Value of JSON text.',
    args: ['string'],
    result: 'any',
    impl(text: string) {
      const value = unmarshal(this, text);
      return value === undefined ? builtinFault('invalid JSON') : value;
    },
    regorusImpl(text: string) {
      const value = unmarshal(this, text);
      return value === undefined ? builtinFault('could not deserialize json.') : value;
    },
  }),
  defineBuiltin({
    name: 'json.is_valid',
    summary: 'The text is JSON; false for anything that is not a string.',
    args: ['string'],
    result: 'boolean',
    unchecked: true,
    impl(text: Value) {
      return typeof text === 'string' && unmarshal(this, text) !== undefined;
    },
    regorusImpl(text: Value) {
      if (typeof text !== 'string') {
        return builtinFault(
          `\`json.is_valid\` expects string argument. Got \`${marshal(this, text)}\` instead`,
        );
      }
      return unmarshal(this, text) !== undefined;
    },
  }),
];
