/** Values as YAML text in the layout of OPA's library. Source: goyaml.v2 (libyaml's emitter). */
import { RegoObject, type Value } from '../../value.ts';
import { isAmbiguous } from './yaml-read.ts';

/** Lines of plain and quoted text are folded behind this column. */
const WIDTH = 80;

/** JSON-like values only: sets are arrays and keys text before they come here. */
export function writeYaml(value: Value, numberText: (value: Value) => string): string {
  return new Writer(numberText).document(value);
}

class Writer {
  readonly #numberText: (value: Value) => string;

  constructor(numberText: (value: Value) => string) {
    this.#numberText = numberText;
  }

  document(value: Value): string {
    return isBlock(value) ? `${this.#block(value, 0)}\n` : `${this.#scalar(value, 0, 0)}\n`;
  }

  /** Lines of a non-empty array or object; the first is not indented. */
  #block(value: Value, indent: number): string {
    const margin = ' '.repeat(indent);
    if (value instanceof RegoObject) {
      return value
        .keys('opa')
        .map((key) => {
          const name = this.#scalar(key, indent, indent);
          return `${name}:${this.#entry(value.get(key) ?? null, indent, indent + name.length + 2)}`;
        })
        .join(`\n${margin}`);
    }
    return (value as readonly Value[])
      .map((item) =>
        isBlock(item)
          ? `- ${this.#block(item, indent + 2)}`
          : `- ${this.#scalar(item, indent + 2, indent + 2)}`,
      )
      .join(`\n${margin}`);
  }

  /** What follows a key: sequences stand at the indentation of their key. */
  #entry(value: Value, indent: number, column: number): string {
    if (!isBlock(value)) return ` ${this.#scalar(value, indent + 2, column)}`;
    const inner = Array.isArray(value) ? indent : indent + 2;
    return `\n${' '.repeat(inner)}${this.#block(value, inner)}`;
  }

  #scalar(value: Value, indent: number, column: number): string {
    if (typeof value === 'string') return writeText(value, indent, column);
    if (value === null || typeof value === 'boolean') return String(value);
    if (value instanceof RegoObject) return '{}';
    return Array.isArray(value) ? '[]' : this.#numberText(value);
  }
}

const isBlock = (value: Value): boolean =>
  value instanceof RegoObject ? value.size > 0 : Array.isArray(value) && value.length > 0;

/** The emitter prints the basic plane only. */
const UNPRINTABLE = /[^\n\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

/** Starts something else, or could be taken for it. */
const NOT_PLAIN = /^[-?:](?:\s|$)|^[,[\]{}#&*!|>'"%@`]|^---|^\.\.\.|: |:$| #|^\s|\s$/;

function writeText(text: string, indent: number, column: number): string {
  if (isAmbiguous(text)) return text.includes('\n') ? doubleQuoted(text) : `"${text}"`;
  if (UNPRINTABLE.test(text)) return doubleQuoted(text);
  if (text.includes('\n')) return literal(text, indent);
  if (NOT_PLAIN.test(text)) return fold(`'${text.replaceAll("'", "''")}'`, indent, column);
  return fold(text, indent, column);
}

/** "|" with the text below it; the sign says what becomes of line ends at the end. */
function literal(text: string, indent: number): string {
  const body = text.replace(/\n+$/, '');
  const ends = text.length - body.length;
  const chomp = ends === 0 ? '-' : ends === 1 ? '' : '+';
  const margin = ' '.repeat(Math.max(indent, 2));
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const lines = text.slice(0, ends > 0 ? -1 : undefined).split('\n');
  return `|${hint}${chomp}\n${lines.map((line) => (line === '' ? '' : margin + line)).join('\n')}`;
}

/** Breaks at single blanks behind the width. */
function fold(text: string, indent: number, column: number): string {
  if (column + text.length <= WIDTH) return text;
  const margin = ' '.repeat(Math.max(indent, 2));
  let result = '';
  let at = column;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const breaks =
      char === ' ' && at > WIDTH && text.charAt(i + 1) !== ' ' && text.charAt(i - 1) !== ' ';
    result += breaks ? `\n${margin}` : char;
    at = breaks ? margin.length : at + 1;
  }
  return result;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\u000b': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function doubleQuoted(text: string): string {
  const body = Array.from(text, (char) => {
    const short = ESCAPES[char];
    if (short !== undefined) return short;
    if (!UNPRINTABLE.test(char)) return char;
    const hex = (char.codePointAt(0) ?? 0).toString(16).toUpperCase();
    if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  });
  return `"${body.join('')}"`;
}
