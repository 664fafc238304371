/** Rules in canonical form, in the spelling of v0 or v1. */
import type { Body, Else, Head, Literal, Rule, Term } from '../../ast.ts';
import { writeBody, writeLiteral, writeValue } from './literals.ts';
import { type Printer, Unplaceable } from './printer.ts';
import { writeLines, writePart, writeTerm } from './terms.ts';

export interface RuleStyle {
  /** v1 spelling: `:=`, `if`, `contains`. */
  readonly v1: boolean;
  readonly useIf: boolean;
  readonly useContains: boolean;
  /** Some head has a dotted reference; otherwise `a.b` is written `a["b"]`, as OPA does. */
  readonly dottedHeads: boolean;
}

/** A rule, or its source text where a comment leaves no other way. */
export function writeRule(out: Printer, rule: Rule, style: RuleStyle): void {
  const before = out.snapshot();
  try {
    writeDefinition(out, rule, style);
  } catch (error) {
    if (!(error instanceof Unplaceable)) throw error;
    out.restore(before);
    out.verbatim(rule.span);
    out.trailAt(rule.span.end);
    out.endLine();
  }
}

function writeDefinition(out: Printer, rule: Rule, style: RuleStyle): void {
  const { head } = rule;
  const body = isTrue(rule) ? undefined : rule.body;
  if (rule.default) out.write('default ');
  writeHead(out, rule, style, body === undefined);
  if (body === undefined) {
    endOfStatement(out, rule.span.end);
    return;
  }
  const start = bodyStart(out, head.span.end, rule.hasIf, body);
  writeRuleBody(out, { body, start, hasIf: rule.hasIf, canIf: ifAllowed(head, style) });
  if (rule.else === undefined) endOfStatement(out, rule.span.end);
  else writeElse(out, rule.else, style);
}

/** `p = 1 { true }` is `p = 1`; comments in such a body come out before the next rule. */
function isTrue({ body, else: branches }: Rule): boolean {
  return branches === undefined && (body === undefined || saysTrue(body));
}

function saysTrue(body: Body): boolean {
  const [only, second] = body;
  if (only?.kind !== 'expr' || second !== undefined || only.negated || only.with.length > 0)
    return false;
  return only.term.kind === 'boolean' && only.term.value;
}

function endOfStatement(out: Printer, end: number): void {
  out.reach(end);
  out.trailAt(end);
  out.endLine();
}

/** In v0 a set without `contains` cannot take `if`. */
const ifAllowed = (head: Head, style: RuleStyle): boolean =>
  style.useIf && (head.kind !== 'multi' || style.useContains);

function writeHead(out: Printer, rule: Rule, style: RuleStyle, bodiless: boolean): void {
  const { head } = rule;
  const { name, path, args, key, kind, span } = head;
  out.flushTo(out.row(rule.span.start));
  refuseInHead(out, rule);
  out.write(name);
  out.reach(head.nameSpan.end);
  const [only, second] = path;
  if (only?.kind === 'string' && second === undefined && !style.dottedHeads) {
    out.write(`[${JSON.stringify(only.value)}]`);
  } else for (const part of path) writePart(out, part);
  if (args !== undefined) {
    out.write('(');
    const start = path.at(-1)?.span.end ?? head.nameSpan.end;
    const end = head.value === undefined ? span.end : closingParen(out, args, start);
    writeLines(
      out,
      args,
      { start, end },
      (arg) => arg.span,
      (arg) => writeTerm(out, arg),
    );
    out.write(')');
  }
  if (kind === 'multi' && key !== undefined) writeKey(out, key, style);
  else writeAssignment(out, rule, style, bodiless);
}

/** Between the parts of a head there is no place for a comment; between arguments there may be. */
function refuseInHead(out: Printer, { head, span }: Rule): void {
  const { path, args = [], key, value } = head;
  const parts = [
    ...path,
    ...(key === undefined ? [] : [key]),
    ...(value === undefined ? [] : [value]),
  ];
  const [first] = args;
  const last = args.at(-1);
  const list =
    first === undefined || last === undefined
      ? []
      : [
          {
            start: path.at(-1)?.span.end ?? head.nameSpan.end,
            end: closingParen(out, args, last.span.end),
          },
        ];
  out.refuseComments({ start: span.start, end: head.span.end }, [
    ...parts.map((part) => part.span),
    ...list,
  ]);
}

/** Behind the `)` of a head's arguments. */
function closingParen(out: Printer, args: readonly Term[], start: number): number {
  const from = args.at(-1)?.span.end ?? start;
  const found = out.source.text.indexOf(')', from);
  return found === -1 ? from : found + 1;
}

function writeKey(out: Printer, key: Term, { useContains }: RuleStyle): void {
  if (useContains) {
    out.write(' contains ');
    if (key.kind === 'string' && !/["`]/.test(out.source.text.charAt(key.span.start))) {
      out.write(JSON.stringify(key.value));
    } else writeValue(out, key);
    return;
  }
  out.write('[');
  if (key.kind === 'string') out.write(JSON.stringify(key.value));
  else writeValue(out, key);
  out.write(']');
}

function writeAssignment(out: Printer, rule: Rule, style: RuleStyle, bodiless: boolean): void {
  const { value, assign, kind, path } = rule.head;
  const operator = assign === ':=' || style.v1 ? ':=' : '=';
  if (value === undefined) {
    // A bare function call says `true` by itself; anything else needs the word.
    const needed = rule.default || (bodiless && (kind === 'single' || rule.body !== undefined));
    if (needed) out.write(` ${operator} true`);
    return;
  }
  // `true` goes without saying where a body follows.
  const implied = value.kind === 'boolean' && value.value && !bodiless;
  const [key, more] = path;
  const keyed = key !== undefined && more === undefined && (!rule.hasIf || key.kind !== 'string');
  if (implied && !keyed) return;
  out.write(` ${operator} `);
  writeValue(out, value);
}

interface BodyPlace {
  readonly body: Body;
  /** Offset of `if` or `{`. */
  readonly start: number;
  readonly hasIf: boolean;
  /** `if` may be written. */
  readonly canIf: boolean;
}

/** Where the body begins: behind `if` where there is one, at the brace otherwise. */
function bodyStart(out: Printer, from: number, hasIf: boolean, body: Body): number {
  const first = body[0]?.span.start ?? from;
  const mark = hasIf ? 'if' : '{';
  const { text } = out.source;
  for (let at = from; at < first; at += 1) {
    if (text.startsWith(mark, at)) return at;
    if (text.charAt(at) === '#') at = text.indexOf('\n', at);
  }
  return from;
}

function writeRuleBody(out: Printer, { body, start, canIf }: BodyPlace): void {
  const [only, second] = body;
  if (canIf) out.write(' if');
  if (only === undefined) return;
  const inline = canIf && second === undefined && out.row(only.span.start) === out.row(start);
  if (inline && !looksLikeBody(only) && !out.hasCommentsIn({ start, end: only.span.start })) {
    out.write(' ');
    writeLiteral(out, only);
    return;
  }
  out.write(' {');
  out.trailAt(start);
  out.endLine();
  out.up();
  writeBody(out, body);
  const last = body.at(-1) ?? only;
  out.flushTo(out.row(closingBrace(out, last, start)));
  out.down();
  out.write('}');
}

/** A set alone behind `if` would be read as a body. */
const looksLikeBody = (literal: Literal): boolean =>
  literal.kind === 'expr' && literal.term.kind === 'set';

/** The offset of the `}` behind a body; its last literal where there is none. */
function closingBrace(out: Printer, { span }: Literal, start: number): number {
  const { text } = out.source;
  if (!text.slice(start, span.start).includes('{')) return span.end;
  for (let at = span.end; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '}') return at;
    if (char === '#') {
      const line = text.indexOf('\n', at);
      if (line === -1) break;
      at = line;
    } else if (!/[\s;)]/.test(char)) break;
  }
  return span.end;
}

/** The branches, each behind the brace before it or, as it stood, on a line of its own. */
function writeElse(out: Printer, first: Else, style: RuleStyle): void {
  for (let branch: Else | undefined = first; branch !== undefined; branch = branch.else) {
    const { value, assign, hasIf, span } = branch;
    const written = branch.body;
    const idle = written !== undefined && branch.else === undefined && saysTrue(written);
    const body = idle ? undefined : written;
    if (sharesLine(out, span.start) && out.text.endsWith('}')) out.write(' ');
    else {
      out.endLine();
      out.blankLine();
      out.flushTo(out.row(span.start));
    }
    out.write('else');
    if (value !== undefined) {
      out.write(assign === ':=' || style.v1 ? ' := ' : ' = ');
      writeValue(out, value);
    } else if (body === undefined) out.write(style.v1 ? ' := true' : ' = true');
    if (body !== undefined) {
      const start = bodyStart(out, value?.span.end ?? span.start, hasIf, body);
      writeRuleBody(out, { body, start, hasIf, canIf: style.useIf });
    }
    if (branch.else === undefined) endOfStatement(out, span.end);
  }
}

/** `} else`: something other than blanks stands before the `else` on its line. */
function sharesLine(out: Printer, offset: number): boolean {
  const { text } = out.source;
  const line = text.lastIndexOf('\n', offset) + 1;
  return text.slice(line, offset).trim() !== '';
}
