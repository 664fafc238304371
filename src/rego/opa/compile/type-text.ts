/** Types and object keys in the words of OPA's type errors. */
import { formatTerm } from '../../text.ts';
import { Decimal } from '../../decimal.ts';
import { isArray, RegoObject, type Value } from '../../value.ts';
import type { FunctionType, MaybeType } from './types.ts';

/** Past this length a type is cut short: nobody reads further, and unions can be vast. */
const MAX_TEXT = 100_000;

/** `array<number, string>[any]`; `???` for what is not known. */
export function typeText(type: MaybeType): string {
  const text = write(type);
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}

function write(type: MaybeType): string {
  if (type === undefined) return '???';
  switch (type.kind) {
    case 'array': {
      const fixed = type.static.length === 0 ? '' : `<${type.static.map(write).join(', ')}>`;
      return `array${fixed}${type.dynamic === undefined ? '' : `[${write(type.dynamic)}]`}`;
    }
    case 'object': {
      const parts = type.static.map(({ key, value }) => `${goText(key)}: ${write(value)}`);
      const fixed = parts.length === 0 ? '' : `<${parts.join(', ')}>`;
      const dynamic = type.dynamic;
      return `object${fixed}${dynamic === undefined ? '' : `[${write(dynamic.key)}: ${write(dynamic.value)}]`}`;
    }
    case 'set':
      return `set[${write(type.of)}]`;
    case 'any':
      return type.of.length === 0 ? 'any' : `any<${type.of.map(write).join(', ')}>`;
    case 'function':
      return `${argsText(type, false)} => ${write(type.result)}`;
    default:
      return type.kind;
  }
}

/** `(x: number, y: number, z: number)`; the result is listed last when asked for. */
export function argsText(type: FunctionType, withResult: boolean): string {
  const parts = type.args.map((arg, i) => named(type.argNames?.[i], arg));
  if (withResult && !type.void) parts.push(named(type.resultName, type.result));
  if (type.variadic !== undefined) parts.push(`${write(type.variadic)}...`);
  return `(${parts.join(', ')})`;
}

const named = (name: string | undefined, type: MaybeType): string =>
  name === undefined ? write(type) : `${name}: ${write(type)}`;

/** `(number, string, ???)` */
export const typesText = (types: readonly MaybeType[]): string =>
  `(${types.map(typeText).join(', ')})`;

/** A key as Go's `%v` prints JSON data: strings bare, `[a b]`, `map[a:1]`. */
function goText(key: Value): string {
  if (key === null) return '<nil>';
  if (typeof key === 'string') return key;
  if (key instanceof Decimal) return formatTerm(key);
  if (isArray(key)) return `[${key.map(goText).join(' ')}]`;
  if (key instanceof RegoObject) {
    const parts = key.keys('opa').map((name) => `${goText(name)}:${goText(key.get(name) ?? null)}`);
    return `map[${parts.join(' ')}]`;
  }
  return formatTerm(key);
}
