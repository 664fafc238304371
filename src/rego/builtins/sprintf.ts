/** `sprintf`, twice: Go's verbs for OPA, regorus' own for regorus. */
import { Decimal } from '../decimal.ts';
import { isNumeric, plainDecimal, type RegoNumber, toDouble } from '../number.ts';
import { formatTerm } from '../text.ts';
import { RegoObject, RegoSet, type Value } from '../value.ts';
import { defineBuiltin } from './define.ts';
import { goSprintf } from './sprintf-go.ts';
import type { GoArgument } from './sprintf-value.ts';
import { regorusSprintf } from './sprintf-regorus.ts';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** As OPA hands a value to Go: an int, a big int, a float when there is a point, else text. */
function goArgument(value: Value): GoArgument {
  if (typeof value === 'string') return { kind: 'string', value };
  if (!isNumeric(value)) return { kind: 'string', value: formatTerm(value) };
  return goNumber(value);
}

function goNumber(value: RegoNumber): GoArgument {
  if (value instanceof Decimal) {
    // `1e3` is neither a Go int nor has it a point: OPA passes its text.
    if (/^-?0+$/.test(value.text)) return { kind: 'int', value: 0n, big: false };
    const float = toDouble(value);
    return value.text.includes('.') && Number.isFinite(float)
      ? { kind: 'float', value: float }
      : { kind: 'string', value: value.text };
  }
  if (typeof value === 'number' && !Number.isInteger(value)) return { kind: 'float', value };
  const whole = BigInt(value);
  return { kind: 'int', value: whole, big: whole > INT64_MAX || whole < INT64_MIN };
}

/** Text of a composite in regorus' formats: numbers in full, strings as JSON, sets in braces. */
function regorusText(value: Value, nested = false): string {
  if (typeof value === 'string') return nested ? JSON.stringify(value) : value;
  if (isNumeric(value)) return plainDecimal(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof RegoObject) {
    const members = value
      .keys('regorus')
      .map((key) => `${regorusText(key, true)}: ${regorusText(value.get(key) ?? null, true)}`);
    return `{${members.join(', ')}}`;
  }
  const items = value instanceof RegoSet ? value.members('regorus') : value;
  const text = items.map((item) => regorusText(item, true)).join(', ');
  return value instanceof RegoSet ? `{${text}}` : `[${text}]`;
}

export const formatting = [
  defineBuiltin({
    name: 'sprintf',
    summary: 'Formats values as Go does; a wrong verb prints a complaint instead of failing.',
    args: ['string', 'array[any]'],
    result: 'string',
    impl(format: string, values: readonly Value[]) {
      return goSprintf(format, values.map(goArgument), (units) => this.charge(units));
    },
    regorusImpl(format: string, args: readonly Value[]) {
      const text = (value: Value) => regorusText(value);
      return regorusSprintf({ format, args, text, charge: (units) => this.charge(units) });
    },
  }),
];
