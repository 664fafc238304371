/** Text to syntax tree: picks the engine's grammar and turns what went wrong into diagnostics. */
import type {
  Body,
  ConstantTerm,
  Engine,
  Module,
  ParseLimits,
  ParseOptions,
  Term,
} from '../ast.ts';
import { Tok } from '../lexer.ts';
import { regorusMessage, regorusPosition, lineStarts, opaExcerpt } from '../position.ts';
import type { Diagnostic, Source } from '../source.ts';
import { DEFAULT_MAX_DEPTH, DEFAULT_MAX_EXPRESSION_DEPTH } from './nodes.ts';
import { parseArray, parseSetOrObject } from '../opa/parse/collections.ts';
import { type OpaOptions, parseOpaModule, parseOpaQuery } from '../opa/parse/module.ts';
import { OpaParser } from '../opa/parse/parser.ts';

import { RegorusSyntaxError } from './regorus/failure.ts';
import { openRegorusParser, parseRegorusModule } from './regorus/module.ts';
import type { RegorusParser, RegorusWarning } from './regorus/parser.ts';
import { parseUserQuery } from './regorus/query.ts';
import { parseBrace, parseBracket } from './regorus/terms.ts';
import { findLoneSurrogate } from './strings.ts';

export interface ParseResult {
  /** Absent when there are errors. */
  readonly module: Module | undefined;
  /** The engine's own errors, in its order; the first one decides. */
  readonly errors: readonly Diagnostic[];
  /** Further errors found by reading on after the first faulty statement. Ours, not the engine's. */
  readonly recovered: readonly Diagnostic[];
  /** What the engine says or should have said, without refusing the text. */
  readonly warnings: readonly Diagnostic[];
}

export interface QueryResult {
  readonly body: Body | undefined;
  readonly errors: readonly Diagnostic[];
}

/** 16 MiB is what the agent allows; lines and columns have no limit in OPA. */
const DEFAULT_LIMITS: Readonly<Record<Engine, ParseLimits>> = {
  opa: {
    maxLength: 16 << 20,
    maxLines: Infinity,
    maxColumns: Infinity,
    maxDepth: DEFAULT_MAX_DEPTH,
    maxExpressionDepth: DEFAULT_MAX_EXPRESSION_DEPTH,
  },
  regorus: {
    maxLength: 16 << 20,
    maxLines: 200_000,
    maxColumns: 65_536,
    maxDepth: DEFAULT_MAX_DEPTH,
    maxExpressionDepth: DEFAULT_MAX_EXPRESSION_DEPTH,
  },
};

/** Parses one module in the grammar of `options.engine`. */
export function parseModule(source: Source, options: ParseOptions = {}): ParseResult {
  const invalid = checkText(source, options);
  if (invalid !== undefined) {
    return { module: undefined, errors: [invalid], recovered: [], warnings: [] };
  }
  if (options.engine === 'regorus') return parseRegorus(source, options);
  return { ...parseOpaModule(source, opaOptions(options)), warnings: [] };
}

/** Parses a query: literals separated by `;` or newlines. */
export function parseQuery(source: Source, options: ParseOptions = {}): QueryResult {
  const invalid = checkText(source, options);
  if (invalid !== undefined) return { body: undefined, errors: [invalid] };
  if (options.engine !== 'regorus') return parseOpaQuery(source, opaOptions(options));
  const read = caught(source, () => parseUserQuery(openRegorus(source, options)));
  return read.ok ? { body: read.value, errors: [] } : { body: undefined, errors: [read.error] };
}

/** The elements of a constant, parsed again from its place in the source. Inner constants expand too. */
export function expandConstant(term: ConstantTerm, options: ParseOptions = {}): Term {
  const { span } = term;
  const { source, start } = span;
  const { builder: _builder, ...rest } = options;
  const place = { tok: Tok.Eof, start, end: start, prevEnd: start, newline: false, comments: 0 };
  const isRegorus = options.engine === 'regorus';
  const p = isRegorus ? openRegorus(source, rest) : new OpaParser(source, opaOptions(rest));
  p.lex.reset(place);
  p.next();
  // `set()` is the one constant without a bracket.
  if (p.tok !== Tok.LBrack && p.tok !== Tok.LBrace) return { kind: 'set', items: [], span };
  const isArray = p.tok === Tok.LBrack;
  if (p instanceof OpaParser) return (isArray ? parseArray(p) : parseSetOrObject(p)) ?? term;
  return isArray ? parseBracket(p) : parseBrace(p);
}

/** What neither engine is ever asked to read: OPA's limits are ours, the guest checks its own. */
function checkText(source: Source, options: ParseOptions): Diagnostic | undefined {
  const { text } = source;
  const { maxLength, maxLines } = limitsOf(options);
  const refuse = (start: number, message: string, hint: string): Diagnostic => ({
    severity: 'error',
    code: 'rego_parse_error',
    message,
    span: { source, start, end: Math.min(start + 1, text.length) },
    details: [],
    hint,
  });
  if (options.engine !== 'regorus' && text.length > maxLength) {
    const words = `policy text has ${text.length} characters, limit is ${maxLength}`;
    return refuse(0, words, 'Move large data out of the policy.');
  }
  if (
    options.engine !== 'regorus' &&
    maxLines !== Infinity &&
    lineStarts(source).length > maxLines
  ) {
    const words = `policy text has ${lineStarts(source).length} lines, limit is ${maxLines}`;
    return refuse(0, words, 'Split the policy into modules.');
  }
  const lone = findLoneSurrogate(text);
  if (source.invalidUtf8 !== true && lone === -1) return undefined;
  const at = lone === -1 ? Math.max(0, text.indexOf('\ufffd')) : lone;
  return refuse(at, 'illegal utf-8 character', 'Save the policy as UTF-8.');
}

const limitsOf = ({ engine = 'opa', limits }: ParseOptions): ParseLimits => ({
  ...DEFAULT_LIMITS[engine],
  ...limits,
});

function opaOptions(options: ParseOptions): OpaOptions {
  return {
    version: options.regoVersion ?? 'v1',
    builder: options.builder,
    maxDepth: limitsOf(options).maxDepth,
    annotations: options.annotations ?? true,
    isBuiltin: options.isBuiltin ?? ((): boolean => false),
  };
}

function openRegorus(source: Source, options: ParseOptions): RegorusParser {
  const v1 = (options.regoVersion ?? 'v1') === 'v1';
  const { builder, elseOnSets = false } = options;
  return openRegorusParser(source, { v1, limits: limitsOf(options), builder, elseOnSets });
}

function parseRegorus(source: Source, options: ParseOptions): ParseResult {
  let opened: RegorusParser | undefined;
  const read = caught(source, () => {
    opened = openRegorus(source, options);
    return parseRegorusModule(opened);
  });
  const warnings = (opened?.warnings ?? []).map((warning) => warningOf(source, warning));
  return read.ok
    ? { module: read.value, errors: [], recovered: [], warnings }
    : { module: undefined, errors: [read.error], recovered: [], warnings };
}

type Caught<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Diagnostic };

function caught<T>(source: Source, read: () => T): Caught<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (!(error instanceof RegorusSyntaxError)) throw error;
    const { offset, message, full } = error;
    const span = { source, start: offset, end: Math.min(offset + 1, source.text.length) };
    const diagnostic: Diagnostic = {
      severity: 'error',
      code: 'rego_parse_error',
      message,
      span,
      details: opaExcerpt(source, offset),
      regorusText: full,
    };
    return { ok: false, error: diagnostic };
  }
}

/** The engine reads on with the keyword as a name. For `if` that can turn a denial into an allow. */
function warningOf(source: Source, { offset, keyword, words }: RegorusWarning): Diagnostic {
  const trap =
    keyword === 'if'
      ? ' The rule before it has no body here and always holds; what follows is another rule.'
      : '';
  return {
    severity: 'warning',
    code: 'rego_parse_error',
    message: words,
    span: { source, start: offset, end: offset + keyword.length },
    details: opaExcerpt(source, offset),
    hint: `Add \`import rego.v1\` below the package, which works on every release.${trap}`,
    regorusText: regorusMessage(source, regorusPosition(source, offset), 'warning', words),
  };
}
