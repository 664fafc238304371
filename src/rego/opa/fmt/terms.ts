/** Terms in canonical form. */
import type { CallTerm, RefTerm, StringTerm, Term } from '../../ast.ts';
import { writeBlock } from './literals.ts';
import { type Place, type Printer, Unplaceable } from './printer.ts';

/** A term, or its source text where a comment leaves no other way. */
export function writeTerm(out: Printer, term: Term): void {
  writeOperand(out, term, false);
}

/** The same in parentheses if it is an infix expression. */
export function writeOperand(out: Printer, term: Term, parens: boolean): void {
  if (!out.hasCommentsIn(term.span)) {
    write(out, term, parens);
    return;
  }
  const before = out.snapshot();
  try {
    write(out, term, parens);
  } catch (error) {
    if (!(error instanceof Unplaceable)) throw error;
    out.restore(before);
    const inParens = parens && isInfix(term);
    if (inParens) out.write('(');
    out.verbatim(term.span);
    if (inParens) out.write(')');
  }
}

export const isInfix = (term: Term): term is CallTerm =>
  term.kind === 'call' && term.infix !== undefined && term.unary !== true;

function write(out: Printer, term: Term, parens: boolean): void {
  writeKind(out, term, parens);
  out.reach(term.span.end);
}

function writeKind(out: Printer, term: Term, parens: boolean): void {
  switch (term.kind) {
    case 'null':
      out.write('null');
      return;
    case 'boolean':
      out.write(String(term.value));
      return;
    case 'number':
      out.write(term.text);
      return;
    case 'string':
      writeString(out, term);
      return;
    case 'var':
      out.write(term.name);
      return;
    case 'ref':
      writeRef(out, term);
      return;
    case 'call':
      writeCall(out, term, parens);
      return;
    case 'array':
      out.write('[');
      writeItems(out, term.items, term.span, true);
      out.write(']');
      return;
    case 'set':
      writeSet(out, term);
      return;
    case 'object':
      writeObject(out, term);
      return;
    case 'comprehension':
      writeComprehension(out, term);
      return;
    case 'template':
    case 'constant':
    case 'unary':
      // Templates keep their text; the other two do not occur in what the formatter parses.
      out.verbatim(term.span);
  }
}

/** Strings keep their spelling, raw or quoted; names become quoted strings in brackets. */
function writeString(out: Printer, { value, span }: StringTerm): void {
  const first = span.source.text.charAt(span.start);
  if (first === '"' || first === '`') out.verbatim(span);
  else out.write(JSON.stringify(value));
}

const KEYWORD =
  /^(?:not|package|import|as|default|else|with|null|true|false|some|if|contains|in|every)$/;

/** ".name" where the part is a plain name, brackets otherwise. Quoted keywords stay quoted. */
export function writePart(out: Printer, part: Term): void {
  if (part.kind === 'string' && /^[A-Za-z_]\w*$/.test(part.value)) {
    const quoted = /["`]/.test(part.span.source.text.charAt(part.span.start));
    if (!quoted || !KEYWORD.test(part.value)) {
      out.write(`.${part.value}`);
      out.reach(part.span.end);
      return;
    }
  }
  out.write('[');
  if (part.kind === 'string') out.write(JSON.stringify(part.value));
  else writeTerm(out, part);
  out.write(']');
  out.reach(part.span.end);
}

function writeRef(out: Printer, { head, path, span }: RefTerm): void {
  out.refuseComments(span, [head.span, ...path.map((part) => part.span)]);
  writeOperand(out, head, true);
  for (const part of path) writePart(out, part);
}

function writeCall(out: Printer, term: CallTerm, parens: boolean): void {
  const [left, right, third] = term.args;
  if (term.unary === true && right !== undefined) {
    out.write('-');
    writeTerm(out, right);
    return;
  }
  if (!isInfix(term) || left === undefined || right === undefined) {
    writePlainCall(out, term);
    return;
  }
  const inParens = parens || third !== undefined;
  if (inParens) out.write('(');
  writeInfix(out, term, true);
  if (inParens) out.write(')');
}

/** An infix expression without parentheses around it; its operands get theirs if they are nested. */
export function writeInfix(out: Printer, term: CallTerm, nested: boolean): void {
  const [first, second, third] = term.args;
  if (first === undefined || second === undefined) return;
  out.refuseComments(
    term.span,
    term.args.map((arg) => arg.span),
  );
  // The operands of a comparison that is a whole literal read well without parentheses.
  const parens = nested || term.infix === 'in' || strongerNeeded(term);
  // `in` groups to the left.
  const chained =
    third === undefined && term.infix === 'in' && isInfix(first) && first.infix === 'in';
  if (chained && first.args.length === 2) writeOperand(out, first, false);
  else writeOperand(out, first, parens || isUnion(first));
  out.write(third === undefined ? ` ${term.infix ?? ''} ` : ', ');
  writeOperand(out, second, parens);
  if (third === undefined) return;
  out.write(' in ');
  writeOperand(out, third, parens);
}

/** Arithmetic and set operators, and comparisons of comparisons, need parentheses to keep their tree. */
function strongerNeeded({ infix, args }: CallTerm): boolean {
  if (infix === ':=' || infix === '=') return false;
  if (infix !== undefined && /^[=!<>]=?$/.test(infix)) {
    return args.some(
      (arg) => isInfix(arg) && (arg.infix === 'in' || /^[=!<>]=?$/.test(arg.infix ?? '')),
    );
  }
  return true;
}

function writePlainCall(out: Printer, { name, callee, args, span }: CallTerm): void {
  if (callee === undefined) out.write(name);
  else writeOperand(out, callee, true);
  out.write('(');
  const start = callee?.span.end ?? span.start;
  writeItems(out, args, { ...span, start }, false);
  out.write(')');
}

function writeSet(out: Printer, { items, span }: Term & { kind: 'set' }): void {
  if (items.length === 0) {
    out.write('set()');
    return;
  }
  out.write('{');
  writeItems(out, items, span, true);
  out.write('}');
}

/** Groups items by source row: what stood on one line stays on one line. */
export function groupByRow<T>(
  out: Printer,
  items: readonly T[],
  startOf: (item: T) => number,
): T[][] {
  const lines: T[][] = [];
  let row = -1;
  for (const item of items) {
    const next = out.row(startOf(item));
    const line = lines.at(-1);
    if (line === undefined || next > row) lines.push([item]);
    else line.push(item);
    row = next;
  }
  return lines;
}

/** Comma-separated items on one line, or on lines of their own with a comma after the last. */
export function writeLines<T>(
  out: Printer,
  items: readonly T[],
  place: Place,
  spanOf: (item: T) => Place,
  writeItem: (item: T) => void,
): void {
  const startOf = (item: T): number => spanOf(item).start;
  const [first] = items;
  if (first === undefined) {
    if (out.hasCommentsIn(place)) throw new Unplaceable();
    return;
  }
  const lines = groupByRow(out, items, startOf);
  const spread = lines.length > 1 || out.row(startOf(first)) > out.row(place.start);
  if (!spread) {
    out.refuseComments(place, items.map(spanOf));
    items.forEach((item, i) => {
      if (i > 0) out.write(', ');
      writeItem(item);
    });
    return;
  }
  out.trailAt(place.start);
  out.endLine();
  out.up();
  for (const line of lines) {
    const [head] = line;
    if (head !== undefined) out.flushTo(out.row(startOf(head)));
    line.forEach((item, i) => {
      if (i > 0) out.write(' ');
      writeItem(item);
      out.write(',');
    });
    out.endLine();
  }
  out.flushTo(out.row(place.end - 1));
  out.down();
}

/** Items of a collection or arguments of a call. In brackets a union after `(` keeps its parentheses. */
function writeItems(out: Printer, items: readonly Term[], place: Place, bracketed: boolean): void {
  writeLines(
    out,
    items,
    place,
    (item) => item.span,
    (item) => writeOperand(out, item, bracketed && isUnion(item)),
  );
}

/** Before a bar a bare union would be read as a comprehension. */
export const isUnion = (term: Term): boolean => isInfix(term) && term.infix === '|';

function writeObject(out: Printer, { keys, values, span }: Term & { kind: 'object' }): void {
  const pairs = keys.map((key, i) => ({ key, value: values[i] ?? key }));
  out.write('{');
  writeLines(
    out,
    pairs,
    span,
    ({ key, value }) => ({ start: key.span.start, end: value.span.end }),
    ({ key, value }) => {
      writeOperand(out, key, isUnion(key));
      out.write(': ');
      out.refuseComments({ start: key.span.end, end: value.span.start }, []);
      writeOperand(out, value, isUnion(value));
    },
  );
  out.write('}');
}

function writeComprehension(out: Printer, term: Term & { kind: 'comprehension' }): void {
  const { shape, key, value, body, span } = term;
  const [open, close] = shape === 'array' ? ['[', ']'] : ['{', '}'];
  const first = key ?? value;
  if (key !== undefined) out.refuseComments({ start: key.span.end, end: value.span.start }, []);
  out.write(open);
  const ownLine = out.row(first.span.start) > out.row(span.start);
  if (ownLine) {
    out.trailAt(span.start);
    out.endLine();
    out.up();
    out.flushTo(out.row(first.span.start));
  }
  if (key !== undefined) {
    writeOperand(out, key, isUnion(key));
    out.write(': ');
  }
  // Only a single term may stand before the bar.
  writeOperand(out, value, true);
  out.write(' |');
  writeBlock(out, body, { start: value.span.end, end: span.end }, false);
  if (ownLine) out.down();
  out.write(close);
}
