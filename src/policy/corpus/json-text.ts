/**
 * JSON text as people and logs hold it: every digit of a long integer, a key only once, bounded
 * depth, and one error with line, column and the text around it. Objects know where they start, so
 * that a wrong case can be pointed at.
 */
import type { Json } from '#wire';

/** serde_json stops at 128; what an agent cannot write is no log of one. */
const MAX_DEPTH = 128;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
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

/** Thrown inside the reader; whoever asked makes a KatasimError of it. */
export class JsonTextError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export type JsonPlaces = Map<object, number>;

export class JsonReader {
  readonly #text: string;
  readonly #places: JsonPlaces | undefined;
  #at: number;
  #depth = 0;
  #tell: ((key: string, start: number, end: number) => void) | undefined;

  /** `places` takes the offset of every object and array. */
  constructor(text: string, { at = 0, places }: { at?: number; places?: JsonPlaces } = {}) {
    this.#text = text;
    this.#places = places;
    this.#at = at;
  }

  get offset(): number {
    return this.#at;
  }

  /** The whole text is one value. */
  document(): Json {
    const value = this.value();
    this.blank();
    if (this.#at < this.#text.length) this.#fail('there is text after the end of the JSON');
    return value;
  }

  blank(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at++;
    }
  }

  value(): Json {
    this.blank();
    switch (this.#text[this.#at]) {
      case undefined:
        return this.#fail('the JSON ends too early: a value is missing');
      case '"':
        return this.#string();
      case '[':
        return this.#array();
      case '{':
        return this.#object();
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

  /** Reads an object and tells where the value of each key stands. */
  members(tell: (key: string, start: number, end: number) => void): void {
    this.#tell = tell;
    this.value();
  }

  #fail(message: string, at = this.#at): never {
    throw new JsonTextError(message, Math.min(at, this.#text.length));
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('this is no JSON value');
    this.#at += word.length;
    return value;
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) this.#fail('this is no JSON value');
    const start = this.#at;
    const [text, fraction, exponent] = match;
    this.#at += text.length;
    if (/[\w.]/.test(this.#text[this.#at] ?? '')) this.#fail('this is no JSON number', start);
    const value = Number(text);
    if (fraction !== undefined || exponent !== undefined) {
      if (!Number.isFinite(value)) this.#fail('this number is too large', start);
      return value;
    }
    return Number.isSafeInteger(value) ? value : BigInt(text);
  }

  #string(): string {
    const start = this.#at++;
    let result = '';
    for (;;) {
      PLAIN.lastIndex = this.#at;
      const plain = PLAIN.exec(this.#text)?.[0] ?? '';
      result += plain;
      this.#at += plain.length;
      const c = this.#text[this.#at];
      if (c === '"') break;
      if (c === undefined)
        this.#fail('the JSON ends too early: a text has no closing quote', start);
      if (c !== '\\')
        this.#fail('a control character stands in a text: write it as \\n or \\u00XX');
      result += this.#escape();
    }
    this.#at++;
    return result;
  }

  #escape(): string {
    const start = this.#at;
    const c = this.#text[start + 1] ?? '';
    this.#at += 2;
    if (c !== 'u') return ESCAPES[c] ?? this.#fail('there is no such escape', start);
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('\\u takes four hexadecimal digits', start);
    this.#at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  #enter(): number {
    if (++this.#depth > MAX_DEPTH) this.#fail(`the JSON is nested more than ${MAX_DEPTH} deep`);
    return this.#at++;
  }

  #leave<T extends object>(value: T, start: number): T {
    this.#at++;
    this.#depth--;
    this.#places?.set(value, start);
    return value;
  }

  /** Whether another member follows; stops in front of the closing bracket otherwise. */
  #another(close: ']' | '}', start: number): boolean {
    this.blank();
    const c = this.#text[this.#at];
    if (c === close) return false;
    const name = close === ']' ? 'a list' : 'an object';
    if (c === undefined) this.#fail(`the JSON ends too early: ${name} is not closed`, start);
    if (c !== ',') this.#fail(`\`,\` or \`${close}\` is missing here`);
    this.#at++;
    this.blank();
    if (this.#text[this.#at] === close) this.#fail(`there is a comma before \`${close}\``);
    return true;
  }

  #array(): Json {
    const start = this.#enter();
    const items: Json[] = [];
    this.blank();
    if (this.#text[this.#at] !== ']') {
      do items.push(this.value());
      while (this.#another(']', start));
    }
    return this.#leave(items, start);
  }

  #object(): Json {
    const start = this.#enter();
    const object: Record<string, Json> = {};
    this.blank();
    if (this.#text[this.#at] !== '}') {
      do this.#member(object, start);
      while (this.#another('}', start));
    }
    return this.#leave(object, start);
  }

  #member(object: Record<string, Json>, start: number): void {
    this.blank();
    const at = this.#at;
    const c = this.#text[at];
    if (c === undefined) this.#fail('the JSON ends too early: an object is not closed', start);
    if (c !== '"') this.#fail('a key is a text in double quotes');
    const key = this.#string();
    if (Object.hasOwn(object, key)) this.#fail(`the key ${JSON.stringify(key)} comes twice`, at);
    this.blank();
    if (this.#text[this.#at] !== ':') this.#fail('`:` is missing after a key');
    this.#at++;
    this.blank();
    const valueAt = this.#at;
    const value = this.value();
    if (this.#depth === 1) this.#tell?.(key, valueAt, this.#at);
    // Assigning this one name would set the prototype instead.
    if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true });
    else object[key] = value;
  }
}

/** Where the value of each key of the object at `offset` stands in the text. */
export function memberSpans(
  text: string,
  offset: number,
): ReadonlyMap<string, { readonly start: number; readonly end: number }> {
  const spans = new Map<string, { start: number; end: number }>();
  const reader = new JsonReader(text, { at: offset });
  reader.members((key, start, end) => spans.set(key, { start, end }));
  return spans;
}
