/**
 * Parser of the shell language: one function per production, its grammar line above it.
 */
import { Lexer, type Token } from './lexer.ts';
import {
  ShellSyntaxError,
  type Command,
  type List,
  type Redirect,
  type Simple,
  type Word,
} from './syntax.ts';

/** Words that end a list when they stand where a command could. */
const CLOSERS = ['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}'];
const NOT_A_COMMAND = new Set(['in', ...CLOSERS]);
const ASSIGNMENT = /^([A-Za-z_]\w*)(\+?)=/;

export function parseShell(text: string): List {
  const parser = new Parser(new Lexer(text, parseSubstitution));
  const list = parser.list([]);
  parser.expectEnd();
  return list;
}

/** From behind `$(` to behind the matching `)`. */
function parseSubstitution(lexer: Lexer): List {
  const parser = new Parser(lexer);
  const list = parser.list([')']);
  parser.expectOperator(')');
  return list;
}

class Parser {
  readonly #lexer: Lexer;
  #token: Token | undefined;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
  }

  #peek(): Token {
    return (this.#token ??= this.#lexer.next());
  }

  /** Where the next token begins. */
  get #tokenStart(): number {
    this.#peek();
    return this.#lexer.start;
  }

  #take(): Token {
    const token = this.#peek();
    this.#token = undefined;
    return token;
  }

  #unexpected(token = this.#peek()): never {
    if (token.kind === 'end')
      throw new ShellSyntaxError('syntax error: unexpected end of file', token.line + 1, {
        incomplete: true,
      });
    const text = token.kind === 'redirect' ? token.operator : token.text;
    const shown = text === '\n' ? 'newline' : text;
    const source = this.#lexer.text.split('\n')[token.line - 1] ?? '';
    throw new ShellSyntaxError(`syntax error near unexpected token \`${shown}'`, token.line, {
      source,
    });
  }

  expectEnd(): void {
    if (this.#peek().kind !== 'end') this.#unexpected();
  }

  expectOperator(text: string): void {
    if (!this.#isOperator(text)) this.#unexpected();
    this.#token = undefined;
  }

  #isOperator(...texts: string[]): boolean {
    const token = this.#peek();
    return token.kind === 'operator' && texts.includes(token.text);
  }

  /** A reserved word: unquoted, in command position. */
  #isWord(...texts: string[]): boolean {
    const token = this.#peek();
    if (token.kind !== 'word' || !texts.includes(token.text)) return false;
    return token.word.every((part) => part.kind === 'literal' && !part.quoted);
  }

  #expectWord(text: string): void {
    if (!this.#isWord(text)) this.#unexpected();
    this.#token = undefined;
  }

  #skipNewlines(): void {
    while (this.#isOperator('\n')) this.#take();
  }

  /** list = { and_or ( ";" | "&" | newline ) } ; ends before a closer or an operator in `stops` */
  list(stops: readonly string[]): List {
    return this.#lexer.nested(() => {
      const items: { command: Command; background: boolean }[] = [];
      while (true) {
        this.#skipNewlines();
        const token = this.#peek();
        if (token.kind === 'end' || this.#isOperator(...stops) || this.#isWord(...CLOSERS)) break;
        const command = this.#andOr();
        const background = this.#isOperator('&');
        items.push({ command, background });
        if (!this.#isOperator(';', '&', '\n')) break;
        this.#take();
      }
      return { kind: 'list', items };
    });
  }

  /** A list that must hold a command: `then ;` is an error. */
  #body(stops: readonly string[] = []): List {
    const list = this.list(stops);
    if (list.items.length === 0) this.#unexpected();
    return list;
  }

  /** and_or = pipeline { ( "&&" | "||" ) { newline } pipeline } ; */
  #andOr(): Command {
    let left = this.#pipeline();
    while (this.#isOperator('&&', '||')) {
      const token = this.#take();
      this.#skipNewlines();
      const operator = token.kind === 'operator' && token.text === '&&' ? '&&' : '||';
      left = { kind: 'and-or', operator, left, right: this.#pipeline() };
    }
    return left;
  }

  /** pipeline = [ "!" ] command { "|" { newline } command } ; */
  #pipeline(): Command {
    let negate = false;
    while (this.#isWord('!')) {
      this.#take();
      negate = !negate;
    }
    const commands = [this.#command()];
    while (this.#isOperator('|')) {
      this.#take();
      this.#skipNewlines();
      commands.push(this.#command());
    }
    const only = commands[0];
    if (commands.length === 1 && !negate && only !== undefined) return only;
    return { kind: 'pipeline', negate, commands };
  }

  #command(): Command {
    if (this.#isOperator('(')) return this.#parenthesised();
    if (this.#isWord('{')) {
      this.#take();
      const body = this.#body();
      this.#expectWord('}');
      return { kind: 'group', body, redirects: this.#redirects() };
    }
    if (this.#isWord('if')) return this.#ifCommand();
    if (this.#isWord('while', 'until')) return this.#loop();
    if (this.#isWord('for')) return this.#forCommand();
    if (this.#isWord('case')) return this.#caseCommand();
    if (this.#isWord('[[')) return this.#conditional();
    if (this.#isWord('function')) {
      this.#take();
      const token = this.#take();
      if (token.kind !== 'word') this.#unexpected(token);
      if (this.#isOperator('(')) {
        this.#take();
        this.expectOperator(')');
      }
      return this.#functionBody(token.text);
    }
    const token = this.#peek();
    if (token.kind === 'word' && NOT_A_COMMAND.has(token.text) && token.text !== 'in')
      this.#unexpected();
    return this.#simple();
  }

  /** subshell = "(" list ")" ; arithmetic = "((" expression "))" ; */
  #parenthesised(): Command {
    const open = this.#lexer.position;
    this.#take();
    if (this.#lexer.text[open] === '(') {
      const end = this.#lexer.text.indexOf('))', open);
      const inner = end < 0 ? '' : this.#lexer.text.slice(open + 1, end);
      // `((` is arithmetic unless what is inside can only be commands.
      if (end >= 0 && !/[;\n]/.test(inner)) {
        this.#lexer.position = end + 2;
        const expression = new Lexer(inner, parseSubstitution).quotedParts(undefined);
        return { kind: 'arithmetic-command', expression, redirects: this.#redirects() };
      }
    }
    const body = this.#body([')']);
    this.expectOperator(')');
    return { kind: 'subshell', body, redirects: this.#redirects() };
  }

  /** if = "if" list "then" list { "elif" list "then" list } [ "else" list ] "fi" ; */
  #ifCommand(): Command {
    const branches: { test: List; body: List }[] = [];
    do {
      this.#take();
      const test = this.#body();
      this.#expectWord('then');
      branches.push({ test, body: this.#body() });
    } while (this.#isWord('elif'));
    let otherwise: List | undefined;
    if (this.#isWord('else')) {
      this.#take();
      otherwise = this.#body();
    }
    this.#expectWord('fi');
    return { kind: 'if', branches, otherwise, redirects: this.#redirects() };
  }

  /** loop = ( "while" | "until" ) list "do" list "done" ; */
  #loop(): Command {
    const until = this.#isWord('until');
    this.#take();
    const test = this.#body();
    const body = this.#doGroup();
    return { kind: 'loop', until, test, body, redirects: this.#redirects() };
  }

  #doGroup(): List {
    this.#expectWord('do');
    const body = this.#body();
    this.#expectWord('done');
    return body;
  }

  /** for = "for" name [ { newline } "in" { word } ( ";" | newline ) ] "do" list "done" ; */
  #forCommand(): Command {
    this.#take();
    if (this.#isOperator('(')) return this.#arithmeticFor();
    const token = this.#take();
    if (token.kind !== 'word' || !/^[A-Za-z_]\w*$/.test(token.text)) this.#unexpected(token);
    let words: Word[] | undefined;
    if (this.#isOperator(';')) this.#take();
    this.#skipNewlines();
    if (this.#isWord('in')) {
      this.#take();
      words = [];
      while (this.#peek().kind === 'word') words.push(this.#takeWord());
      if (!this.#isOperator(';', '\n')) this.#unexpected();
      this.#take();
      this.#skipNewlines();
    }
    const body = this.#doGroup();
    return { kind: 'for', name: token.text, words, body, redirects: this.#redirects() };
  }

  /** arithmetic_for = "for" "((" [ expr ] ";" [ expr ] ";" [ expr ] "))" "do" list "done" ; */
  #arithmeticFor(): Command {
    const lexer = this.#lexer;
    const end = lexer.text.indexOf('))', lexer.position);
    const parts = lexer.text.slice(lexer.position + 1, Math.max(end, 0)).split(';');
    if (lexer.text[lexer.position] !== '(' || end < 0 || parts.length !== 3) this.#unexpected();
    this.#token = undefined;
    lexer.position = end + 2;
    const [first, test, step] = parts.map((part) =>
      new Lexer(part, parseSubstitution).quotedParts(undefined),
    );
    if (this.#isOperator(';')) this.#take();
    this.#skipNewlines();
    const body = this.#doGroup();
    return {
      kind: 'arithmetic-for',
      first: first ?? [],
      test: test ?? [],
      step: step ?? [],
      body,
      redirects: this.#redirects(),
    };
  }

  #takeWord(): Word {
    const token = this.#take();
    if (token.kind !== 'word') this.#unexpected(token);
    return token.word;
  }

  /** case = "case" word "in" { [ "(" ] pattern { "|" pattern } ")" list ";;" } "esac" ; */
  #caseCommand(): Command {
    this.#take();
    const subject = this.#takeWord();
    this.#skipNewlines();
    this.#expectWord('in');
    const arms: { patterns: Word[]; body: List }[] = [];
    this.#skipNewlines();
    while (!this.#isWord('esac')) {
      if (this.#isOperator('(')) this.#take();
      const patterns = [this.#takeWord()];
      while (this.#isOperator('|')) {
        this.#take();
        patterns.push(this.#takeWord());
      }
      this.expectOperator(')');
      arms.push({ patterns, body: this.list([';;']) });
      if (this.#isOperator(';;')) this.#take();
      else if (!this.#isWord('esac')) this.#unexpected();
      this.#skipNewlines();
    }
    this.#take();
    return { kind: 'case', subject, arms, redirects: this.#redirects() };
  }

  /** conditional = "[[" { word | operator } "]]" ; */
  #conditional(): Command {
    this.#take();
    const words: Word[] = [];
    while (!this.#isWord(']]')) {
      const token = this.#take();
      if (token.kind === 'end') this.#unexpected(token);
      if (token.kind === 'word') words.push(token.word);
      else {
        const text = token.kind === 'redirect' ? token.operator : token.text;
        if (text !== '\n') words.push([{ kind: 'literal', text, quoted: false }]);
      }
    }
    this.#take();
    return { kind: 'conditional', words, redirects: this.#redirects() };
  }

  #functionBody(name: string): Command {
    this.#skipNewlines();
    return { kind: 'function', name, body: this.#command() };
  }

  #redirects(): Redirect[] {
    const redirects: Redirect[] = [];
    while (this.#peek().kind === 'redirect') redirects.push(this.#redirect());
    return redirects;
  }

  #redirect(): Redirect {
    const token = this.#take();
    if (token.kind !== 'redirect') this.#unexpected(token);
    const { operator } = token;
    const fd = token.fd ?? (operator.startsWith('<') ? 0 : 1);
    if (operator === '<<') {
      const stripTabs = this.#lexer.text.slice(0, this.#lexer.position).endsWith('<<-');
      return { fd, operator, target: this.#lexer.heredoc(stripTabs) };
    }
    const target = this.#take();
    if (target.kind !== 'word') this.#unexpected(target);
    return { fd, operator, target: target.word };
  }

  /** simple = { assignment | redirect } [ word { word | redirect } ] ; or `name ( ) command` */
  #simple(): Command {
    const { line } = this.#peek();
    const start = this.#tokenStart;
    const assignments: Simple['assignments'][number][] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    while (true) {
      const token = this.#peek();
      if (token.kind === 'redirect') redirects.push(this.#redirect());
      else if (token.kind === 'word') {
        this.#take();
        const assignment = words.length === 0 ? asAssignment(token.word) : undefined;
        if (assignment !== undefined) assignments.push(assignment);
        else words.push(token.word);
        const isName = /^[A-Za-z_][\w-]*$/.test(token.text);
        if (words.length === 1 && assignment === undefined && isName && this.#isOperator('(')) {
          this.#take();
          this.expectOperator(')');
          return this.#functionBody(token.text);
        }
      } else break;
    }
    if (words.length + assignments.length + redirects.length === 0) this.#unexpected();
    const text = this.#lexer.text.slice(start, this.#tokenStart).trim();
    return { kind: 'simple', assignments, words, redirects, line, text };
  }
}

function asAssignment(word: Word): Simple['assignments'][number] | undefined {
  const first = word[0];
  if (first?.kind !== 'literal' || first.quoted) return undefined;
  const match = ASSIGNMENT.exec(first.text);
  if (match?.[1] === undefined) return undefined;
  const rest = first.text.slice(match[0].length);
  const head: Word = rest === '' ? [] : [{ kind: 'literal', text: rest, quoted: false }];
  return { name: match[1], value: [...head, ...word.slice(1)], append: match[2] === '+' };
}
