/**
 * Whether a number or time is well formed, in go-toml's words. Only values that a field of the
 * document takes are looked at; a malformed number under an unknown key passes upstream, too.
 * Source: pelletier/go-toml v2.1.0 decode.go, localtime.go; Go strconv.
 */
import type { ScalarKind } from './parse.ts';
import { syntaxError } from './scan.ts';

const isSign = (char: string | undefined): boolean => char === '+' || char === '-';
const isDigit = (char: string | undefined): boolean => char !== undefined && /^\d$/.test(char);

/** Throws what upstream says of a value it cannot read. */
export function checkScalar(kind: ScalarKind, text: string, at: number): void {
  switch (kind) {
    case 'integer':
      checkInteger(text, at);
      return;
    case 'float':
      checkFloat(text, at);
      return;
    case 'datetime':
      checkZone(localDateTime(text, at), at);
      return;
    case 'local-date':
      checkDate(text, at);
      return;
    case 'local-time':
      if (localTime(text, at) !== '') fail('extra characters at the end of a local time', at);
      return;
    case 'local-datetime':
      if (localDateTime(text, at) !== '') {
        fail('extra characters at the end of a local date time', at);
      }
      return;
    case 'string':
    case 'bool':
  }
}

function fail(message: string, at: number): never {
  throw syntaxError(message, at);
}

const BASES: Readonly<Record<string, readonly [string, number]>> = {
  x: ['hexadecimal', 16],
  o: ['octal', 8],
  b: ['binary', 2],
};

function checkInteger(text: string, at: number): void {
  const prefixed = text.length > 2 && text.startsWith('0') ? BASES[text.charAt(1)] : undefined;
  const [name, base] = prefixed ?? ['decimal', 10];
  const digits = withoutUnderscores(base === 10 ? text : text.slice(2), at);
  if (base === 10) {
    const start = isSign(digits[0]) ? 1 : 0;
    if (digits.length > start + 1 && digits[start] === '0') {
      fail('leading zero not allowed on decimal number', at);
    }
  }
  const problem = parseIntProblem(digits, base);
  if (problem !== undefined) {
    fail(
      `couldn't parse ${name} number: strconv.ParseInt: parsing ${JSON.stringify(digits)}: ${problem}`,
      at,
    );
  }
}

const PREFIXES: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 16: '0x' };

function parseIntProblem(text: string, base: number): string | undefined {
  const digits = isSign(text[0]) ? text.slice(1) : text;
  const alphabet = base === 16 ? /^[0-9a-fA-F]+$/ : /^\d+$/;
  if (!alphabet.test(digits)) return 'invalid syntax';
  const value = BigInt((PREFIXES[base] ?? '') + digits);
  const limit = text.startsWith('-') ? 1n << 63n : (1n << 63n) - 1n;
  return value > limit ? 'value out of range' : undefined;
}

function withoutUnderscores(text: string, at: number): string {
  const start = isSign(text[0]) ? 1 : 0;
  if (text.length === start) return text;
  if (text[start] === '_') fail('number cannot start with underscore', at);
  if (text.endsWith('_')) fail('number cannot end with underscore', at);
  if (text.includes('__')) fail('number must have at least one digit between underscores', at);
  return text.replaceAll('_', '');
}

function checkFloat(text: string, at: number): void {
  if (/^[+-]nan$/.test(text)) return;
  const cleaned = withoutFloatUnderscores(text, at);
  if (cleaned.startsWith('.')) fail('float cannot start with a dot', at);
  if (cleaned.endsWith('.')) fail('float cannot end with a dot', at);
  let hasDot = false;
  for (let i = 0; i < cleaned.length; i++) {
    if (cleaned[i] !== '.') continue;
    if (hasDot) fail('float can have at most one decimal point', at);
    if (!isDigit(cleaned[i - 1])) fail('float decimal point must be preceded by a digit', at);
    if (!isDigit(cleaned[i + 1])) fail('float decimal point must be followed by a digit', at);
    hasDot = true;
  }
  const start = isSign(cleaned[0]) ? 1 : 0;
  if (cleaned[start] === '0' && isDigit(cleaned[start + 1])) {
    fail('float integer part cannot have leading zeroes', at);
  }
  const problem = parseFloatProblem(cleaned);
  if (problem !== undefined) {
    fail(
      `unable to parse float: strconv.ParseFloat: parsing ${JSON.stringify(cleaned)}: ${problem}`,
      at,
    );
  }
}

function parseFloatProblem(text: string): string | undefined {
  if (/^[+-]?inf$|^nan$/.test(text)) return undefined;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return 'invalid syntax';
  return Number.isFinite(Number(text)) ? undefined : 'value out of range';
}

function withoutFloatUnderscores(text: string, at: number): string {
  if (text.startsWith('_')) fail('number cannot start with underscore', at);
  if (text.endsWith('_')) fail('number cannot end with underscore', at);
  let digitBefore = false;
  for (let i = 0; text.includes('_') && i < text.length; i++) {
    const [char, next] = [text.charAt(i), text[i + 1]];
    if (char === '_') {
      if (!digitBefore) fail('number must have at least one digit between underscores', at);
      if (/^[eE]$/.test(next ?? '')) fail('cannot have underscore before exponent', at);
      digitBefore = false;
    } else if (isSign(char)) digitBefore = false;
    else if (/[eE]/.test(char)) {
      if (next === '_') fail('cannot have underscore after exponent', at);
    } else if (char === '.') {
      if (next === '_') fail('cannot have underscore after decimal point', at);
      if (text[i - 1] === '_') fail('cannot have underscore before decimal point', at);
    } else digitBefore = true;
  }
  return text.replaceAll('_', '');
}

function digits(text: string, at: number): number {
  if (/\D/.test(text)) fail('expected digit (0-9)', at);
  return Number(text);
}

function checkDate(text: string, at: number): void {
  if (text.length !== 10 || text[4] !== '-' || text[7] !== '-') {
    fail('dates are expected to have the format YYYY-MM-DD', at);
  }
  const year = digits(text.slice(0, 4), at);
  const month = digits(text.slice(5, 7), at);
  const day = digits(text.slice(8, 10), at);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) fail('impossible date', at);
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2) return isLeap ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** What follows the time: its zone, or nothing. */
function localDateTime(text: string, at: number): string {
  if (text.length < 11) {
    fail('local datetimes are expected to have the format YYYY-MM-DDTHH:MM:SS[.NNNNNNNNN]', at);
  }
  checkDate(text.slice(0, 10), at);
  if (!/[Tt ]/.test(text.charAt(10))) {
    fail('datetime separator is expected to be T or a space', at);
  }
  return localTime(text.slice(11), at);
}

function localTime(text: string, at: number): string {
  if (text.length < 8) fail('times are expected to have the format HH:MM:SS[.NNNNNN]', at);
  if (digits(text.slice(0, 2), at) > 23) fail('hour cannot be greater 23', at);
  if (text[2] !== ':') fail('expecting colon between hours and minutes', at);
  if (digits(text.slice(3, 5), at) > 59) fail('minutes cannot be greater 59', at);
  if (text[5] !== ':') fail('expecting colon between minutes and seconds', at);
  if (digits(text.slice(6, 8), at) > 60) fail('seconds cannot be greater 60', at);
  const rest = text.slice(8);
  if (!rest.startsWith('.')) return rest;
  const fraction = /^\.(\d*)/.exec(rest)?.[1] ?? '';
  if (fraction !== '') return rest.slice(1 + fraction.length);
  if (rest.length > 1) fail('need at least one digit after fraction point', at);
  return fail('nanoseconds need at least one digit', at);
}

function checkZone(zone: string, at: number): void {
  if (/^[Zz]/.test(zone)) {
    if (zone.length > 1) fail('extra bytes at the end of the timezone', at);
    return;
  }
  if (zone.length !== 6) fail('invalid date-time timezone', at);
  if (!isSign(zone[0])) fail('invalid timezone offset character', at);
  if (zone[3] !== ':') fail('expected a : separator', at);
  if (digits(zone.slice(1, 3), at) > 23) fail('invalid timezone offset hours', at);
  if (digits(zone.slice(4, 6), at) > 59) fail('invalid timezone offset minutes', at);
}
