/**
 * Go's fmt.Sprintf for the three kinds of argument OPA passes: integers, floats, strings (composites
 * arrive as their Rego text). Wrong verbs do not fail, they print Go's complaint.
 * Source: Go fmt/print.go and fmt/format.go.
 */
import { noFlags, type Flags } from './sprintf-flags.ts';
import { formatValue, goTypeName, type GoArgument } from './sprintf-value.ts';

/** Source: Go fmt/print.go, tooLarge. */
const MAX_WIDTH = 1_000_000;

/** `charge` is told of every piece before it is made. */
export function goSprintf(
  format: string,
  args: readonly GoArgument[],
  charge: (units: number) => void,
): string {
  return new GoFormatter(format, args, charge).run();
}

class GoFormatter {
  readonly #format: string;
  readonly #args: readonly GoArgument[];
  readonly #charge: (units: number) => void;
  #at = 0;
  #argument = 0;
  #reordered = false;
  /** An explicit index such as %[2]d is well formed. */
  #goodIndex = true;
  /** What a star that is no number prints. */
  #complaint = '';
  /** The index in force came from %[n]. */
  #afterIndex = false;

  constructor(format: string, args: readonly GoArgument[], charge: (units: number) => void) {
    this.#format = format;
    this.#args = args;
    this.#charge = charge;
  }

  run(): string {
    const out: string[] = [];
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#at);
      const text = this.#format.slice(this.#at, percent < 0 ? undefined : percent);
      if (text !== '') out.push(text);
      if (percent < 0) break;
      this.#at = percent + 1;
      const piece = this.#verb();
      this.#charge(piece.length);
      out.push(piece);
    }
    if (!this.#reordered && this.#argument < this.#args.length) {
      const extra = this.#args
        .slice(this.#argument)
        .map((arg) => `${goTypeName(arg)}=${formatValue(arg, 'v', noFlags())}`);
      out.push(`%!(EXTRA ${extra.join(', ')})`);
    }
    return out.join('');
  }

  #reset(): void {
    this.#goodIndex = true;
    this.#afterIndex = false;
    this.#complaint = '';
  }

  #verb(): string {
    this.#reset();
    const flags = this.#flags();
    this.#index();
    this.#width(flags);
    if (this.#format[this.#at] === '.') this.#precision(flags);
    if (!this.#afterIndex) this.#index();
    const verb = String.fromCodePoint(this.#format.codePointAt(this.#at) ?? 0);
    if (this.#at >= this.#format.length) return '%!(NOVERB)';
    this.#at += verb.length;
    if (verb === '%') return '%';
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    const arg = this.#args[this.#argument];
    if (arg === undefined) return `%!${verb}(MISSING)`;
    this.#argument++;
    this.#charge((flags.width ?? 0) + (flags.precision ?? 0));
    // %+v and %#v ask for Go syntax, not for a sign.
    if (verb === 'v') flags.plus = false;
    return this.#complaint + formatValue(arg, verb, flags);
  }

  #flags(): Flags {
    const flags = noFlags();
    for (; this.#at < this.#format.length; this.#at++) {
      switch (this.#format[this.#at]) {
        case '#':
          flags.sharp = true;
          break;
        case '0':
          flags.zero = true;
          break;
        case '+':
          flags.plus = true;
          break;
        case '-':
          flags.minus = true;
          break;
        case ' ':
          flags.space = true;
          break;
        default:
          return flags;
      }
    }
    return flags;
  }

  /** "[" number "]": the argument to use next. */
  #index(): void {
    if (this.#format[this.#at] !== '[') return;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#at);
    const digits = close < 0 ? '' : this.#format.slice(this.#at + 1, close);
    this.#at = close < 0 ? this.#at + 1 : close + 1;
    const n = /^\d{1,7}$/.test(digits) ? Number(digits) : 0;
    if (n < 1 || n > this.#args.length) {
      this.#goodIndex = false;
      if (close >= 0) this.#afterIndex = true;
      return;
    }
    this.#argument = n - 1;
    this.#afterIndex = true;
  }

  #width(flags: Flags): void {
    if (this.#format[this.#at] === '*') {
      this.#at++;
      const width = this.#starArgument();
      if (width === undefined) this.#complaint += '%!(BADWIDTH)';
      if (width !== undefined && width < 0) {
        flags.minus = true;
        flags.zero = false;
      }
      flags.width = width === undefined ? undefined : Math.abs(width);
      this.#afterIndex = false;
      return;
    }
    const width = this.#number();
    // "%[3]2d" is an index followed by a width: bad.
    if (this.#afterIndex && width !== undefined) this.#goodIndex = false;
    flags.width = width;
  }

  #precision(flags: Flags): void {
    this.#at++;
    if (this.#afterIndex) this.#goodIndex = false;
    this.#index();
    if (this.#format[this.#at] === '*') {
      this.#at++;
      const precision = this.#starArgument();
      if (precision === undefined || precision < 0) this.#complaint += '%!(BADPREC)';
      flags.precision = precision !== undefined && precision >= 0 ? precision : undefined;
      this.#afterIndex = false;
    } else flags.precision = this.#number() ?? 0;
  }

  #number(): number | undefined {
    const digits = /^\d+/.exec(this.#format.slice(this.#at, this.#at + 12))?.[0];
    if (digits === undefined) return undefined;
    this.#at += digits.length;
    const n = Number(digits);
    return n > MAX_WIDTH ? undefined : n;
  }

  #starArgument(): number | undefined {
    const arg = this.#args[this.#argument];
    if (arg === undefined) return undefined;
    this.#argument++;
    if (arg.kind !== 'int' || arg.big) return undefined;
    const n = Number(arg.value);
    return Math.abs(n) > MAX_WIDTH ? undefined : n;
  }
}
