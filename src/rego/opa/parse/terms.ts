/** Terms of OPA's grammar. */
import type { RefTerm, StringTerm, Term, VarTerm } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import { calleeName, infixCall } from '../../parse/nodes.ts';
import { decodeEscapes } from '../../parse/strings.ts';
import { parseArray, parseSetOrObject, parseTermList, setOf } from './collections.ts';
import { parseInfix } from './infix.ts';
import { parseNumber } from './numbers.ts';
import type { OpaParser } from './parser.ts';
import { parseTemplate } from './templates.ts';

/** term = scalar | ref | call | array | object | set | comprehension | template | "(" infix ")" | "-" ref */
export function parseTerm(p: OpaParser): Term | undefined {
  return p.remembered(() => readTerm(p));
}

function readTerm(p: OpaParser): Term | undefined {
  const { start } = p.lex;
  switch (p.tok) {
    case Tok.Null:
      return finish(p, start, { kind: 'null', span: spanOfToken(p) });
    case Tok.True:
      return finish(p, start, { kind: 'boolean', value: true, span: spanOfToken(p) });
    case Tok.False:
      return finish(p, start, { kind: 'boolean', value: false, span: spanOfToken(p) });
    case Tok.Sub:
      return parseMinus(p);
    case Tok.Dot:
    case Tok.Number:
      return parseNumberTerm(p, start);
    case Tok.String:
    case Tok.RawString:
      return finishIf(p, start, parseString(p));
    case Tok.TemplatePart:
    case Tok.TemplateEnd:
      return finishIf(
        p,
        start,
        p.nested(() => parseTemplate(p, false)),
      );
    case Tok.RawTemplatePart:
    case Tok.RawTemplateEnd:
      return finishIf(
        p,
        start,
        p.nested(() => parseTemplate(p, true)),
      );
    case Tok.Ident:
    case Tok.Contains:
      return finish(p, start, takeVar(p));
    case Tok.LBrack:
      return finishIf(
        p,
        start,
        p.nested(() => parseArray(p)),
      );
    case Tok.LBrace:
      return finishIf(
        p,
        start,
        p.nested(() => parseSetOrObject(p)),
      );
    case Tok.LParen:
      return finishIf(p, start, parseParenthesis(p));
    default:
      refuseToken(p);
      return undefined;
  }
}

/** OPA remembers where a term failed and says so once. */
function refuseToken(p: OpaParser): void {
  const last = p.errors.at(-1);
  p.illegal();
  const again = p.errors.at(-1);
  if (last?.span.start === again?.span.start && last?.message === again?.message) p.errors.pop();
}

/** The current token's span; the token is consumed by `finish`. */
const spanOfToken = (p: OpaParser): Term['span'] => ({
  source: p.source,
  start: p.lex.start,
  end: p.lex.end,
});

/** The current token as a variable, without moving on. */
export function takeVar(p: OpaParser): VarTerm {
  return { kind: 'var', name: p.lex.lit(), span: spanOfToken(p) };
}

function finishIf(p: OpaParser, start: number, term: Term | undefined): Term | undefined {
  return term && finish(p, start, term);
}

/** Moves past the last token of a term and reads the accesses that follow without a blank. */
function finish(p: OpaParser, start: number, head: Term): Term | undefined {
  p.next();
  return finishRead(p, start, head);
}

function finishRead(p: OpaParser, start: number, head: Term): Term | undefined {
  const { tok } = p;
  if (tok !== Tok.LParen && tok !== Tok.Dot && tok !== Tok.LBrack) return head;
  return p.lex.spaced ? head : parseAccess(p, head, start);
}

/** "(" infix ")" ; stops on the closing parenthesis */
function parseParenthesis(p: OpaParser): Term | undefined {
  p.next();
  const inner = parseInfix(p);
  if (inner === undefined) return undefined;
  if (p.tok === Tok.RParen) return inner;
  p.error(p.lex.start, 'non-terminated expression');
  return undefined;
}

function parseNumberTerm(p: OpaParser, start: number): Term | undefined {
  const text = parseNumber(p);
  if (text === undefined) return undefined;
  return finish(p, start, { kind: 'number', text, span: { ...spanOfToken(p), start } });
}

/** "-" number | "-" ref , the latter as `0 - ref` */
function parseMinus(p: OpaParser): Term | undefined {
  const { start, end } = p.lex;
  const before = p.checkpoint();
  p.next();
  if (p.tok !== Tok.Ident && p.tok !== Tok.Contains) {
    p.back(before);
    return parseNumberTerm(p, start);
  }
  const operand = finish(p, p.lex.start, takeVar(p));
  if (operand === undefined) return undefined;
  const zero: Term = { kind: 'number', text: '0', span: { source: p.source, start, end } };
  return { ...infixCall(Tok.Sub, start, zero, operand, p.span(start)), unary: true };
}

/** string = JSON string | raw string , without moving on */
function parseString(p: OpaParser): StringTerm | undefined {
  const span = spanOfToken(p);
  const raw = p.tok === Tok.RawString;
  const inner = p.lex.text.slice(span.start + 1, span.end - 1);
  if (raw || !inner.includes('\\')) return { kind: 'string', value: inner, raw, span };
  if (!isJsonString(inner)) {
    p.error(span.start, `illegal string literal: "${inner}"`);
    return undefined;
  }
  return { kind: 'string', value: decodeEscapes(inner), raw, span };
}

/** What Go's JSON reader takes between quotes. Only literals with escapes are put to it. */
export function isJsonString(inner: string): boolean {
  return !/[\u0000-\u001f]|\\u(?![0-9a-fA-F]{4})/.test(inner.replaceAll('\\\\', ''));
}

/** access = ( "." name | "[" infix "]" | "(" args ")" )+ , without blanks before them */
export function parseAccess(p: OpaParser, head: Term, start: number): Term | undefined {
  return p.nested(() => readAccess(p, head, start));
}

/** The first access is on the current token, whether a blank lies before it or not. */
function readAccess(p: OpaParser, head: Term, start: number): Term | undefined {
  if (!canHeadRef(head))
    p.error(head.span.start, `illegal ref (head cannot be ${valueName(head)})`);
  const path: Term[] = [];
  let at = start;
  for (let first = true; first || !p.lex.spaced; first = false) {
    if (p.tok === Tok.Dot) {
      at = p.lex.start;
      const name = parseField(p);
      if (name === undefined) return undefined;
      path.push(name);
    } else if (p.tok === Tok.LBrack) {
      at = p.lex.start;
      const index = parseIndex(p);
      if (index === undefined) return undefined;
      path.push(index);
    } else if (p.tok === Tok.LParen) {
      return parseCall(p, refOf(p, head, path, at, start), start);
    } else break;
  }
  return refOf(p, head, path, at, start);
}

function refOf(p: OpaParser, head: Term, path: readonly Term[], at: number, start: number): Term {
  if (path.length === 0 && head.kind === 'var') return head;
  return { kind: 'ref', head, path, at, span: p.span(start) };
}

/** "." name ; a name may be a keyword */
function parseField(p: OpaParser): StringTerm | undefined {
  p.next();
  if (p.lex.spaced) {
    p.illegalBlank('expected identifier');
    return undefined;
  }
  if (p.tok !== Tok.Ident && !p.isKeyword(p.tok)) {
    p.illegal('expected identifier');
    return undefined;
  }
  const name: StringTerm = { kind: 'string', value: p.lex.lit(), raw: false, span: spanOfToken(p) };
  p.next();
  return name;
}

/** "[" infix "]" */
function parseIndex(p: OpaParser): Term | undefined {
  p.next();
  const index = parseInfix(p);
  if (index === undefined) return undefined;
  if (p.tok !== Tok.RBrack) {
    p.illegal('expected [');
    return undefined;
  }
  p.next();
  return index;
}

/** call = callee "(" ( infix ( "," infix )* ","? )? ")" access? ; `set()` is the empty set */
function parseCall(p: OpaParser, callee: Term, start: number): Term | undefined {
  const at = p.lex.start;
  p.next();
  const args = p.tok === Tok.RParen ? [] : p.nested(() => parseTermList(p, Tok.RParen, []));
  if (args === undefined) return undefined;
  p.next();
  const span = p.span(start);
  let term: Term;
  if (args.length === 0 && callee.kind === 'var' && callee.name === 'set') {
    term = setOf(p, [], span);
  } else {
    const target = callee as VarTerm | RefTerm;
    term = { kind: 'call', name: calleeName(target), callee: target, args, at, span };
  }
  if (p.lex.spaced || (p.tok !== Tok.Dot && p.tok !== Tok.LBrack)) return term;
  return parseAccess(p, term, start);
}

function canHeadRef(term: Term): boolean {
  switch (term.kind) {
    case 'var':
    case 'array':
    case 'object':
    case 'set':
    case 'constant':
    case 'comprehension':
    case 'call':
      return true;
    default:
      return false;
  }
}

/** The kind of a term in OPA's messages. */
export function valueName(term: Term): string {
  switch (term.kind) {
    case 'constant':
      return term.shape;
    case 'comprehension':
      return `${term.shape}comprehension`;
    case 'template':
      return 'templatestring';
    case 'var':
      return isRoot(term) ? 'ref' : 'var';
    case 'unary':
      return 'call';
    default:
      return term.kind;
  }
}

/** `input` and `data` alone are references to OPA. */
export const isRoot = (term: VarTerm): boolean => term.name === 'input' || term.name === 'data';
