/**
 * A strict JSON reader that keeps numbers: integers of any size, OPA's number texts. Error texts
 * and places are those of serde_json where regorus would show them.
 */
import { KatasimError } from '#base';

import { type NumberModel, numberOf, ObjectBuilder, type Value } from './value.ts';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Outside 64 bits regorus' reader makes a double of an integer. */
const isWide = (value: bigint): boolean => value < -(1n << 63n) || value >= 1n << 64n;

class Reader {
  readonly #text: string;
  readonly #model: NumberModel;
  readonly #maxDepth: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, model: NumberModel, maxDepth: number) {
    this.#text = text;
    this.#model = model;
    this.#maxDepth = maxDepth;
  }

  document(): Value {
    const value = this.#value();
    this.#blank();
    if (this.#at < this.#text.length) this.#fail('trailing characters', this.#at + 1);
    return value;
  }

  #fail(what: string, at = this.#at): never {
    const before = this.#text.slice(0, at);
    const line = before.split('\n').length;
    // serde_json counts bytes of the line.
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    throw new KatasimError(
      'REGO_JSON',
      `${what} at line ${String(line)} column ${String(column)}`,
      { location: { file: 'json', line, column } },
    );
  }

  #blank(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #value(): Value {
    this.#blank();
    const c = this.#text[this.#at];
    switch (c) {
      case undefined:
        return this.#fail('EOF while parsing a value');
      case '"':
        return this.#string();
      case '[':
        return this.#nested(() => this.#array());
      case '{':
        return this.#nested(() => this.#object());
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #nested(read: () => Value): Value {
    if (++this.#depth > this.#maxDepth) this.#fail('recursion limit exceeded', this.#at + 1);
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('expected ident', this.#at + 1);
    this.#at += word.length;
    return value;
  }

  #number(): Value {
    NUMBER.lastIndex = this.#at;
    const text = NUMBER.exec(this.#text)?.[0];
    if (text === undefined) return this.#fail('expected value', this.#at + 1);
    this.#at += text.length;
    if (/[0-9.]/.test(this.#text[this.#at] ?? '')) this.#fail('invalid number', this.#at + 1);
    if (this.#model === 'decimal') return numberOf(text, 'decimal');
    const value = numberOf(text, 'double');
    if (typeof value === 'number' && !Number.isFinite(value)) this.#fail('number out of range');
    // regorus' reader keeps 64-bit integers and makes a double of anything larger.
    return typeof value === 'bigint' && isWide(value) ? Number(value) : value;
  }

  #string(): string {
    this.#at++;
    let result = '';
    for (;;) {
      PLAIN_TEXT.lastIndex = this.#at;
      const plain = PLAIN_TEXT.exec(this.#text)?.[0] ?? '';
      result += plain;
      this.#at += plain.length;
      const c = this.#text[this.#at];
      this.#at++;
      if (c === '"') return result;
      if (c === undefined) return this.#fail('EOF while parsing a string', this.#at - 1);
      if (c !== '\\') {
        this.#fail('control character (\\u0000-\\u001F) found while parsing a string');
      }
      result += this.#escape();
    }
  }

  #escape(): string {
    const c = this.#text[this.#at] ?? '';
    this.#at++;
    if (c !== 'u') return ESCAPES[c] ?? this.#fail('invalid escape');
    const unit = this.#hex();
    if (this.#model === 'decimal') return this.#goSurrogate(unit);
    if (unit >= 0xdc00 && unit <= 0xdfff) {
      this.#fail('lone leading surrogate in hex escape');
    }
    if (unit < 0xd800 || unit > 0xdbff) return String.fromCharCode(unit);
    if (!this.#text.startsWith('\\u', this.#at)) {
      this.#fail('unexpected end of hex escape', this.#at + 1);
    }
    this.#at += 2;
    const low = this.#hex();
    if (low < 0xdc00 || low > 0xdfff) this.#fail('lone leading surrogate in hex escape');
    return String.fromCharCode(unit, low);
  }

  /** Go replaces what is not a pair by U+FFFD. */
  #goSurrogate(unit: number): string {
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    const next = /^\\u([dD][c-fC-F][0-9a-fA-F]{2})/.exec(this.#text.slice(this.#at, this.#at + 6));
    if (unit > 0xdbff || next?.[1] === undefined) return '\ufffd';
    this.#at += 6;
    return String.fromCharCode(unit, parseInt(next[1], 16));
  }

  #hex(): number {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('invalid escape', this.#at + 1);
    this.#at += 4;
    return parseInt(digits, 16);
  }

  #array(): Value {
    const items: Value[] = [];
    this.#blank();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(this.#value());
      this.#blank();
      const c = this.#text[this.#at];
      if (c === undefined) this.#fail('EOF while parsing a list');
      this.#at++;
      if (c === ']') return items;
      if (c !== ',') this.#fail('expected `,` or `]`');
    }
  }

  #object(): Value {
    const builder = new ObjectBuilder();
    this.#blank();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return builder.build();
    }
    for (;;) {
      this.#blank();
      const c = this.#text[this.#at];
      if (c === undefined) this.#fail('EOF while parsing an object');
      if (c !== '"') this.#fail('key must be a string', this.#at + 1);
      const key = this.#string();
      this.#blank();
      if (this.#text[this.#at] !== ':') this.#fail('expected `:`', this.#at + 1);
      this.#at++;
      builder.set(key, this.#value());
      this.#blank();
      const next = this.#text[this.#at];
      if (next === undefined) this.#fail('EOF while parsing an object');
      this.#at++;
      if (next === '}') return builder.build();
      if (next !== ',') this.#fail('expected `,` or `}`');
    }
  }
}

export function readJson(text: string, model: NumberModel, maxDepth: number): Value {
  return new Reader(text, model, maxDepth).document();
}
