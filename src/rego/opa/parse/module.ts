/** Modules and queries of OPA's grammar, and reading on after an error. */
import { readAnnotations } from '../annotations.ts';
import type { Body, Module } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import type { Diagnostic, Source } from '../../source.ts';
import { assemble, type Statements } from './assemble.ts';
import { parseQuery } from './bodies.ts';
import { parseImport, parsePackage, turnOnKeywords } from './imports.ts';
import { OpaParser, type OpaSettings } from './parser.ts';
import { parseRules } from './rules.ts';
import { ruleOfBody, ruleOfHead, standsAlone, type StatementOptions } from './statements.ts';

export interface OpaOptions extends OpaSettings, StatementOptions {
  readonly annotations: boolean;
}

export interface OpaResult {
  readonly module: Module | undefined;
  readonly errors: readonly Diagnostic[];
  readonly recovered: readonly Diagnostic[];
}

/** OPA shows no more errors than this; neither do we add more by reading on. */
const MAX_RECOVERED = 10;

const V1_KEYWORDS = ['contains', 'every', 'if', 'in'] as const;

function openOpaParser(source: Source, options: OpaOptions): OpaParser {
  const p = new OpaParser(source, options);
  if (options.version === 'v1') for (const keyword of V1_KEYWORDS) p.addKeyword(keyword);
  p.next();
  return p;
}

/** module = package ( import | rule | statement )* ; taken in any order and checked afterwards */
export function parseOpaModule(source: Source, options: OpaOptions): OpaResult {
  const p = openOpaParser(source, options);
  const read: Statements = { order: [], v1: options.version === 'v1' };
  while (p.tok !== Tok.Eof) {
    if (!parseStatement(p, read, options) || p.errors.length > 0) break;
  }
  const annotations = options.annotations
    ? readAnnotations(source, p.lex.comments)
    : { found: [], errors: [] };
  if (p.errors.length > 0 || annotations.errors.length > 0) {
    const errors = [...p.errors, ...annotations.errors];
    return { module: undefined, errors, recovered: p.errors.length > 0 ? recover(p, options) : [] };
  }
  return { ...assemble(p, read, annotations.found), recovered: [] };
}

/** statement = package | import | rule | body . False when nothing could be read. */
function parseStatement(p: OpaParser, read: Statements, options: StatementOptions): boolean {
  p.forget();
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
    return read.order.push(ruleOfHead(rules.bare, options)) > 0;
  }
  p.back(before);
  const body = parseQuery(p, Tok.Eof, true);
  return body !== undefined && read.order.push(ruleOfBody(body, options)) > 0;
}

/**
 * Reads on at the next line that starts in column 1 like a statement, again and again, for an editor
 * that wants more than the first error.
 */
function recover(p: OpaParser, options: OpaOptions): Diagnostic[] {
  const { text } = p.source;
  const found: Diagnostic[] = [];
  const fresh = new OpaParser(p.source, { ...options, builder: undefined });
  for (const keyword of p.keywords) fresh.addKeyword(keyword);
  fresh.notBodies = p.notBodies;
  const discard: Statements = { order: [], v1: false };
  const starts = /\n(?=[A-Za-z_])/g;
  starts.lastIndex = Math.max(p.lex.start, p.errors.at(-1)?.span.start ?? 0);
  for (let next = starts.exec(text); next !== null; next = starts.exec(text)) {
    const at = next.index + 1;
    fresh.back({
      mark: { tok: Tok.Eof, start: at, end: at, prevEnd: at, newline: true, comments: 0 },
      errors: 0,
      hints: [],
    });
    fresh.next();
    while (fresh.tok !== Tok.Eof && fresh.errors.length === 0) {
      if (!parseStatement(fresh, discard, options)) break;
    }
    const [error] = fresh.errors;
    if (error === undefined) break;
    found.push(error);
    if (found.length >= MAX_RECOVERED) break;
    starts.lastIndex = Math.max(fresh.lex.start, error.span.start, at + 1);
  }
  return found;
}

export interface OpaQuery {
  readonly body: Body | undefined;
  readonly errors: readonly Diagnostic[];
}

/** query = literal ( ( ";" | newline ) literal )* */
export function parseOpaQuery(source: Source, options: OpaOptions): OpaQuery {
  const p = openOpaParser(source, options);
  const body: Body[number][] = [];
  while (p.tok !== Tok.Eof) {
    p.forget();
    const part = parseQuery(p, Tok.Eof, true);
    if (part === undefined || p.errors.length > 0) break;
    body.push(...part);
  }
  return p.errors.length > 0 ? { body: undefined, errors: p.errors } : { body, errors: [] };
}
