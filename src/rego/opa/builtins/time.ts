/** Dates, clocks, durations. The current time comes with the query. */
import { fromInteger, isNumeric, type RegoNumber, toBigFloat } from '../../number.ts';
import { isInteger, truncate } from '../../big-float.ts';
import { goQuote } from '../../text.ts';
import { typeName, type Value } from '../../value.ts';
import {
  type Civil,
  daysInMonth,
  findZone,
  fromCivil,
  toCivil,
  UTC,
  type Zone,
} from './civil-time.ts';
import {
  builtinFault,
  type BuiltinFault,
  type BuiltinResult,
  defineBuiltin,
  isBuiltinFault,
  operandFault,
} from '../../builtins/define.ts';
import { intOperand } from '../../builtins/operands.ts';
import { formatTime, LayoutError, NAMED_LAYOUTS, parseTime, weekdayName } from './time-layout.ts';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

function nanosecondResult(ns: bigint): BuiltinResult {
  return ns > INT64_MAX || ns < INT64_MIN
    ? builtinFault('time outside of valid range')
    : fromInteger(ns);
}

interface Moment {
  readonly ns: bigint;
  readonly zone: Zone;
  readonly layout: string;
}

const EITHER = 'either number (ns) or [number (ns), string (tz)]';

/** ns, [ns, zone] or [ns, zone, layout]. */
function momentOf(value: Value): Moment | BuiltinFault {
  const parts = Array.isArray(value) ? (value as readonly Value[]) : [value];
  const [when, zoneName = '', layout = ''] = parts;
  if (when === undefined || (!Array.isArray(value) && !isNumeric(when))) {
    return operandFault(1, `must be ${EITHER} but got ${typeName(value)}`);
  }
  if (!isNumeric(when)) return operandFault(1, `must be number but got ${typeName(when)}`);
  if (typeof zoneName !== 'string') {
    return operandFault(1, `must be string but got ${typeName(zoneName)}`);
  }
  const zone = findZone(zoneName);
  if (zone === undefined) return builtinFault(`unknown time zone ${zoneName}`);
  if (typeof layout !== 'string') {
    return operandFault(1, `must be string but got ${typeName(layout)}`);
  }
  const float = toBigFloat(when);
  const ns = truncate(float);
  if (!isInteger(float) || ns > INT64_MAX || ns < INT64_MIN) {
    return builtinFault('timestamp too big');
  }
  return { ns, zone, layout };
}

/** Reads the operand and answers from its place on the calendar. */
const onCalendar =
  (answer: (time: Civil, moment: Moment) => BuiltinResult) =>
  (value: Value): BuiltinResult => {
    const moment = momentOf(value);
    return isBuiltinFault(moment) ? moment : answer(toCivil(moment.ns, moment.zone), moment);
  };

const layoutOf = (name: string): string =>
  Object.hasOwn(NAMED_LAYOUTS, name) ? (NAMED_LAYOUTS[name] ?? name) : name;

function parse(text: string, layout: string): BuiltinResult {
  try {
    return nanosecondResult(parseTime(text, layout));
  } catch (error) {
    if (error instanceof LayoutError) return builtinFault(error.message);
    throw error;
  }
}

const HOUR = 3_600_000_000_000n;
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: HOUR,
  d: 24n * HOUR,
  w: 7n * 24n * HOUR,
  y: 365n * 24n * HOUR,
};

/** "1h2.5m": Go's durations, with days, weeks and years of 365 days. */
function parseDuration(text: string): BuiltinResult {
  const invalid = () => builtinFault(`time: invalid duration ${goQuote(text)}`);
  const sign = text.startsWith('-') ? -1n : 1n;
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') return invalid();
  let total = 0n;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const [whole = '', fraction = ''] = [number?.[1], number?.[2]];
    if (whole === '' && fraction === '') return invalid();
    rest = rest.slice(number?.[0].length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') return builtinFault(`time: missing unit in duration ${goQuote(text)}`);
    const size = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (size === undefined) {
      return builtinFault(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`);
    }
    rest = rest.slice(unit.length);
    if (whole.length > 20) return invalid();
    const digits = fraction.slice(0, 18);
    total += BigInt(whole === '' ? '0' : whole) * size;
    total += (BigInt(digits === '' ? '0' : digits) * size) / 10n ** BigInt(digits.length);
    if (total > INT64_MAX + (sign < 0n ? 1n : 0n)) return invalid();
  }
  return fromInteger(sign * total);
}

/** Years, months, days, hours, minutes and seconds between two moments, by the first one's zone. */
function difference(a: Moment, b: Moment): Value {
  const [first, last] = a.ns > b.ns ? [b, a] : [a, b];
  const from = toCivil(first.ns, a.zone);
  const to = toCivil(last.ns, a.zone);
  let year = to.year - from.year;
  let month = to.month - from.month;
  let day = to.day - from.day;
  let hour = to.hour - from.hour;
  let minute = to.minute - from.minute;
  let second = to.second - from.second;
  if (second < 0) {
    second += 60;
    minute--;
  }
  if (minute < 0) {
    minute += 60;
    hour--;
  }
  if (hour < 0) {
    hour += 24;
    day--;
  }
  if (day < 0) {
    day += daysInMonth(from.year, from.month);
    month--;
  }
  if (month < 0) {
    month += 12;
    year--;
  }
  return [year, month, day, hour, minute, second];
}

const WHEN = 'any<number, array<number, string>>';

const unchecked = { unchecked: true } as const;

export const time = [
  defineBuiltin({
    name: 'time.now_ns',
    summary: 'Nanoseconds since 1970, the same throughout a query.',
    args: [],
    result: 'number',
    nondeterministic: true,
    impl() {
      return fromInteger(this.nowNs);
    },
  }),
  defineBuiltin({
    name: 'time.parse_ns',
    summary: 'Nanoseconds of a text in a Go layout or one of its named layouts.',
    args: ['string', 'string'],
    result: 'number',
    impl: (layout: string, text: string) => parse(text, layoutOf(layout)),
  }),
  defineBuiltin({
    name: 'time.parse_rfc3339_ns',
    summary: 'Nanoseconds of an RFC 3339 text.',
    args: ['string'],
    result: 'number',
    impl: (text: string) => parse(text, layoutOf('RFC3339')),
  }),
  defineBuiltin({
    name: 'time.parse_duration_ns',
    summary: 'Nanoseconds of a duration such as "1h30m" or "2d".',
    args: ['string'],
    result: 'number',
    impl: parseDuration,
  }),
  defineBuiltin({
    name: 'time.format',
    summary: 'Text of a moment, by default as RFC 3339 with nanoseconds in UTC.',
    args: ['any<number, array<number, string>, array<number, string, string>>'],
    result: 'string',
    ...unchecked,
    impl: onCalendar((civil, { layout }) =>
      formatTime(civil, layoutOf(layout === '' ? 'RFC3339Nano' : layout)),
    ),
  }),
  defineBuiltin({
    name: 'time.date',
    summary: '[year, month, day] of a moment.',
    args: [WHEN],
    result: 'array<number, number, number>',
    ...unchecked,
    impl: onCalendar(({ year, month, day }) => [year, month, day]),
  }),
  defineBuiltin({
    name: 'time.clock',
    summary: '[hour, minute, second] of a moment.',
    args: [WHEN],
    result: 'array<number, number, number>',
    ...unchecked,
    impl: onCalendar(({ hour, minute, second }) => [hour, minute, second]),
  }),
  defineBuiltin({
    name: 'time.weekday',
    summary: 'English name of the day.',
    args: [WHEN],
    result: 'string',
    ...unchecked,
    impl: onCalendar(({ weekday }) => weekdayName(weekday)),
  }),
  defineBuiltin({
    name: 'time.add_date',
    summary: 'The moment some years, months and days later.',
    args: ['number', 'number', 'number', 'number'],
    result: 'number',
    impl(when: RegoNumber, ...steps: RegoNumber[]) {
      const moment = momentOf(when);
      if (isBuiltinFault(moment)) return moment;
      const added: number[] = [];
      for (const [i, step] of steps.entries()) {
        const n = intOperand(step, i + 2);
        if (isBuiltinFault(n)) return n;
        if (Math.abs(n) > 1e9) return builtinFault('time outside of valid range');
        added.push(n);
      }
      const [years = 0, months = 0, days = 0] = added;
      const civil = toCivil(moment.ns, UTC);
      const later = { ...civil, year: civil.year + years, month: civil.month + months };
      return nanosecondResult(fromCivil({ ...later, day: civil.day + days }, 0));
    },
  }),
  defineBuiltin({
    name: 'time.diff',
    summary: '[years, months, days, hours, minutes, seconds] between two moments.',
    args: [WHEN, WHEN],
    result: 'array<number, number, number, number, number, number>',
    ...unchecked,
    impl(a: Value, b: Value) {
      const first = momentOf(a);
      if (isBuiltinFault(first)) return first;
      const second = momentOf(b);
      return isBuiltinFault(second) ? second : difference(first, second);
    },
  }),
];
