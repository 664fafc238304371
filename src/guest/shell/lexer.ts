/**
 * Tokens of the shell language. The lexer works on demand, because what a character means depends
 * on where the parser is; nested `$(...)` calls back into the parser at the same place.
 */
import {
  ShellSyntaxError,
  type List,
  type Parameter,
  type Part,
  type Redirect,
  type Word,
} from './syntax.ts';

export type Token =
  | { readonly kind: 'word'; readonly word: Word; readonly text: string; readonly line: number }
  | { readonly kind: 'operator'; readonly text: string; readonly line: number }
  | {
      readonly kind: 'redirect';
      readonly operator: Redirect['operator'];
      readonly fd: number | undefined;
      readonly line: number;
    }
  | { readonly kind: 'end'; readonly line: number };

const OPERATORS = ['&&', '||', ';;', ';', '&', '|', '(', ')', '\n'] as const;
const REDIRECTS = [
  '&>>',
  '&>',
  '<<<',
  '<<-',
  '<<',
  '>>',
  '<&',
  '>&',
  '<>',
  '>|',
  '<',
  '>',
] as const;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const PARAMETER_OPERATOR = /:[-=?+]|[-=?+]|##?|%%?|\/\/?|:/y;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  v: '\v',
};

/** Deeper nesting is refused; it would only serve to exhaust our stack. */
const MAX_DEPTH = 100;

interface Heredoc {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripTabs: boolean;
  /** Filled at the next newline. */
  readonly target: Part[];
}

/** Parses a command list that ends at `)`; supplied by the parser to avoid a cycle. */
type ParseSubstitution = (lexer: Lexer) => List;

export class Lexer {
  readonly text: string;
  position: number;
  readonly #parseSubstitution: ParseSubstitution;
  #heredocs: Heredoc[] = [];
  /** Where the last token began. */
  start = 0;
  depth = 0;
  #counted = { position: 0, line: 1 };

  constructor(text: string, parseSubstitution: ParseSubstitution, position = 0) {
    this.text = text;
    this.#parseSubstitution = parseSubstitution;
    this.position = position;
  }

  /** The position rarely moves back, so counting goes on from the last answer. */
  get line(): number {
    if (this.#counted.position > this.position) this.#counted = { position: 0, line: 1 };
    let { position, line } = this.#counted;
    for (; position < this.position; position++) if (this.text[position] === '\n') line++;
    this.#counted = { position, line };
    return line;
  }

  fail(message: string, incomplete = false): never {
    throw new ShellSyntaxError(message, this.line, { incomplete });
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.depth > MAX_DEPTH) this.fail('nesting too deep');
    const result = parse();
    this.depth--;
    return result;
  }

  next(): Token {
    this.#skipBlanks();
    this.start = this.position;
    const { line } = this;
    if (this.position >= this.text.length) {
      if (this.#heredocs.length > 0) this.#readHeredocs();
      return { kind: 'end', line };
    }
    const redirect = this.#redirect(line);
    if (redirect !== undefined) return redirect;
    for (const operator of OPERATORS) {
      if (!this.text.startsWith(operator, this.position)) continue;
      this.position += operator.length;
      if (operator === '\n') this.#readHeredocs();
      return { kind: 'operator', text: operator, line };
    }
    const start = this.position;
    const word = this.word();
    return { kind: 'word', word, text: this.text.slice(start, this.position), line };
  }

  #skipBlanks(): void {
    while (true) {
      const char = this.text[this.position];
      if (char === ' ' || char === '\t' || char === '\r') this.position++;
      else if (char === '\\' && this.text[this.position + 1] === '\n') this.position += 2;
      else if (char === '#') {
        const end = this.text.indexOf('\n', this.position);
        this.position = end < 0 ? this.text.length : end;
      } else return;
    }
  }

  #redirect(line: number): Token | undefined {
    const number = /\d+(?=[<>])/y;
    number.lastIndex = this.position;
    const digits = number.exec(this.text)?.[0] ?? '';
    const at = this.position + digits.length;
    const operator = REDIRECTS.find((candidate) => this.text.startsWith(candidate, at));
    if (operator === undefined) return undefined;
    this.position = at + operator.length;
    const fd = digits === '' ? undefined : Number(digits);
    const kind = 'redirect';
    return { kind, operator: operator === '<<-' ? '<<' : operator, fd, line };
  }

  /** The word behind `<<`; its body arrives with the next newline. `offset` is where `<<` ended. */
  heredoc(stripTabs: boolean): Word {
    this.#skipBlanks();
    const start = this.position;
    const word = this.word();
    if (this.position === start) this.fail('syntax error: unexpected end of here-document word');
    const quoted = word.some((part) => part.kind === 'literal' && part.quoted);
    const delimiter = word.map((part) => (part.kind === 'literal' ? part.text : '')).join('');
    const target: Part[] = [];
    this.#heredocs.push({ delimiter, quoted, stripTabs, target });
    return target;
  }

  #readHeredocs(): void {
    const pending = this.#heredocs;
    this.#heredocs = [];
    for (const { delimiter, quoted, stripTabs, target } of pending) {
      const lines: string[] = [];
      while (true) {
        if (this.position >= this.text.length)
          this.fail(`here-document delimited by end-of-file (wanted '${delimiter}')`, true);
        const end = this.text.indexOf('\n', this.position);
        const stop = end < 0 ? this.text.length : end;
        let line = this.text.slice(this.position, stop);
        this.position = Math.min(stop + 1, this.text.length);
        if (stripTabs) line = line.replace(/^\t+/, '');
        if (line === delimiter) break;
        lines.push(`${line}\n`);
      }
      const body = lines.join('');
      if (quoted) target.push({ kind: 'literal', text: body, quoted: true });
      else target.push(...new Lexer(body, this.#parseSubstitution).quotedParts(undefined));
    }
  }

  /** A word up to the next unquoted blank or operator; empty when there is none. */
  word(): Word {
    const parts: Part[] = [];
    let plain = '';
    const flush = (): void => {
      if (plain !== '') parts.push({ kind: 'literal', text: plain, quoted: false });
      plain = '';
    };
    while (this.position < this.text.length) {
      const char = this.text[this.position] ?? '';
      if (/[\s;&|()<>]/.test(char)) break;
      if (char === '\\') {
        this.position++;
        const escaped = this.text[this.position];
        if (escaped === undefined) this.fail('unexpected end of file', true);
        this.position++;
        if (escaped === '\n') continue;
        flush();
        parts.push({ kind: 'literal', text: escaped, quoted: true });
      } else if (char === "'") {
        flush();
        parts.push({ kind: 'literal', text: this.#singleQuoted(), quoted: true });
      } else if (char === '"') {
        flush();
        this.position++;
        const inner = this.quotedParts('"');
        parts.push(
          ...(inner.length > 0 ? inner : [{ kind: 'literal', text: '', quoted: true } as const]),
        );
      } else if (char === '$' && this.text[this.position + 1] === "'") {
        flush();
        this.position++;
        parts.push({ kind: 'literal', text: this.#ansiQuoted(), quoted: true });
      } else if (char === '$' || char === '`') {
        const part = this.#expansion(false);
        if (part === undefined) plain += char;
        else {
          flush();
          parts.push(part);
        }
      } else {
        plain += char;
        this.position++;
      }
    }
    flush();
    return parts;
  }

  #singleQuoted(): string {
    const end = this.text.indexOf("'", this.position + 1);
    if (end < 0) this.fail(`unexpected EOF while looking for matching \`''`, true);
    const text = this.text.slice(this.position + 1, end);
    this.position = end + 1;
    return text;
  }

  #ansiQuoted(): string {
    let text = '';
    this.position++;
    while (true) {
      const char = this.text[this.position++];
      if (char === undefined) this.fail(`unexpected EOF while looking for matching \`''`, true);
      if (char === "'") return text;
      if (char !== '\\') {
        text += char;
        continue;
      }
      const rest = this.text.slice(this.position, this.position + 6);
      const code = /^(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{1,4}))/.exec(rest);
      if (code !== null) {
        this.position += code[0].length;
        const digits = code[1] ?? code[3];
        text += String.fromCharCode(
          digits === undefined ? parseInt(code[2] ?? '0', 8) : parseInt(digits, 16),
        );
      } else {
        const escape = this.text[this.position++] ?? '';
        text += ESCAPES[escape] ?? escape;
      }
    }
  }

  /** Parts up to the closing character (or the end of the text), with the rules of double quotes. */
  quotedParts(close: '"' | '}' | undefined): Part[] {
    const parts: Part[] = [];
    let plain = '';
    const flush = (): void => {
      if (plain !== '') parts.push({ kind: 'literal', text: plain, quoted: true });
      plain = '';
    };
    while (true) {
      const char = this.text[this.position];
      if (char === undefined) {
        if (close === undefined) break;
        this.fail(`unexpected EOF while looking for matching \`${close}'`, true);
      }
      if (char === close) {
        this.position++;
        break;
      }
      if (char === '\\') {
        const escaped = this.text[this.position + 1] ?? '';
        this.position += 2;
        if (escaped === '\n') continue;
        plain += '$`"\\'.includes(escaped) && escaped !== '' ? escaped : `\\${escaped}`;
      } else if (char === '$' || char === '`') {
        const part = this.#expansion(true);
        if (part === undefined) plain += char;
        else {
          flush();
          parts.push(part);
        }
      } else {
        plain += char;
        this.position++;
      }
    }
    flush();
    return parts;
  }

  /** `$x`, `${x}`, `$(x)`, `$((x))`, `` `x` ``; undefined for a lone dollar, which is consumed. */
  #expansion(quoted: boolean): Part | undefined {
    return this.nested(() => {
      if (this.text[this.position] === '`') return this.#backquoted(quoted);
      const next = this.text[this.position + 1] ?? '';
      if (this.text.startsWith('$((', this.position)) {
        const saved = this.position;
        const arithmetic = this.#arithmetic(quoted);
        if (arithmetic !== undefined) return arithmetic;
        this.position = saved;
      }
      if (next === '(') {
        this.position += 2;
        return { kind: 'substitution', body: this.#parseSubstitution(this), quoted };
      }
      if (next === '{') {
        this.position += 2;
        return this.#braced(quoted);
      }
      this.position++;
      const name = /[A-Za-z_]/.test(next) ? this.#name() : next;
      if (name === '' || !/^([A-Za-z_]\w*|[0-9?$!#@*-])$/.test(name)) return undefined;
      if (name.length === 1 && !/[A-Za-z_]/.test(name)) this.position++;
      return { kind: 'parameter', name, operator: undefined, argument: undefined, quoted };
    });
  }

  #name(): string {
    NAME.lastIndex = this.position;
    const name = NAME.exec(this.text)?.[0] ?? '';
    this.position += name.length;
    return name;
  }

  #backquoted(quoted: boolean): Part {
    let body = '';
    this.position++;
    while (true) {
      const char = this.text[this.position++];
      if (char === undefined) this.fail("unexpected EOF while looking for matching ``'", true);
      if (char === '`') break;
      const next = this.text[this.position] ?? '';
      if (char === '\\' && next !== '' && '$`\\'.includes(next)) {
        body += next;
        this.position++;
      } else body += char;
    }
    const inner = new Lexer(`${body}\n)`, this.#parseSubstitution);
    inner.depth = this.depth;
    return { kind: 'substitution', body: this.#parseSubstitution(inner), quoted };
  }

  /** `$(( ... ))`; undefined when it turns out to be a substitution that starts with a subshell. */
  #arithmetic(quoted: boolean): Part | undefined {
    const start = this.position + 3;
    let depth = 0;
    for (let i = start; i < this.text.length; i++) {
      const char = this.text[i];
      if (char === '(') depth++;
      else if (char === ')' && depth > 0) depth--;
      else if (char === ')') {
        if (this.text[i + 1] !== ')') return undefined;
        this.position = i + 2;
        const inner = new Lexer(this.text.slice(start, i), this.#parseSubstitution);
        inner.depth = this.depth;
        return { kind: 'arithmetic', expression: inner.quotedParts(undefined), quoted };
      }
    }
    this.fail("unexpected EOF while looking for matching `)'", true);
  }

  #braced(quoted: boolean): Parameter {
    const kind = 'parameter';
    const start = this.text[this.position] ?? '';
    if (start === '#' && this.text[this.position + 1] !== '}') {
      this.position++;
      const name = this.#parameterName();
      if (this.text[this.position] !== '}') this.fail('bad substitution');
      this.position++;
      return { kind, name, operator: 'length', argument: undefined, quoted };
    }
    const name = this.#parameterName();
    if (this.text[this.position] === '}') {
      this.position++;
      return { kind, name, operator: undefined, argument: undefined, quoted };
    }
    PARAMETER_OPERATOR.lastIndex = this.position;
    const operator = PARAMETER_OPERATOR.exec(this.text)?.[0];
    if (this.position >= this.text.length)
      this.fail("unexpected EOF while looking for matching `}'", true);
    if (operator === undefined) this.fail('bad substitution');
    this.position += operator.length;
    // A pattern stays one inside double quotes: `"${x%.*}"`.
    if (/^[#%]/.test(operator)) {
      return { kind, name, operator, argument: this.#bracedWord(false), quoted };
    }
    if (operator.startsWith('/')) {
      const argument = this.#bracedWord(false, '/');
      const replacement = this.text[this.position - 1] === '/' ? this.#bracedWord(quoted) : [];
      return { kind, name, operator, argument, replacement, quoted };
    }
    return { kind, name, operator, argument: this.#bracedWord(quoted), quoted };
  }

  #parameterName(): string {
    const char = this.text[this.position] ?? '';
    if (/[A-Za-z_]/.test(char)) return this.#name();
    const digits = /\d+/y;
    digits.lastIndex = this.position;
    const number = digits.exec(this.text)?.[0];
    const name = number ?? (/[?$!#@*-]/.test(char) ? char : '');
    if (this.position >= this.text.length)
      this.fail("unexpected EOF while looking for matching `}'", true);
    if (name === '') this.fail('bad substitution');
    this.position += name.length;
    return name;
  }

  /** The word inside `${x:-word}`; quotes inside count, blanks do not end it. */
  #bracedWord(quoted: boolean, stop?: string): Word {
    const parts: Part[] = [];
    let plain = '';
    const flush = (): void => {
      if (plain !== '') parts.push({ kind: 'literal', text: plain, quoted });
      plain = '';
    };
    while (true) {
      const char = this.text[this.position];
      if (char === undefined) this.fail("unexpected EOF while looking for matching `}'", true);
      if (char === '}' || char === stop) {
        this.position++;
        flush();
        return parts;
      }
      if (char === '\\') {
        flush();
        parts.push({ kind: 'literal', text: this.text[this.position + 1] ?? '', quoted: true });
        this.position += 2;
      } else if (char === "'" && !quoted) {
        flush();
        parts.push({ kind: 'literal', text: this.#singleQuoted(), quoted: true });
      } else if (char === '"') {
        flush();
        this.position++;
        parts.push(...this.quotedParts('"'));
      } else if (char === '$' || char === '`') {
        const part = this.#expansion(quoted);
        if (part === undefined) plain += char;
        else {
          flush();
          parts.push(part);
        }
      } else {
        plain += char;
        this.position++;
      }
    }
  }
}
