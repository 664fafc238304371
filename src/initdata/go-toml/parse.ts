/**
 * go-toml's parser: one expression at a time, so that an error of decoding comes before a syntax
 * error further down, as upstream. Values stay texts; `scalars.ts` reads those that somebody wants.
 * Source: pelletier/go-toml v2.1.0 unstable/parser.go.
 */
import {
  isBareKeyCharacter,
  scanBasic,
  scanLiteral,
  scanMultilineBasic,
  scanMultilineLiteral,
  skipBlanks,
  skipComment,
  skipNewline,
  syntaxError,
  type Token,
} from './scan.ts';

export type ScalarKind =
  | 'string'
  | 'integer'
  | 'float'
  | 'bool'
  | 'datetime'
  | 'local-date'
  | 'local-time'
  | 'local-datetime';

export type TomlValue =
  | { readonly kind: ScalarKind; readonly text: string; readonly at: number }
  | { readonly kind: 'inline-table'; readonly entries: readonly KeyValue[]; readonly at: number }
  | { readonly kind: 'array'; readonly items: readonly TomlValue[]; readonly at: number };

export interface KeyValue {
  readonly kind: 'key-value';
  /** Parts of the dotted key, one character per byte. */
  readonly key: readonly string[];
  readonly value: TomlValue;
  readonly at: number;
}

export interface TableHeader {
  readonly kind: 'table' | 'array-table';
  readonly key: readonly string[];
  readonly at: number;
}

export type Expression = KeyValue | TableHeader;

/** Upstream has no bound; a document of brackets must not exhaust the stack. */
const MAX_DEPTH = 500;

interface Parsed<T> {
  readonly value: T;
  readonly end: number;
}

/** The expressions of a document held as one character per byte. */
export function* expressions(text: string): Generator<Expression, void> {
  let at = 0;
  let isFirst = true;
  while (at < text.length) {
    if (!isFirst) at = skipNewline(text, at);
    if (at >= text.length) return;
    const start = skipBlanks(text, at);
    at = start;
    const char = text[start];
    if (char === '#') at = skipComment(text, start);
    else if (char !== undefined && char !== '\n' && char !== '\r') {
      const { value, end } =
        char === '[' ? parseHeader(text, start) : parseKeyValue(text, start, 0);
      at = skipBlanks(text, end);
      if (text[at] === '#') at = skipComment(text, at);
      yield value;
    }
    isFirst = false;
  }
}

function parseHeader(text: string, at: number): Parsed<TableHeader> {
  const isArray = text[at + 1] === '[';
  const { value: key, end } = parseKey(text, skipBlanks(text, at + (isArray ? 2 : 1)));
  let next = expect(text, skipBlanks(text, end), ']');
  if (isArray) next = expect(text, next, ']');
  return { value: { kind: isArray ? 'array-table' : 'table', key, at }, end: next };
}

function parseKeyValue(text: string, at: number, depth: number): Parsed<KeyValue> {
  const { value: key, end } = parseKey(text, at);
  const equals = skipBlanks(text, end);
  if (equals >= text.length) {
    throw syntaxError('expected = after a key, but the document ends there', equals);
  }
  const parsed = parseValue(text, skipBlanks(text, expect(text, equals, '=')), depth);
  return { value: { kind: 'key-value', key, value: parsed.value, at }, end: parsed.end };
}

function parseKey(text: string, at: number): Parsed<string[]> {
  const key: string[] = [];
  for (let next = at; ;) {
    const part = parseSimpleKey(text, next);
    key.push(part.text);
    const dot = skipBlanks(text, part.end);
    // Blanks behind a key belong to it only when a dot follows; the callers skip them again.
    if (text[dot] !== '.') return { value: key, end: dot };
    next = skipBlanks(text, dot + 1);
  }
}

function parseSimpleKey(text: string, at: number): Token {
  const char = text[at];
  if (char === undefined) throw syntaxError('expected key but found none', at);
  if (char === "'") return scanLiteral(text, at);
  if (char === '"') return scanBasic(text, at);
  if (!isBareKeyCharacter(char)) {
    throw syntaxError(`invalid character at start of key: ${char}`, at);
  }
  let end = at;
  while (end < text.length && isBareKeyCharacter(text.charAt(end))) end++;
  return { text: text.slice(at, end), end };
}

function parseValue(text: string, at: number, depth: number): Parsed<TomlValue> {
  if (depth > MAX_DEPTH) throw syntaxError(`values are nested more than ${MAX_DEPTH} deep`, at);
  switch (text[at]) {
    case undefined:
      throw syntaxError('expected value, not eof', at);
    case '"':
      return stringValue(
        at,
        text.startsWith('"""', at) ? scanMultilineBasic(text, at) : scanBasic(text, at),
      );
    case "'":
      return stringValue(
        at,
        text.startsWith("'''", at) ? scanMultilineLiteral(text, at) : scanLiteral(text, at),
      );
    case 't':
      return keyword(text, at, 'true', 'bool');
    case 'f':
      return keyword(text, at, 'false', 'bool');
    case '[':
      return parseArray(text, at, depth);
    case '{':
      return parseInlineTable(text, at, depth);
    case 'i':
      return keyword(text, at, 'inf', 'float');
    case 'n':
      return keyword(text, at, 'nan', 'float');
    default:
      return parseNumberOrTime(text, at);
  }
}

const stringValue = (at: number, { text, end }: Token): Parsed<TomlValue> => ({
  value: { kind: 'string', text, at },
  end,
});

function keyword(text: string, at: number, word: string, kind: ScalarKind): Parsed<TomlValue> {
  if (!text.startsWith(word, at)) throw syntaxError(`expected '${word}'`, at);
  return { value: { kind, text: word, at }, end: at + word.length };
}

function parseInlineTable(text: string, at: number, depth: number): Parsed<TomlValue> {
  const entries: KeyValue[] = [];
  let next = at + 1;
  while (next < text.length) {
    next = skipBlanks(text, next);
    if (next >= text.length) throw syntaxError('inline table is incomplete', next);
    if (text[next] === '}') break;
    if (entries.length > 0) next = skipBlanks(text, expect(text, next, ','));
    const entry = parseKeyValue(text, next, depth + 1);
    entries.push(entry.value);
    next = entry.end;
  }
  return { value: { kind: 'inline-table', entries, at }, end: expect(text, next, '}') };
}

function parseArray(text: string, at: number, depth: number): Parsed<TomlValue> {
  const items: TomlValue[] = [];
  let next = at + 1;
  while (next < text.length) {
    next = skipTrivia(text, next);
    if (next >= text.length) throw syntaxError('array is incomplete', at);
    if (text[next] === ']') break;
    if (text[next] === ',') {
      if (items.length === 0) throw syntaxError('array cannot start with comma', next);
      next = skipTrivia(text, next + 1);
    } else if (items.length > 0) {
      throw syntaxError('array elements must be separated by commas', next);
    }
    if (text[next] === ']') break;
    const item = parseValue(text, next, depth + 1);
    items.push(item.value);
    next = skipTrivia(text, item.end);
  }
  return { value: { kind: 'array', items, at }, end: expect(text, next, ']') };
}

/** Blanks, comments and line ends between the elements of an array. */
function skipTrivia(text: string, at: number): number {
  let next = at;
  while (next < text.length) {
    next = skipBlanks(text, next);
    if (text[next] === '#') next = skipComment(text, next);
    if (text[next] !== '\n' && text[next] !== '\r') break;
    next = skipNewline(text, next);
  }
  return next;
}

function parseNumberOrTime(text: string, at: number): Parsed<TomlValue> {
  const isTime = /^\d\d:/.test(text.slice(at, at + 3)) || /^\d{4}-/.test(text.slice(at, at + 5));
  return isTime ? parseTime(text, at) : parseNumber(text, at);
}

function parseTime(text: string, at: number): Parsed<TomlValue> {
  const has = { date: false, time: false, zone: false };
  let seenBlank = false;
  let i = at;
  for (; i < text.length; i++) {
    const char = text.charAt(i);
    if (/\d/.test(char)) continue;
    if (char === '-') {
      has.date = true;
      // Behind `YYYY-MM-` a dash begins a zone.
      if (i - at >= 8) has.zone = true;
    } else if (/[Tt:.]/.test(char)) has.time = true;
    else if (/[+Zz]/.test(char)) has.zone = true;
    else if (char === ' ' && !seenBlank && /\d/.test(text.charAt(i + 1))) {
      i = Math.min(i + 2, text.length - 1);
      seenBlank = true;
      has.time = true;
    } else break;
  }
  const kind = !has.time
    ? 'local-date'
    : !has.date
      ? 'local-time'
      : has.zone
        ? 'datetime'
        : 'local-datetime';
  return { value: { kind, text: text.slice(at, i), at }, end: i };
}

const DIGITS: Readonly<Record<string, RegExp>> = {
  x: /[0-9a-fA-F_]/,
  o: /[0-7_]/,
  b: /[01_]/,
};

function parseNumber(text: string, at: number): Parsed<TomlValue> {
  const number = (kind: ScalarKind, end: number): Parsed<TomlValue> => ({
    value: { kind, text: text.slice(at, end), at },
    end,
  });
  if (text.length - at > 2 && text[at] === '0' && !/[.eE]/.test(text.charAt(at + 1))) {
    const digits = DIGITS[text.charAt(at + 1)];
    let end = at + (digits ? 2 : 1);
    while (digits && end < text.length && digits.test(text.charAt(end))) end++;
    return number('integer', end);
  }
  let isFloat = false;
  let i = at;
  for (; i < text.length; i++) {
    const char = text.charAt(i);
    if (/[0-9+\-_]/.test(char)) continue;
    if (/[.eE]/.test(char)) isFloat = true;
    else if (char === 'i' || char === 'n') {
      const word = char === 'i' ? 'inf' : 'nan';
      if (text.startsWith(word, i)) return number('float', i + 3);
      throw syntaxError(`unexpected character '${char}' while scanning for a number`, i);
    } else break;
  }
  if (i === at) throw syntaxError('incomplete number', at);
  return number(isFloat ? 'float' : 'integer', i);
}

function expect(text: string, at: number, char: string): number {
  if (at >= text.length) {
    throw syntaxError(`expected character ${char} but the document ended here`, at);
  }
  if (text[at] !== char) throw syntaxError(`expected character ${char}`, at);
  return at + 1;
}
