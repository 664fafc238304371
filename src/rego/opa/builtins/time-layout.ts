/**
 * Go's time layouts: a layout shows how Mon Jan 2 15:04:05 2006 -0700 MST would be written.
 * Source: Go time/format.go.
 */
import { type Civil, daysInMonth, fromCivil, offsetText } from './civil-time.ts';

/** Layouts that OPA accepts by name. */
export const NAMED_LAYOUTS: Readonly<Record<string, string>> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
};

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export const weekdayName = (weekday: number): string => DAYS[weekday] ?? '';

/** Text, or an element written as in the layout (`01`, `.000`). */
interface Piece {
  readonly text: string;
  readonly element: boolean;
}

/** Elements by their longest spelling first; the names must not go on in lower case. */
const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|__2|_2(?!006)|2|[345]|PM|pm|[-Z](?:070000|07:00:00|0700|07:00|07)|[.,](?:0+|9+)(?!\d)/g;

const layouts = new Map<string, readonly Piece[]>();

function piecesOf(layout: string): readonly Piece[] {
  const known = layouts.get(layout);
  if (known !== undefined) return known;
  const pieces: Piece[] = [];
  let at = 0;
  for (const { 0: text, index } of layout.matchAll(ELEMENT)) {
    if (index > at) pieces.push({ text: layout.slice(at, index), element: false });
    pieces.push({ text, element: true });
    at = index + text.length;
  }
  if (at < layout.length) pieces.push({ text: layout.slice(at), element: false });
  if (layouts.size > 200) layouts.clear();
  layouts.set(layout, pieces);
  return pieces;
}

const pad = (n: number, width: number, fill = '0'): string => String(n).padStart(width, fill);
const hour12 = ({ hour }: Civil): number => hour % 12 || 12;

type Write = (time: Civil) => string;

const yearText = (year: number): string => (year < 0 ? `-${pad(-year, 4)}` : pad(year, 4));

const WRITERS: Readonly<Record<string, Write>> = {
  January: ({ month }) => MONTHS[month - 1] ?? '',
  Jan: ({ month }) => (MONTHS[month - 1] ?? '').slice(0, 3),
  1: ({ month }) => String(month),
  '01': ({ month }) => pad(month, 2),
  Monday: ({ weekday }) => weekdayName(weekday),
  Mon: ({ weekday }) => weekdayName(weekday).slice(0, 3),
  2: ({ day }) => String(day),
  _2: ({ day }) => pad(day, 2, ' '),
  '02': ({ day }) => pad(day, 2),
  __2: ({ yearDay }) => pad(yearDay, 3, ' '),
  '002': ({ yearDay }) => pad(yearDay, 3),
  15: ({ hour }) => pad(hour, 2),
  3: (time) => String(hour12(time)),
  '03': (time) => pad(hour12(time), 2),
  4: ({ minute }) => String(minute),
  '04': ({ minute }) => pad(minute, 2),
  5: ({ second }) => String(second),
  '05': ({ second }) => pad(second, 2),
  2006: ({ year }) => yearText(year),
  '06': ({ year }) => pad(((year % 100) + 100) % 100, 2),
  PM: ({ hour }) => (hour >= 12 ? 'PM' : 'AM'),
  pm: ({ hour }) => (hour >= 12 ? 'pm' : 'am'),
  MST: ({ zone }) => zone,
};

function writeOffset(element: string, offset: number): string {
  if (element.startsWith('Z') && offset === 0) return 'Z';
  const separator = element.includes(':') ? ':' : '';
  const text = offsetText(offset, separator);
  if (/^.07$/.test(element)) return text.slice(0, 3);
  const seconds = /07:?00:?00$/.test(element);
  return seconds ? `${text}${separator}${pad(Math.abs(offset) % 60, 2)}` : text;
}

function writeFraction(element: string, nanosecond: number): string {
  const digits = pad(nanosecond, 9).slice(0, Math.min(element.length - 1, 9));
  const padded = digits.padEnd(element.length - 1, '0');
  if (element.charAt(1) === '0') return element.charAt(0) + padded;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : element.charAt(0) + trimmed;
}

export function formatTime(time: Civil, layout: string): string {
  return piecesOf(layout)
    .map(({ text, element }) => {
      if (!element) return text;
      const write = Object.hasOwn(WRITERS, text) ? WRITERS[text] : undefined;
      if (write !== undefined) return write(time);
      return /^[.,]/.test(text)
        ? writeFraction(text, time.nanosecond)
        : writeOffset(text, time.offset);
    })
    .join('');
}

/** Why a text does not fit its layout, in Go's words. */
export class LayoutError extends Error {
  override readonly name = 'LayoutError';
}

interface Reading {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  pm: boolean | undefined;
  offset: number;
}

class TimeReader {
  readonly #layout: string;
  readonly #text: string;
  #rest: string;
  readonly value: Reading = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    pm: undefined,
    offset: 0,
  };

  constructor(text: string, layout: string) {
    this.#text = text;
    this.#rest = text;
    this.#layout = layout;
  }

  #fail(element: string, held: string): LayoutError {
    const quote = JSON.stringify;
    return new LayoutError(
      `parsing time ${quote(this.#text)} as ${quote(this.#layout)}: cannot parse ${quote(held)} as ${quote(element)}`,
    );
  }

  #range(what: string): LayoutError {
    return new LayoutError(`parsing time ${JSON.stringify(this.#text)}: ${what} out of range`);
  }

  /** Blanks of the layout stand for any number of blanks. */
  skip(literal: string): void {
    let prefix = literal;
    while (prefix !== '') {
      if (prefix.startsWith(' ')) {
        if (this.#rest !== '' && !this.#rest.startsWith(' ')) throw this.#fail(literal, this.#rest);
        prefix = prefix.replace(/^ +/, '');
        this.#rest = this.#rest.replace(/^ +/, '');
      } else if (this.#rest.startsWith(prefix.charAt(0))) {
        prefix = prefix.slice(1);
        this.#rest = this.#rest.slice(1);
      } else throw this.#fail(literal, this.#rest);
    }
  }

  #take(pattern: RegExp, element: string): RegExpExecArray {
    const form = pattern.exec(this.#rest);
    if (form === null) throw this.#fail(element, this.#rest);
    this.#rest = this.#rest.slice(form[0].length);
    return form;
  }

  #number(element: string, fixed: boolean): number {
    return Number(this.#take(fixed ? /^\d\d/ : /^\d\d?/, element)[0]);
  }

  #name(names: readonly string[], element: string, length?: number): number {
    const at = names.findIndex((name) =>
      this.#rest.toLowerCase().startsWith(name.slice(0, length).toLowerCase()),
    );
    if (at < 0) throw this.#fail(element, this.#rest);
    this.#rest = this.#rest.slice((names[at] ?? '').slice(0, length).length);
    return at;
  }

  read(element: string, next: Piece | undefined): void {
    const { value } = this;
    switch (element) {
      case '2006':
        value.year = Number(this.#take(/^\d{4}/, element)[0]);
        return;
      case '06': {
        const year = this.#number(element, true);
        value.year = year >= 69 ? 1900 + year : 2000 + year;
        return;
      }
      case 'January':
        value.month = this.#name(MONTHS, element) + 1;
        return;
      case 'Jan':
        value.month = this.#name(MONTHS, element, 3) + 1;
        return;
      case '1':
      case '01':
        value.month = this.#number(element, element === '01');
        if (value.month < 1 || value.month > 12) throw this.#range('month');
        return;
      case 'Monday':
        this.#name(DAYS, element);
        return;
      case 'Mon':
        this.#name(DAYS, element, 3);
        return;
      case '2':
      case '_2':
      case '02':
        if (element === '_2') this.#rest = this.#rest.replace(/^ /, '');
        value.day = this.#number(element, element === '02');
        return;
      case '002':
      case '__2':
        if (element === '__2') this.#rest = this.#rest.replace(/^ {0,2}/, '');
        value.yearDay = Number(this.#take(element === '002' ? /^\d{3}/ : /^\d{1,3}/, element)[0]);
        return;
      case '15':
        value.hour = this.#number(element, false);
        if (value.hour > 23) throw this.#range('hour');
        return;
      case '3':
      case '03':
        value.hour = this.#number(element, element === '03');
        if (value.hour > 12) throw this.#range('hour');
        return;
      case '4':
      case '04':
        value.minute = this.#number(element, element === '04');
        if (value.minute > 59) throw this.#range('minute');
        return;
      case '5':
      case '05':
        value.second = this.#number(element, element === '05');
        if (value.second > 59) throw this.#range('second');
        this.#unaskedFraction(next);
        return;
      case 'PM':
      case 'pm':
        value.pm =
          this.#take(element === 'PM' ? /^[AP]M/ : /^[ap]m/, element)[0].toUpperCase() === 'PM';
        return;
      case 'MST':
        this.#zoneName();
        return;
      default:
        if (/^[.,]/.test(element)) this.#fraction(element);
        else this.#offset(element);
    }
  }

  /** A fraction may follow the seconds though the layout has none. */
  #unaskedFraction(next: Piece | undefined): void {
    if (next?.element === true && /^[.,]/.test(next.text)) return;
    const form = /^[.,](\d+)/.exec(this.#rest);
    if (form === null) return;
    this.value.nanosecond = nanoseconds(form[1] ?? '');
    this.#rest = this.#rest.slice(form[0].length);
  }

  #fraction(element: string): void {
    if (element.charAt(1) === '0') {
      const form = this.#take(new RegExp(`^[.,](\\d{${element.length - 1}})`), element);
      this.value.nanosecond = nanoseconds(form[1] ?? '');
      return;
    }
    const form = /^[.,](\d+)/.exec(this.#rest);
    if (form === null) return;
    this.value.nanosecond = nanoseconds(form[1] ?? '');
    this.#rest = this.#rest.slice(form[0].length);
  }

  #offset(element: string): void {
    if (element.startsWith('Z') && this.#rest.startsWith('Z')) {
      this.#rest = this.#rest.slice(1);
      return;
    }
    const separator = element.includes(':') ? ':' : '';
    const parts = element.replace(/[^\d]/g, '').length / 2;
    const pattern = `^([+-])(\\d\\d)${`${separator}(\\d\\d)`.repeat(parts - 1)}`;
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = this.#take(
      new RegExp(pattern),
      element,
    );
    if (Number(hours) > 24) throw this.#range('time zone offset hour');
    if (Number(minutes) > 60) throw this.#range('time zone offset minute');
    if (Number(seconds) > 60) throw this.#range('time zone offset second');
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    this.value.offset = sign === '-' ? -offset : offset;
  }

  /** Letters of a zone, GMT+3 among them: Go keeps the name and reads the clock as UTC. */
  #zoneName(): void {
    const gmt = /^GMT([+-]\d{1,2})/.exec(this.#rest);
    if (gmt !== null && Math.abs(Number(gmt[1])) <= 23) {
      this.#rest = this.#rest.slice(gmt[0].length);
      return;
    }
    this.#take(
      /^(?:ChST|MeST|[A-Z]{4}T(?![A-Z])|WITA|[A-Z]{3}T(?![A-Z])|[A-Z]{3}(?![A-Z])|[+-]\d\d)/,
      'MST',
    );
  }

  end(): void {
    if (this.#rest === '') return;
    throw new LayoutError(
      `parsing time ${JSON.stringify(this.#text)}: extra text: ${JSON.stringify(this.#rest)}`,
    );
  }

  result(): bigint {
    const { value } = this;
    if (value.pm === true && value.hour < 12) value.hour += 12;
    else if (value.pm === false && value.hour === 12) value.hour = 0;
    if (value.yearDay >= 0) this.#placeYearDay();
    const month = value.month < 0 ? 1 : value.month;
    const day = value.day < 0 ? 1 : value.day;
    if (day < 1 || day > daysInMonth(value.year, month)) throw this.#range('day');
    return fromCivil({ ...value, month, day }, value.offset);
  }

  #placeYearDay(): void {
    const { value } = this;
    let day = value.yearDay;
    let month = 1;
    if (day < 1) throw this.#range('day-of-year');
    while (month <= 12 && day > daysInMonth(value.year, month))
      day -= daysInMonth(value.year, month++);
    if (month > 12) throw this.#range('day-of-year');
    if (value.month >= 0 && value.month !== month) {
      throw new LayoutError(
        `parsing time ${JSON.stringify(this.#text)}: day-of-year does not match month`,
      );
    }
    if (value.day >= 0 && value.day !== day) {
      throw new LayoutError(
        `parsing time ${JSON.stringify(this.#text)}: day-of-year does not match day`,
      );
    }
    value.month = month;
    value.day = day;
  }
}

const nanoseconds = (digits: string): number => Number(digits.slice(0, 9).padEnd(9, '0'));

/** Nanoseconds since 1970 of a text in a layout. Throws LayoutError. */
export function parseTime(text: string, layout: string): bigint {
  const reader = new TimeReader(text, layout);
  const pieces = piecesOf(layout);
  pieces.forEach((piece, i) => {
    if (piece.element) reader.read(piece.text, pieces[i + 1]);
    else reader.skip(piece.text);
  });
  reader.end();
  return reader.result();
}
