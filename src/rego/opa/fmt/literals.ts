/** Literals and bodies in canonical form. */
import type {
  Body,
  Every,
  ExprLiteral,
  Literal,
  NotBody,
  SomeDecl,
  SomeIn,
  Term,
  With,
} from '../../ast.ts';
import { type Printer, Unplaceable } from './printer.ts';
import { groupByRow, isInfix, isUnion, writeInfix, writeOperand, writeTerm } from './terms.ts';

/** The lines of a body, with one empty line between literals that do not follow each other directly. */
export function writeBody(out: Printer, body: Body): void {
  let last: Literal | undefined;
  for (const [i, literal] of body.entries()) {
    const row = out.row(literal.span.start);
    // Comments in between count as lines: the first of them gets the empty line.
    if (last !== undefined && row > out.row(last.span.end - 1) + 1) out.blankLine();
    out.flushTo(row);
    writeLiteral(out, literal);
    // A minus at the start of the next line would go on with this one.
    const next = body[i + 1];
    if (next?.kind === 'expr' && !next.negated && startsWithMinus(next.term)) out.write(';');
    out.trailAt(literal.span.end);
    out.endLine();
    last = literal;
  }
}

function startsWithMinus(term: Term): boolean {
  if (term.kind === 'number') return term.text.startsWith('-');
  if (term.kind !== 'call') return false;
  const [first] = term.args;
  return term.unary === true || (isInfix(term) && first !== undefined && startsWithMinus(first));
}

/** A literal, or its source text where a comment leaves no other way. */
export function writeLiteral(out: Printer, literal: Literal): void {
  const before = out.snapshot();
  try {
    writeKind(out, literal);
    writeWiths(out, literal);
    if (out.hasCommentsIn(literal.span)) throw new Unplaceable();
  } catch (error) {
    if (!(error instanceof Unplaceable)) throw error;
    out.restore(before);
    out.verbatim(literal.span);
  }
}

function writeKind(out: Printer, literal: Literal): void {
  switch (literal.kind) {
    case 'expr':
      writeExpr(out, literal);
      return;
    case 'some':
      writeSome(out, literal);
      return;
    case 'some-in':
      writeSomeIn(out, literal);
      return;
    case 'every':
      writeEvery(out, literal);
      return;
    case 'not-body':
      writeNot(out, literal);
  }
}

function writeExpr(out: Printer, { negated, term }: ExprLiteral): void {
  if (negated) out.write('not ');
  // At the start of a body a bare union would be read as a comprehension.
  if (isUnion(term)) writeOperand(out, term, true);
  else if (isInfix(term)) writeInfix(out, term, false);
  else writeTerm(out, term);
}

/** `some a, b`, on as many lines as it had. */
function writeSome(out: Printer, { vars }: SomeDecl): void {
  out.write('some ');
  const lines = groupByRow(out, vars, ({ span }) => span.start);
  lines.forEach((line, i) => {
    if (i > 0) {
      out.write(',');
      out.endLine();
      out.write('\t');
    }
    out.write(line.map(({ name }) => name).join(', '));
    out.reach(line.at(-1)?.span.end ?? 0);
  });
}

function writeSomeIn(out: Printer, { key, value, domain }: SomeIn): void {
  out.write('some ');
  if (key !== undefined) {
    writeOperand(out, key, true);
    out.write(', ');
  }
  writeOperand(out, value, true);
  out.write(' in ');
  writeOperand(out, domain, true);
}

function writeEvery(out: Printer, { key, value, domain, body, span }: Every): void {
  out.write('every ');
  if (key !== undefined) out.write(`${key.name}, `);
  out.write(`${value.name} in `);
  out.reach(value.span.end);
  writeOperand(out, domain, isInfix(domain) && domain.infix === 'in');
  out.write(' {');
  writeBlock(out, body, { start: domain.span.end, end: blockEnd(span.end, body, out) }, true);
  out.write('}');
}

function writeNot(out: Printer, { explicit, body, span }: NotBody): void {
  out.write('not ');
  const [only] = body;
  if (!explicit && only !== undefined) {
    writeLiteral(out, only);
    return;
  }
  out.write('{');
  writeBlock(out, body, { start: span.start, end: blockEnd(span.end, body, out) }, true);
  out.write('}');
}

/** The offset behind the closing brace; modifiers may follow it. */
function blockEnd(end: number, body: Body, out: Printer): number {
  const last = body.at(-1);
  if (last === undefined) return end;
  const { text } = out.source;
  for (let at = last.span.end; at < end; at += 1) {
    const char = text.charAt(at);
    if (char === '}') return at + 1;
    if (char === '#') {
      const line = text.indexOf('\n', at);
      at = line === -1 ? end : line;
    }
  }
  return end;
}

/**
 * The inside of `{ ... }` or of a comprehension after its bar: on one line if it was, on lines of its
 * own otherwise. `spaced` puts a blank before the closing brace of a one-line block.
 */
export function writeBlock(
  out: Printer,
  body: Body,
  place: { readonly start: number; readonly end: number },
  spaced: boolean,
): void {
  const [first] = body;
  if (first === undefined) return;
  const startRow = out.row(place.start);
  const lines = groupByRow(out, body, ({ span }) => span.start);
  if (lines.length > 1 || out.row(first.span.start) > startRow) {
    out.trailAt(place.start);
    out.endLine();
    out.up();
    writeBody(out, body);
    out.flushTo(out.row(place.end - 1));
    out.down();
    return;
  }
  body.forEach((literal, i) => {
    out.write(i === 0 ? ' ' : '; ');
    writeLiteral(out, literal);
  });
  // Source: OPA v1/format/format.go, writeExpr: the blank is for a single expression only.
  if (spaced && body.length === 1) out.write(' ');
}

/** The first `with` stays on the line if it stood there; later rows are indented. */
function writeWiths(out: Printer, literal: Literal): void {
  const [first] = literal.with;
  if (first === undefined) return;
  let row = out.row(endOfTerms(out, first));
  let indented = false;
  for (const modifier of literal.with) {
    const next = out.row(modifier.span.start);
    if (next > row) {
      out.endLine();
      if (!indented) out.up();
      indented = true;
      out.flushTo(next);
    } else out.write(' ');
    writeWith(out, modifier);
    row = out.row(modifier.span.end);
  }
  if (indented) out.down();
}

/** Where what stands before the first `with` ends. */
function endOfTerms(out: Printer, { span }: With): number {
  let at = span.start - 1;
  while (at > 0 && /\s/.test(out.source.text.charAt(at))) at -= 1;
  return at;
}

function writeWith(out: Printer, { target, value }: With): void {
  out.write('with ');
  writeTerm(out, target);
  out.write(' as ');
  writeTerm(out, value);
}

/** A term as the value of a head or an else branch. */
export function writeValue(out: Printer, value: Term): void {
  writeOperand(out, value, false);
}
