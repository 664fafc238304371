/** Rule heads of OPA's grammar. */
import type { Term } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import type { Span } from '../../source.ts';
import { calleeName } from '../../parse/nodes.ts';
import { parseInfix } from './infix.ts';
import type { OpaParser } from './parser.ts';
import { parseAccess, takeVar } from './terms.ts';

/** A head as read; what it means depends on what follows it. */
export interface HeadDraft {
  readonly name: string;
  readonly nameSpan: Span;
  /** All parts after the name. */
  readonly path: readonly Term[];
  readonly args: readonly Term[] | undefined;
  /** After `contains`. */
  readonly key: Term | undefined;
  readonly value: Term | undefined;
  readonly assign: ':=' | '=' | undefined;
  readonly usesContains: boolean;
  /** `name.part(args)` without the rest. */
  readonly refSpan: Span;
  readonly span: Span;
}

/** head = ref ( "(" args ")" )? ( "contains" infix | ( ":=" | "=" ) infix )? */
export function parseHead(p: OpaParser, isDefault: boolean): HeadDraft | undefined {
  const { start } = p.lex;
  const term = parseHeadRef(p);
  if (term === undefined) {
    p.illegal('expected rule head name');
    return undefined;
  }
  const ref = readHeadRef(p, term);
  if (ref === undefined) return undefined;
  const refSpan = p.span(start);
  const none = { key: undefined, value: undefined, assign: undefined, usesContains: false };
  if (p.tok === Tok.Contains) {
    const key = parseKey(p, ref);
    return { ...ref, ...none, key, usesContains: true, refSpan, span: p.span(start) };
  }
  if (p.tok === Tok.Unify || p.tok === Tok.Assign) {
    const assign = p.tok === Tok.Assign ? ':=' : '=';
    p.next();
    const value = parseInfix(p);
    if (value === undefined) p.illegal(missingValue(ref, assign, isDefault));
    return { ...ref, ...none, value, assign, refSpan, span: p.span(start) };
  }
  return { ...ref, ...none, refSpan, span: refSpan };
}

/** ref = name access? ; blanks are allowed between the two in a head */
function parseHeadRef(p: OpaParser): Term | undefined {
  const { start } = p.lex;
  const head = takeVar(p);
  p.next();
  const { tok } = p;
  if (!p.lex.spaced && tok >= Tok.Equal && tok <= Tok.Rem) p.illegal();
  if (tok !== Tok.LParen && tok !== Tok.Dot && tok !== Tok.LBrack) return head;
  return parseAccess(p, head, start);
}

type HeadRef = Pick<HeadDraft, 'name' | 'nameSpan' | 'path' | 'args'> & { readonly text: string };

function readHeadRef(p: OpaParser, term: Term): HeadRef | undefined {
  switch (term.kind) {
    case 'var':
      return { name: term.name, nameSpan: term.span, path: [], args: undefined, text: term.name };
    case 'ref': {
      const { head, path } = term;
      if (head.kind !== 'var') return undefined;
      const text = headText(head.name, path) ?? calleeName(term);
      return { name: head.name, nameSpan: head.span, path, args: undefined, text };
    }
    case 'call': {
      const callee = term.callee && readHeadRef(p, term.callee);
      if (callee === undefined) {
        p.illegal(`rule head ref ${term.name} invalid`);
        return undefined;
      }
      return { ...callee, args: term.args };
    }
    default:
      return undefined;
  }
}

const RESERVED =
  /^(?:not|package|import|as|default|else|with|null|true|false|some|if|contains|in|every)$/;

/** A ground head as OPA prints it: keywords and what is no name stand in brackets. */
function headText(name: string, path: readonly Term[]): string | undefined {
  let text = name;
  for (const part of path) {
    if (part.kind !== 'string') return undefined;
    const plain = /^[A-Za-z_]\w*$/.test(part.value) && !RESERVED.test(part.value);
    text += plain ? `.${part.value}` : `[${JSON.stringify(part.value)}]`;
  }
  return text;
}

/** "contains" infix */
function parseKey(p: OpaParser, { args, text }: HeadRef): Term | undefined {
  if (args !== undefined) {
    const example = `(e.g., ${text} contains <VALUE> { ... })`;
    p.illegal(`the contains keyword can only be used with multi-value rule definitions ${example}`);
  }
  p.next();
  const key = parseInfix(p);
  if (key === undefined) {
    p.illegal(`expected rule key term (e.g., ${text} contains <VALUE> { ... })`);
  }
  return key;
}

function missingValue({ args, text }: HeadRef, assign: ':=' | '=', isDefault: boolean): string {
  if (assign === '=') return `expected rule value term (e.g., ${text}[<nil>] = <VALUE> { ... })`;
  if (args !== undefined && args.length > 0) {
    return `expected function value term (e.g., ${text}(...) := <VALUE> { ... })`;
  }
  if (isDefault) return `expected default rule value term (e.g., default ${text} := <VALUE>)`;
  return `expected rule value term (e.g., ${text} := <VALUE> { ... })`;
}
