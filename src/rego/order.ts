/**
 * Equality, order and canonical text of values. The order is total:
 * null < boolean < number < string < array < object < set, where regorus has set before object.
 */
import { compareDecimals, Decimal } from './decimal.ts';
import type { RegoObject, RegoSet, Value } from './value.ts';

/** Which engine's order: they disagree on objects and sets only. */
export type ValueOrder = 'opa' | 'regorus';

const RANK_ARRAY = 4;

/** `Array.isArray` does not narrow readonly arrays. */
const isList = (value: unknown): value is readonly Value[] => Array.isArray(value);

function rank(value: Value, order: ValueOrder): number {
  switch (typeof value) {
    case 'boolean':
      return 1;
    case 'number':
    case 'bigint':
      return 2;
    case 'string':
      return 3;
    default:
      if (value === null) return 0;
      if (value instanceof Decimal) return 2;
      if (isList(value)) return RANK_ARRAY;
      return (value.kind === 'object') === (order === 'opa') ? 5 : 6;
  }
}

/** Code point order. JavaScript compares UTF-16 units, which puts U+10000 before U+E000. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    let left = a.charCodeAt(i);
    let right = b.charCodeAt(i);
    if (left === right) continue;
    if (left >= 0xd800 && right >= 0xd800) {
      // Rotate so that surrogates (which spell U+10000 and above) sort last.
      left = left >= 0xe000 ? left - 0x800 : left + 0x2000;
      right = right >= 0xe000 ? right - 0x800 : right + 0x2000;
    }
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

type Numeric = number | bigint | Decimal;

const toDecimal = (value: Numeric): Decimal =>
  value instanceof Decimal ? value : new Decimal(String(value));

export function compareNumbers(a: Numeric, b: Numeric): number {
  if (a instanceof Decimal || b instanceof Decimal) {
    return compareDecimals(toDecimal(a), toDecimal(b));
  }
  // Mixed number and bigint comparison is exact in JavaScript.
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareLists(a: readonly Value[], b: readonly Value[], order: ValueOrder): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    // In range: i is below both lengths.
    const result = compareValues(a[i] as Value, b[i] as Value, order);
    if (result !== 0) return result;
  }
  return a.length - b.length;
}

function compareObjects(a: RegoObject, b: RegoObject, order: ValueOrder): number {
  const left = a.keys(order);
  const right = b.keys(order);
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const leftKey = left[i] as Value;
    const rightKey = right[i] as Value;
    const byKey = compareValues(leftKey, rightKey, order);
    if (byKey !== 0) return byKey;
    const byValue = compareValues(a.get(leftKey) as Value, b.get(rightKey) as Value, order);
    if (byValue !== 0) return byValue;
  }
  return left.length - right.length;
}

/** Negative, zero or positive as `a` sorts before, with or after `b`. */
export function compareValues(a: Value, b: Value, order: ValueOrder): number {
  if (a === b) return 0;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  const rankA = rank(a, order);
  const rankB = rank(b, order);
  if (rankA !== rankB) return rankA - rankB;
  switch (rankA) {
    case 0:
      return 0;
    case 1:
      return Number(a) - Number(b);
    case 2:
      return compareNumbers(a as Numeric, b as Numeric);
    case RANK_ARRAY:
      return compareLists(a as readonly Value[], b as readonly Value[], order);
    default: {
      // Equal rank: both are objects or both are sets.
      const left = a as RegoObject | RegoSet;
      return left.kind === 'object'
        ? compareObjects(left, b as RegoObject, order)
        : compareLists(left.members(order), (b as RegoSet).members(order), order);
    }
  }
}

/** Equality does not depend on the order, and never sorts. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return true;
  switch (typeof a) {
    case 'string':
    case 'boolean':
      return false;
    case 'number':
    case 'bigint':
      return (
        (typeof b === 'number' || typeof b === 'bigint' || b instanceof Decimal) &&
        compareNumbers(a, b) === 0
      );
    default:
      if (a === null || b === null || typeof b === 'string' || typeof b === 'boolean') return false;
      return equalComposites(a, b);
  }
}

type Composite = Decimal | readonly Value[] | RegoObject | RegoSet;

function equalComposites(a: Composite, b: number | bigint | Composite): boolean {
  if (a instanceof Decimal) {
    const numeric = typeof b === 'number' || typeof b === 'bigint' || b instanceof Decimal;
    return numeric && compareNumbers(a, b) === 0;
  }
  if (typeof b === 'number' || typeof b === 'bigint' || b instanceof Decimal) return false;
  if (isList(a)) {
    if (!isList(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equalValues(a[i] as Value, b[i] as Value)) return false;
    return true;
  }
  if (isList(b) || a.size !== b.size) return false;
  if (a.kind === 'set') {
    if (b.kind !== 'set') return false;
    for (const member of a.values()) if (!b.has(member)) return false;
    return true;
  }
  if (b.kind !== 'object') return false;
  for (const [key, value] of a.entries()) {
    const other = b.get(key);
    if (other === undefined || !equalValues(value, other)) return false;
  }
  return true;
}

const keyOfObject = (object: RegoObject): string => {
  const parts: string[] = [];
  for (const [key, value] of object.entries()) parts.push(`${keyOf(key)}:${keyOf(value)}`);
  return `{${parts.sort().join(',')}}`;
};

const keyOfSet = (set: RegoSet): string => `<${Array.from(set.values(), keyOf).sort().join(',')}>`;

/** Integers as plain digits however they are held; what is none, by digits and exponent. */
function keyOfNumber(value: Numeric): string {
  if (value instanceof Decimal) {
    const whole = value.asInteger();
    return whole === undefined ? `${value.digits}e${String(value.exponent)}` : whole.toString();
  }
  if (value === 0) return '0';
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? BigInt(value).toString()
    : String(value);
}

/** Canonical text: equal values have equal text, unequal values differ. Cached on objects and sets. */
export function keyOf(value: Value): string {
  switch (typeof value) {
    case 'string':
      // The length makes the text self-delimiting, so nothing needs escaping.
      return `"${String(value.length)}:${value}`;
    case 'boolean':
      return value ? 't' : 'f';
    case 'number':
    case 'bigint':
      return keyOfNumber(value);
    default:
      if (value === null) return 'z';
      if (value instanceof Decimal) return keyOfNumber(value);
      if (isList(value)) return `[${value.map(keyOf).join(',')}]`;
      return value.kind === 'object' ? value.canonical(keyOfObject) : value.canonical(keyOfSet);
  }
}
