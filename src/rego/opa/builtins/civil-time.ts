/** Instants as nanoseconds since 1970 and as civil dates and clocks, in UTC or a named zone. */

const NS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400;

export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 1 to 366. */
  readonly yearDay: number;
  /** Seconds east of UTC. */
  readonly offset: number;
  /** `UTC`, `CEST`, or an offset where the zone has no letters. */
  readonly zone: string;
}

/** Days since 1970-01-01 of a proleptic Gregorian date; the month may be out of range. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1);
  const y = Math.floor(months / 12);
  const m = months - y * 12 + 1;
  const shifted = m <= 2 ? y - 1 : y;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor(
    (doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365,
  );
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: doy - Math.floor((153 * mp + 2) / 5) + 1 };
}

export const daysInMonth = (year: number, month: number): number =>
  daysFromCivil(year, month + 1, 1) - daysFromCivil(year, month, 1);

export interface Zone {
  readonly name: string;
  offsetAt(seconds: number): number;
  abbreviationAt(seconds: number): string;
}

export const UTC: Zone = { name: 'UTC', offsetAt: () => 0, abbreviationAt: () => 'UTC' };

const zones = new Map<string, Zone | undefined>();

/** A zone of the IANA database; undefined: there is none of that name. */
export function findZone(name: string): Zone | undefined {
  // "Local" would make answers depend on the machine.
  if (name === '' || name === 'UTC' || name === 'Local') return UTC;
  if (!zones.has(name)) zones.set(name, makeZone(name));
  return zones.get(name);
}

/** Intl also takes offsets and odd capitals; Go's database is files with exact names. */
const ZONE_NAME = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/;

function makeZone(name: string): Zone | undefined {
  if (!ZONE_NAME.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      era: 'short',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
  const offsetAt = (seconds: number): number => {
    const part: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(seconds * 1000)) part[type] = value;
    const number = (type: string): number => Number(part[type] ?? 0);
    const year = part['era'] === 'BC' ? 1 - number('year') : number('year');
    const days = daysFromCivil(year, number('month'), number('day'));
    const clock = number('hour') * 3600 + number('minute') * 60 + number('second');
    return days * SECONDS_PER_DAY + clock - Math.floor(seconds);
  };
  return { name, offsetAt, abbreviationAt: (seconds) => abbreviation(name, seconds, offsetAt) };
}

/** Locales that between them know the letters of most zones. */
const LETTER_LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-CA', 'en-NZ', 'en-ZA'];

function abbreviation(name: string, seconds: number, offsetAt: (s: number) => number): string {
  for (const locale of LETTER_LOCALES) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' });
    const text = parts.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName');
    if (text !== undefined && /^[A-Z]{2,5}$/.test(text.value)) return text.value;
  }
  return offsetText(offsetAt(seconds)).replace(/00$/, '');
}

/** `+0530`. */
export function offsetText(offset: number, separator = ''): string {
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}${separator}${two(minutes % 60)}`;
}

/** Where the nanoseconds fall on the calendar and clock of a zone. */
export function toCivil(ns: bigint, zone: Zone): Civil {
  let nanosecond = ns % NS_PER_SECOND;
  if (nanosecond < 0n) nanosecond += NS_PER_SECOND;
  const seconds = Number((ns - nanosecond) / NS_PER_SECOND);
  const offset = zone.offsetAt(seconds);
  const local = seconds + offset;
  const days = Math.floor(local / SECONDS_PER_DAY);
  const clock = local - days * SECONDS_PER_DAY;
  const date = civilFromDays(days);
  return {
    ...date,
    hour: Math.floor(clock / 3600),
    minute: Math.floor(clock / 60) % 60,
    second: clock % 60,
    nanosecond: Number(nanosecond),
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysFromCivil(date.year, 1, 1) + 1,
    offset,
    zone: zone.abbreviationAt(seconds),
  };
}

export interface ClockReading {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

/** Nanoseconds of a date and clock read `offset` seconds east of UTC. */
export function fromCivil(reading: ClockReading, offset: number): bigint {
  const days = daysFromCivil(reading.year, reading.month, reading.day);
  const clock = reading.hour * 3600 + reading.minute * 60 + reading.second;
  const seconds = BigInt(days) * BigInt(SECONDS_PER_DAY) + BigInt(clock - offset);
  return seconds * NS_PER_SECOND + BigInt(reading.nanosecond);
}
