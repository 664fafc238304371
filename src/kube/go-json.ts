/**
 * JSON as Go's encoding/json reads it: numbers keep their text, members their order and repetitions,
 * and syntax errors have Go's texts. Nesting is bounded at 1,000 levels (Go's bound is 10,000).
 * Source: Go encoding/json scanner.go.
 */
export type JsonNode =
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, JsonNode])[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'null' };

export class GoJsonError extends Error {}

const MAX_DEPTH = 1000;
const END = 'unexpected end of JSON input';

/** Throws `GoJsonError` with Go's text. */
export function parseGoJson(text: string): JsonNode {
  return new Parser(text).run();
}

/** The plain value of a node; numbers as JavaScript holds them. */
export function plainJson(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(([key, member]) => [key, plainJson(member)]));
    case 'array':
      return node.items.map(plainJson);
    case 'number':
      return Number(node.text);
    case 'null':
      return null;
    case 'string':
    case 'bool':
      return node.value;
  }
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): JsonNode {
    const node = this.#value();
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#invalid('after top-level value');
    return node;
  }

  #blanks(): void {
    while (/^[ \t\r\n]$/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #invalid(context: string): GoJsonError {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return new GoJsonError(END);
    return new GoJsonError(`invalid character ${quoted(String.fromCodePoint(code))} ${context}`);
  }

  #value(): JsonNode {
    this.#blanks();
    const char = this.#text[this.#at];
    switch (char) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return { kind: 'string', value: this.#string() };
      case 't':
        return this.#literal('true', { kind: 'bool', value: true });
      case 'f':
        return this.#literal('false', { kind: 'bool', value: false });
      case 'n':
        return this.#literal('null', { kind: 'null' });
      default:
        if (char !== undefined && /[-\d]/.test(char)) return this.#number();
        throw this.#invalid('looking for beginning of value');
    }
  }

  #nested(read: () => JsonNode): JsonNode {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new GoJsonError('exceeded max depth');
    this.#at += 1;
    const node = read();
    this.#depth -= 1;
    return node;
  }

  #object(): JsonNode {
    const members: [string, JsonNode][] = [];
    for (;;) {
      this.#blanks();
      if (members.length === 0 && this.#take('}')) return { kind: 'object', members };
      if (this.#text[this.#at] !== '"') {
        throw this.#invalid('looking for beginning of object key string');
      }
      const key = this.#string();
      this.#blanks();
      if (!this.#take(':')) throw this.#invalid('after object key');
      members.push([key, this.#value()]);
      this.#blanks();
      if (this.#take('}')) return { kind: 'object', members };
      if (!this.#take(',')) throw this.#invalid('after object key:value pair');
    }
  }

  #array(): JsonNode {
    const items: JsonNode[] = [];
    for (;;) {
      this.#blanks();
      if (items.length === 0 && this.#take(']')) return { kind: 'array', items };
      items.push(this.#value());
      this.#blanks();
      if (this.#take(']')) return { kind: 'array', items };
      if (!this.#take(',')) throw this.#invalid('after array element');
    }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #literal(word: string, node: JsonNode): JsonNode {
    for (const char of word) {
      if (!this.#take(char)) {
        throw this.#invalid(`in literal ${word} (expecting ${quoted(char)})`);
      }
    }
    return node;
  }

  #number(): JsonNode {
    const start = this.#at;
    this.#take('-');
    if (!this.#take('0')) this.#digits('in numeric literal');
    if (this.#take('.')) this.#digits('after decimal point in numeric literal');
    if (this.#take('e') || this.#take('E')) {
      if (!this.#take('+')) this.#take('-');
      this.#digits('in exponent of numeric literal');
    }
    return { kind: 'number', text: this.#text.slice(start, this.#at) };
  }

  #digits(context: string): void {
    const start = this.#at;
    while (/^\d$/.test(this.#text[this.#at] ?? '')) this.#at++;
    if (this.#at === start) throw this.#invalid(context);
  }

  #string(): string {
    const start = this.#at;
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw new GoJsonError(END);
      if (char < ' ') throw this.#invalid('in string literal');
      this.#at++;
      if (char === '"') break;
      if (char === '\\') this.#escape();
    }
    // Checked above, so that only values are left to make.
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #escape(): void {
    const char = this.#text[this.#at];
    if (char === undefined || !/["\\/bfnrtu]/.test(char)) {
      throw this.#invalid('in string escape code');
    }
    this.#at++;
    for (let i = 0; char === 'u' && i < 4; i++, this.#at++) {
      if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? '')) {
        throw this.#invalid('in \\u hexadecimal character escape');
      }
    }
  }
}

/** Go quotes the character it did not expect like a rune. */
function quoted(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}
