/** Template strings of OPA's grammar (OPA 1.12). */
import type { ExprLiteral, Literal, TemplateTerm } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import { decodeEscapes } from '../../parse/strings.ts';
import { parseLiteral } from './bodies.ts';
import type { OpaParser } from './parser.ts';
import { isJsonString } from './terms.ts';

/** template = `$"` text ( "{" expr with* "}" text )* `"` , or the same in back quotes; stops on the end */
export function parseTemplate(p: OpaParser, multiLine: boolean): TemplateTerm | undefined {
  const { start } = p.lex;
  if (p.version === 'v0') {
    p.error(start, 'template strings are not supported by current capabilities');
    return undefined;
  }
  const parts: (string | ExprLiteral)[] = [];
  while (true) {
    const text = partText(p, multiLine);
    if (text === undefined) return undefined;
    if (text !== '') parts.push(text);
    if (p.tok === Tok.TemplateEnd || p.tok === Tok.RawTemplateEnd) break;
    p.next();
    const literal = parseLiteral(p);
    if (literal === undefined) {
      p.error(p.lex.start, 'invalid template-string expression');
      return undefined;
    }
    const refused = refusal(literal);
    if (refused !== undefined) {
      p.error(literal.span.start, `unexpected ${refused} in template-string expression`);
      return undefined;
    }
    if (literal.kind === 'expr') parts.push(literal);
    if (p.tok !== Tok.RBrace) {
      p.error(p.lex.start, 'expected } to end template string expression');
      return undefined;
    }
    p.lex.continueTemplate(multiLine);
  }
  const span = { source: p.source, start, end: p.lex.end };
  return { kind: 'template', parts, multiLine, span };
}

/** The text of the part the cursor is on, decoded. */
function partText(p: OpaParser, multiLine: boolean): string | undefined {
  const { tok, partStart, partEnd, text } = p.lex;
  if (tok === Tok.Illegal) {
    p.error(p.lex.start, 'expected template-string part');
    return undefined;
  }
  const inner = unescapeBraces(text.slice(partStart, partEnd));
  if (multiLine || !inner.includes('\\')) return inner;
  if (!isJsonString(inner)) {
    p.error(p.lex.start, `illegal template-string part: ${p.lex.lit()}`);
    return undefined;
  }
  return decodeEscapes(inner);
}

/** `\{` is a brace; a backslash that escapes another is not looked at twice. */
function unescapeBraces(inner: string): string {
  return inner.includes('\\{')
    ? inner.replace(/\\(\\|\{)/g, (all, next) => (next === '{' ? '{' : all))
    : inner;
}

/** What may not stand between the braces. */
function refusal(literal: Literal): string | undefined {
  if (literal.kind === 'some' || literal.kind === 'some-in') return "'some'";
  if (literal.kind === 'every') return "'every'";
  if (literal.kind === 'not-body' || literal.negated) return "negation ('not')";
  const { term } = literal;
  if (term.kind === 'call' && term.infix === '=') return "unification ('=')";
  if (term.kind === 'call' && term.infix === ':=') return "assignment (':=')";
  return undefined;
}
