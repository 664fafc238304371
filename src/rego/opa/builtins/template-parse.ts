/**
 * Parses Go's text/template: actions in double braces, pipelines, if, range, with, variables. Not
 * named templates (`define`, `template`, `block`): a policy has only the one text.
 */

export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(message: string) {
    super(`template: template:1: ${message}`);
  }
}

export type Operand =
  | { readonly kind: 'dot' }
  | { readonly kind: 'nil' }
  | {
      readonly kind: 'literal';
      readonly value: string | boolean | { readonly int: bigint } | number;
    }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline };

/** An operand with the fields read from it, and the arguments behind it. */
export interface Term {
  readonly operand: Operand;
  readonly fields: readonly string[];
}

export type Command = readonly Term[];

export interface Pipeline {
  readonly declares: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'range' | 'with';
      readonly pipeline: Pipeline;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    }
  | { readonly kind: 'break' | 'continue' };

interface Piece {
  readonly action: boolean;
  readonly text: string;
}

/** Text and actions; `{{-` and `-}}` eat the white space beside them. */
function pieces(source: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  let trimNext = false;
  while (at <= source.length) {
    const open = source.indexOf('{{', at);
    let text = source.slice(at, open < 0 ? undefined : open);
    if (trimNext) text = text.replace(/^\s+/, '');
    if (open < 0) {
      found.push({ action: false, text });
      break;
    }
    const trims = /^\{\{-\s/.test(source.slice(open, open + 4));
    if (trims) text = text.replace(/\s+$/, '');
    found.push({ action: false, text });
    const start = open + (trims ? 3 : 2);
    const end = endOfAction(source, start);
    const trimmed = /\s-$/.test(source.slice(start, end));
    found.push({ action: true, text: source.slice(start, trimmed ? end - 1 : end).trim() });
    trimNext = trimmed;
    at = end + 2;
  }
  return found;
}

function endOfAction(source: string, start: number): number {
  const token = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\*[^]*?\*\/|\}\}/g;
  token.lastIndex = start;
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    if (match[0] === '}}') return match.index;
  }
  throw new TemplateError('unclosed action');
}

const MAX_DEPTH = 100;

export function parseTemplate(source: string): readonly TemplateNode[] {
  const parser = new TemplateParser(pieces(source));
  const nodes = parser.block(0);
  if (parser.stoppedAt !== '') throw new TemplateError(`unexpected {{${parser.stoppedAt}}}`);
  return nodes;
}

class TemplateParser {
  readonly #pieces: readonly Piece[];
  #at = 0;
  /** The action that ended the last block: `end`, `else ...`, or nothing. */
  stoppedAt = '';

  constructor(found: readonly Piece[]) {
    this.#pieces = found;
  }

  block(depth: number): TemplateNode[] {
    if (depth > MAX_DEPTH) throw new TemplateError('actions nest too deeply');
    const nodes: TemplateNode[] = [];
    this.stoppedAt = '';
    while (this.#at < this.#pieces.length) {
      const piece = this.#pieces[this.#at++];
      if (piece === undefined) break;
      if (!piece.action) {
        if (piece.text !== '') nodes.push({ kind: 'text', text: piece.text });
        continue;
      }
      if (/^(?:end|else)\b/.test(piece.text)) {
        this.stoppedAt = piece.text;
        return nodes;
      }
      const node = this.#action(piece.text, depth);
      if (node !== undefined) nodes.push(node);
    }
    return nodes;
  }

  #action(text: string, depth: number): TemplateNode | undefined {
    if (text.startsWith('/*')) {
      const end = text.indexOf('*/', 2);
      if (end < 0) throw new TemplateError('unclosed comment');
      if (end + 2 < text.length) throw new TemplateError('comment ends before closing delimiter');
      return undefined;
    }
    const control = /^(if|range|with)\b([^]*)$/.exec(text);
    if (control !== null) return this.#control(control, depth);
    if (text === 'break' || text === 'continue') return { kind: text };
    if (/^(?:define|template|block)\b/.test(text)) {
      throw new TemplateError(`named templates are not supported: {{${text}}}`);
    }
    return { kind: 'action', pipeline: parsePipeline(text) };
  }

  #control([, kind, rest = '']: RegExpExecArray, depth: number): TemplateNode {
    const name = kind === 'if' || kind === 'range' ? kind : 'with';
    const pipeline = parsePipeline(rest, name);
    const body = this.block(depth + 1);
    let otherwise: TemplateNode[] = [];
    const chained = /^else\s+(if|with)\b([^]*)$/.exec(this.stoppedAt);
    if (chained !== null) otherwise = [this.#control(chained, depth + 1)];
    else {
      if (this.stoppedAt === 'else') otherwise = this.block(depth + 1);
      if (this.stoppedAt !== 'end') throw new TemplateError('unexpected EOF');
      this.stoppedAt = '';
    }
    return { kind: name, pipeline, body, otherwise };
  }
}

const TOKEN =
  /\s+|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)+'|:=|=|,|\||\(|\)|\$\w*|\.[A-Za-z_]\w*|\.|-?\d[\w.+-]*|[A-Za-z_]\w*/y;

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) throw new TemplateError(lexFault(text.charAt(at)));
    tokens.push(/^\s/.test(token) ? ' ' : token);
  }
  return tokens;
}

const UNTERMINATED: Readonly<Record<string, string>> = {
  '"': 'unterminated quoted string',
  "'": 'unterminated character constant',
};

const lexFault = (char: string): string =>
  UNTERMINATED[char] ?? `unexpected ${JSON.stringify(char)} in command`;

class Tokens {
  readonly #list: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#list = tokensOf(text.trim());
  }

  peek(): string {
    return this.#list[this.#at] ?? '';
  }

  next(): string {
    return this.#list[this.#at++] ?? '';
  }

  blanks(): void {
    while (this.peek() === ' ') this.#at++;
  }

  accept(token: string): boolean {
    this.blanks();
    if (this.peek() !== token) return false;
    this.#at++;
    return true;
  }

  /** Go's parser lets a pipeline end in a bar. */
  atEnd(): boolean {
    this.blanks();
    return this.peek() === '' || this.peek() === ')';
  }

  mark(): number {
    return this.#at;
  }

  reset(mark: number): void {
    this.#at = mark;
  }

  nest(): void {
    if (++this.#depth > MAX_DEPTH) throw new TemplateError('expression nests too deeply');
  }
}

/** `context` names the action in the error of an empty pipeline. */
function parsePipeline(text: string, context = 'command'): Pipeline {
  const tokens = new Tokens(text);
  const pipeline = readPipeline(tokens, context);
  tokens.blanks();
  if (tokens.peek() !== '')
    throw new TemplateError(`unexpected ${JSON.stringify(tokens.peek())} in input`);
  return pipeline;
}

function readPipeline(tokens: Tokens, context: string): Pipeline {
  tokens.nest();
  const { declares, assigns } = readDeclarations(tokens);
  const commands: Command[] = [];
  do commands.push(readCommand(tokens, context));
  while (tokens.accept('|') && !tokens.atEnd());
  return { declares, assigns, commands };
}

/** "$x :=", "$i, $x :=" or "$x =". */
function readDeclarations(tokens: Tokens): { declares: string[]; assigns: boolean } {
  const mark = tokens.mark();
  const declares: string[] = [];
  do {
    tokens.blanks();
    if (!/^\$\w/.test(tokens.peek())) break;
    declares.push(tokens.next());
  } while (tokens.accept(','));
  if (declares.length > 0 && tokens.accept(':=')) return { declares, assigns: false };
  if (declares.length > 0 && tokens.accept('=')) return { declares, assigns: true };
  tokens.reset(mark);
  return { declares: [], assigns: false };
}

function readCommand(tokens: Tokens, context: string): Command {
  const terms: Term[] = [];
  while (true) {
    tokens.blanks();
    const token = tokens.peek();
    if (token === '' || token === '|' || token === ')') break;
    terms.push(readTerm(tokens));
  }
  if (terms.length === 0) throw new TemplateError(`missing value for ${context}`);
  return terms;
}

function readTerm(tokens: Tokens): Term {
  const token = tokens.next();
  const fields: string[] = [];
  let operand: Operand;
  if (token === '(') {
    operand = { kind: 'pipeline', pipeline: readPipeline(tokens, 'parenthesized pipeline') };
    if (!tokens.accept(')')) throw new TemplateError('unclosed left paren');
  } else if (token.startsWith('.') && token.length > 1) {
    operand = { kind: 'dot' };
    fields.push(token.slice(1));
  } else operand = readOperand(token);
  while (/^\.\w/.test(tokens.peek())) fields.push(tokens.next().slice(1));
  return { operand, fields };
}

function readOperand(token: string): Operand {
  if (token === '.') return { kind: 'dot' };
  if (token === 'nil') return { kind: 'nil' };
  if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' };
  if (token.startsWith('$')) return { kind: 'variable', name: token };
  if (token.startsWith('`')) return { kind: 'literal', value: token.slice(1, -1) };
  if (token.startsWith('"')) return { kind: 'literal', value: unquote(token) };
  if (token.startsWith("'")) {
    return { kind: 'literal', value: { int: BigInt(token.slice(1, -1).codePointAt(0) ?? 0) } };
  }
  if (/^-?\d/.test(token)) {
    if (/^-?(?:0x[0-9a-fA-F]+|0b[01]+|0o?[0-7]+|\d+)$/.test(token)) {
      return { kind: 'literal', value: { int: BigInt(token.replace(/^-?0(?=[0-7])/, '0o')) } };
    }
    if (Number.isFinite(Number(token))) return { kind: 'literal', value: Number(token) };
  }
  if (/^[A-Za-z_]/.test(token)) return { kind: 'function', name: token };
  throw new TemplateError(`unexpected ${JSON.stringify(token)} in operand`);
}

function unquote(token: string): string {
  try {
    return JSON.parse(
      token.replace(/\\([av'])/g, (_, c: string) =>
        c === "'" ? "'" : c === 'a' ? '\\u0007' : '\\u000b',
      ),
    ) as string;
  } catch {
    throw new TemplateError(`malformed string ${token}`);
  }
}
