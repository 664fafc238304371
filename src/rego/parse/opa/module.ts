/** Modules of OPA's grammar, and reading on after an error. */
import type { Annotations, Body, Import, Module, Package, Rule } from '../../ast.ts';
import { attachAnnotations, readAnnotations } from '../../annotations.ts';
import { Tok } from '../../lexer.ts';
import type { Diagnostic, Source } from '../../source.ts';
import { parseQuery } from './bodies.ts';
import { parseImport, parsePackage, turnOnKeywords } from './imports.ts';
import { opaParseError, OpaParser } from './parser.ts';
import type { OpaSettings } from './parser.ts';
import { parseRules } from './rules.ts';
import type { ReadRule } from './rules.ts';
import { ruleOfBody, ruleOfHead, standsAlone } from './statements.ts';
import type { StatementOptions, StatementRule } from './statements.ts';
import { checkV1 } from './v1-checks.ts';

export interface OpaOptions extends OpaSettings, StatementOptions {
  readonly annotations: boolean;
}

export interface OpaResult {
  readonly module: Module | undefined;
  readonly errors: readonly Diagnostic[];
  readonly recovered: readonly Diagnostic[];
}

/** OPA reports no more than this many errors; neither do we add more by reading on. */
const MAX_ERRORS = 10;

interface Statements {
  readonly order: (Package | Import | ReadRule)[];
  readonly refused: Diagnostic[];
  v1: boolean;
}

/** module = package ( import | rule | statement )* ; OPA takes them in any order and checks afterwards */
export function parseOpaModule(source: Source, options: OpaOptions): OpaResult {
  const p = new OpaParser(source, options);
  if (options.version === 'v1') {
    for (const keyword of ['contains', 'every', 'if', 'in'] as const) p.addKeyword(keyword);
  }
  p.next();
  const read: Statements = { order: [], refused: [], v1: options.version === 'v1' };
  while (p.tok !== Tok.Eof) {
    p.forget();
    if (!parseStatement(p, read, options) || p.errors.length > 0) break;
  }
  const annotations = options.annotations ? readAnnotations(source, p.lex.comments) : undefined;
  const errors = [...p.errors, ...(annotations?.errors ?? [])];
  if (errors.length > 0) {
    return { module: undefined, errors, recovered: p.errors.length > 0 ? recover(p, options) : [] };
  }
  return assemble(p, read, annotations?.found ?? []);
}

/** One statement. False when nothing could be read. */
function parseStatement(p: OpaParser, read: Statements, options: StatementOptions): boolean {
  const before = p.checkpoint();
  const declared = parsePackage(p);
  if (declared !== undefined) return read.order.push(declared) > 0;
  if (p.errors.length > 0) return false;
  p.back(before);
  const imported = parseImport(p);
  if (imported !== undefined) {
    if (turnOnKeywords(p, imported)) read.v1 = true;
    return read.order.push(imported) > 0;
  }
  if (p.errors.length > 0) return false;
  p.back(before);
  const rules = parseRules(p);
  if (Array.isArray(rules)) return read.order.push(...rules) > 0;
  if (p.errors.length > 0) return false;
  if (rules !== undefined && 'bare' in rules && standsAlone(p, rules.bare)) {
    keep(read, ruleOfHead(rules.bare, options));
    return true;
  }
  p.back(before);
  const body = parseQuery(p, Tok.Eof, true);
  if (body === undefined) return false;
  keep(read, ruleOfBody(body, options));
  return true;
}

function keep(read: Statements, statement: StatementRule): void {
  if ('rule' in statement) read.order.push(statement);
  else read.refused.push(statement);
}

function assemble(p: OpaParser, read: Statements, annotations: readonly Annotations[]): OpaResult {
  const { source } = p;
  const whole = { source, start: 0, end: source.text.length };
  const fail = (errors: Diagnostic[]): OpaResult => ({ module: undefined, errors, recovered: [] });
  const [first, ...rest] = read.order;
  if (first === undefined && read.refused.length === 0) {
    return fail([opaParseError({ ...whole, end: 0 }, 'empty module', false)]);
  }
  const errors: Diagnostic[] = [];
  const declared =
    first !== undefined && 'kind' in first && first.kind === 'package' ? first : undefined;
  const earliestRefused = read.refused[0]?.span;
  const firstSpan =
    first === undefined ? earliestRefused : 'rule' in first ? first.rule.span : first.span;
  const startsWrong =
    declared === undefined ||
    (earliestRefused !== undefined && earliestRefused.start < declared.span.start);
  if (startsWrong) {
    const span =
      earliestRefused !== undefined &&
      firstSpan !== undefined &&
      earliestRefused.start < firstSpan.start
        ? earliestRefused
        : (firstSpan ?? whole);
    errors.push(opaParseError(span, 'package expected', false));
  }
  const imports: Import[] = [];
  const reads: ReadRule[] = [];
  const others: Diagnostic[] = [...read.refused];
  for (const statement of declared === undefined ? read.order : rest) {
    if ('rule' in statement) reads.push(statement);
    else if (statement.kind === 'import') imports.push(statement);
    else others.push(opaParseError(statement.span, 'unexpected package', false));
  }
  others.sort((a, b) => a.span.start - b.span.start);
  errors.push(...others.filter((error) => !(startsWrong && error.span === earliestRefused)));
  if (read.v1) for (const rule of reads) errors.push(...checkV1(rule));
  if (errors.length > 0 || declared === undefined) return fail(errors);
  const rules: Rule[] = reads.map((statement) => statement.rule);
  const attached = attachAnnotations(annotations, declared, imports, rules);
  if (attached.errors.length > 0) return fail(attached.errors);
  const module: Module = {
    package: attached.package,
    imports,
    rules: attached.rules,
    comments: commentsOf(p),
    annotations: attached.annotations,
    regoVersion: read.v1 ? 'v1' : 'v0',
    keywords: [...p.keywords],
    span: whole,
  };
  return { module, errors: [], recovered: [] };
}

function commentsOf(p: OpaParser): Module['comments'] {
  const { source } = p;
  const { comments } = p.lex;
  const found: Module['comments'][number][] = [];
  for (let i = 0; i < comments.length; i += 2) {
    const start = comments[i] ?? 0;
    let end = comments[i + 1] ?? start;
    if (source.text.charCodeAt(end - 1) === 13) end -= 1;
    found.push({ text: source.text.slice(start + 1, end), span: { source, start, end } });
  }
  return found;
}

/**
 * Reads on at the next line that starts in column 1 like a statement, again and again, for an editor
 * that wants more than the first error.
 */
function recover(p: OpaParser, options: OpaOptions): Diagnostic[] {
  const found: Diagnostic[] = [];
  const fresh = new OpaParser(p.source, { ...options, builder: undefined });
  for (const keyword of p.keywords) fresh.addKeyword(keyword);
  fresh.notBodies = p.notBodies;
  const starts = /\n(?=[A-Za-z_])/g;
  starts.lastIndex = Math.max(p.lex.start, p.errors.at(-1)?.span.start ?? 0);
  const discard: Statements = { order: [], refused: [], v1: false };
  for (let next = starts.exec(p.source.text); next !== null; next = starts.exec(p.source.text)) {
    fresh.forget();
    const at = next.index + 1;
    fresh.lex.reset({ tok: Tok.Eof, start: at, end: at, prevEnd: at, newline: true, comments: 0 });
    fresh.errors.length = 0;
    fresh.next();
    while (fresh.tok !== Tok.Eof && fresh.errors.length === 0) {
      if (!parseStatement(fresh, discard, options)) break;
    }
    const [error] = fresh.errors;
    if (error === undefined) break;
    found.push(error);
    if (found.length >= MAX_ERRORS) break;
    starts.lastIndex = Math.max(fresh.lex.start, error.span.start, at + 1);
  }
  return found;
}

/** A whole text as one body, for queries. */
export function parseOpaQuery(
  source: Source,
  options: OpaOptions,
): { body: Body | undefined; errors: readonly Diagnostic[] } {
  const p = new OpaParser(source, options);
  if (options.version === 'v1') {
    for (const keyword of ['contains', 'every', 'if', 'in'] as const) p.addKeyword(keyword);
  }
  p.next();
  const body: Body[number][] = [];
  while (p.tok !== Tok.Eof) {
    const part = parseQuery(p, Tok.Eof, true);
    if (part === undefined || p.errors.length > 0) break;
    body.push(...part);
  }
  return p.errors.length > 0 ? { body: undefined, errors: p.errors } : { body, errors: [] };
}
