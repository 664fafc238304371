/**
 * Reads calls with constant operands, `count({1, 2})`, so that tests can list them as text. Just
 * enough of the language: JSON values, sets, raw strings.
 */
import { type NumberModel, numberOf, RegoObject, RegoSet, type Value } from '../value.ts';

export interface CallText {
  readonly name: string;
  readonly operands: readonly Value[];
}

export function readCall(text: string, model: NumberModel): CallText {
  const name = /^[a-z0-9_.]+/.exec(text)?.[0] ?? '';
  const reader = new Reader(text, model, name.length);
  reader.expect('(');
  return { name, operands: reader.list(')') };
}

class Reader {
  readonly #text: string;
  readonly #model: NumberModel;
  #at: number;

  constructor(text: string, model: NumberModel, at: number) {
    this.#text = text;
    this.#model = model;
    this.#at = at;
  }

  #peek(): string {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
    return this.#text.charAt(this.#at);
  }

  #accept(token: string): boolean {
    this.#peek();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.#accept(token)) throw new Error(`expected ${token} at ${this.#at} of ${this.#text}`);
  }

  list(close: string): Value[] {
    const items: Value[] = [];
    while (!this.#accept(close)) {
      items.push(this.#value());
      if (!this.#accept(',') && this.#peek() !== close) this.expect(close);
    }
    return items;
  }

  #value(): Value {
    const char = this.#peek();
    if (this.#accept('[')) return this.list(']');
    if (this.#accept('set()')) return RegoSet.empty;
    if (this.#accept('{')) return this.#braces();
    if (char === '"' || char === '`') return this.#string(char);
    for (const [word, value] of [
      ['null', null],
      ['true', true],
      ['false', false],
    ] as const) {
      if (this.#accept(word)) return value;
    }
    const number = /^-?[0-9.]+(?:[eE][+-]?\d+)?/.exec(this.#text.slice(this.#at))?.[0];
    if (number === undefined) throw new Error(`no value at ${this.#at} of ${this.#text}`);
    this.#at += number.length;
    return numberOf(number, this.#model);
  }

  #braces(): Value {
    if (this.#accept('}')) return RegoObject.empty;
    const first = this.#value();
    if (!this.#accept(':')) {
      this.#accept(',');
      return RegoSet.of([first, ...this.list('}')]);
    }
    const entries: [Value, Value][] = [[first, this.#value()]];
    while (this.#accept(',')) {
      const key = this.#value();
      this.expect(':');
      entries.push([key, this.#value()]);
    }
    this.expect('}');
    return RegoObject.of(entries);
  }

  #string(quote: string): string {
    const form = quote === '"' ? /"(?:[^"\\]|\\.)*"/y : /`[^`]*`/y;
    form.lastIndex = this.#at;
    const token = form.exec(this.#text)?.[0] ?? '""';
    this.#at += token.length;
    return quote === '"' ? (JSON.parse(token) as string) : token.slice(1, -1);
  }
}
