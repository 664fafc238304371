/** Plain paths of regorus' grammar: package names, imports and targets of `with`. */
import type { RefTerm, Term, VarTerm } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import { parseIdent, parseVar } from './terms.ts';
import type { RegorusParser } from './parser.ts';

/** path = var ( "." ident | "[" string "]" )* , without blanks inside */
export function parsePathRef(p: RegorusParser): VarTerm | RefTerm {
  const { start } = p.lex;
  const head = parseVar(p);
  const path: Term[] = [];
  let at = start;
  while (p.tok === Tok.Dot || p.tok === Tok.LBrack) {
    if (p.lex.spaced) throw p.failAt(p.lex.start, `invalid whitespace before ${p.lex.lit()}`, -1);
    at = p.lex.start;
    if (p.tok === Tok.Dot) {
      p.next();
      const { name, span } = parseIdent(p);
      if (span.start !== at + 1) {
        throw p.failAt(span.start, 'invalid whitespace between . and identifier', -1);
      }
      path.push({ kind: 'string', value: name, raw: false, span });
    } else path.push(parseStringKey(p));
  }
  return path.length === 0 ? head : { kind: 'ref', head, path, at, span: p.span(start) };
}

/** "[" string "]" ; the engine takes the text between the quotes as it is, escapes and all */
function parseStringKey(p: RegorusParser): Term {
  p.next();
  if (p.tok !== Tok.String) throw p.fail('expected string');
  const { start, end } = p.lex;
  const value = p.lex.text.slice(start + 1, end - 1);
  p.next();
  const span = p.span(start);
  p.expect(Tok.RBrack, ']', 'while parsing bracketed reference');
  return { kind: 'string', value, raw: false, span };
}

/** One component of a path with the place the engine gives it. */
export interface Component {
  readonly text: string;
  readonly at: number;
}

export function components(path: VarTerm | RefTerm): readonly Component[] {
  if (path.kind === 'var') return [{ text: path.name, at: path.span.start }];
  const parts: Component[] = [];
  const { head } = path;
  if (head.kind === 'var') parts.push({ text: head.name, at: head.span.start });
  for (const part of path.path) {
    if (part.kind !== 'string') continue;
    const quoted = part.span.source.text.charCodeAt(part.span.start) === 34 ? 1 : 0;
    parts.push({ text: part.value, at: part.span.start + quoted });
  }
  return parts;
}
