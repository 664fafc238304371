/** Text to syntax tree: picks the engine's grammar and turns what went wrong into diagnostics. */
import type { Body, Module, ParseLimits, ParseOptions } from '../ast.ts';
import { opaDialect } from '../opa-dialect.ts';
import { opaExcerpt, regorusMessage, regorusPosition } from '../position.ts';
import type { Diagnostic, Source } from '../source.ts';
import { DEFAULT_MAX_DEPTH, DEFAULT_MAX_EXPRESSION_DEPTH } from './nodes.ts';
import { RegorusSyntaxError } from './regorus/failure.ts';
import { openRegorusParser, parseRegorusModule } from './regorus/module.ts';
import type { RegorusParser, RegorusWarning } from './regorus/parser.ts';
import { parseUserQuery } from './regorus/query.ts';
import { illegalUtf8 } from './strings.ts';

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

/** The agent raises regorus' own 1024 columns, 1 MiB and 20,000 lines to these. */
const DEFAULT_LIMITS: ParseLimits = {
  maxLength: 16 << 20,
  maxLines: 200_000,
  maxColumns: 65_536,
  maxDepth: DEFAULT_MAX_DEPTH,
  maxExpressionDepth: DEFAULT_MAX_EXPRESSION_DEPTH,
};

/** Parses one module in the grammar of `options.engine`. */
export function parseModule(source: Source, options: ParseOptions = {}): ParseResult {
  if (options.engine !== 'regorus') return opaDialect().parseModule(source, options);
  const invalid = illegalUtf8(source);
  return invalid === undefined
    ? parseRegorus(source, options)
    : { module: undefined, errors: [invalid], recovered: [], warnings: [] };
}

/** Parses a query: literals separated by `;` or newlines. */
export function parseQuery(source: Source, options: ParseOptions = {}): QueryResult {
  if (options.engine !== 'regorus') return opaDialect().parseQuery(source, options);
  const invalid = illegalUtf8(source);
  if (invalid !== undefined) return { body: undefined, errors: [invalid] };
  const read = caught(source, () => parseUserQuery(openRegorus(source, options)));
  return read.ok ? { body: read.value, errors: [] } : { body: undefined, errors: [read.error] };
}

function openRegorus(source: Source, options: ParseOptions): RegorusParser {
  const v1 = (options.regoVersion ?? 'v1') === 'v1';
  const { builder, elseOnSets = false } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  return openRegorusParser(source, { v1, limits, builder, elseOnSets });
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
