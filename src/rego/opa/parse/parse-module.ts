/** Text to syntax tree in OPA's grammar. */
import type { ConstantTerm, ParseLimits, ParseOptions, Term } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import { DEFAULT_MAX_DEPTH, DEFAULT_MAX_EXPRESSION_DEPTH } from '../../parse/nodes.ts';
import type { ParseResult, QueryResult } from '../../parse/parse-module.ts';
import { illegalUtf8 } from '../../parse/strings.ts';
import { lineStarts } from '../../position.ts';
import type { Diagnostic, Source } from '../../source.ts';
import { parseArray, parseSetOrObject } from './collections.ts';
import { type OpaOptions, parseOpaModule, parseOpaQuery } from './module.ts';
import { OpaParser } from './parser.ts';

/** Ours: OPA itself has none. 16 MiB is what the agent allows. */
const DEFAULT_LIMITS: ParseLimits = {
  maxLength: 16 << 20,
  maxLines: Infinity,
  maxColumns: Infinity,
  maxDepth: DEFAULT_MAX_DEPTH,
  maxExpressionDepth: DEFAULT_MAX_EXPRESSION_DEPTH,
};

export function parseModule(source: Source, options: ParseOptions = {}): ParseResult {
  const invalid = checkText(source, options);
  return invalid === undefined
    ? { ...parseOpaModule(source, opaOptions(options)), warnings: [] }
    : { module: undefined, errors: [invalid], recovered: [], warnings: [] };
}

export function parseQuery(source: Source, options: ParseOptions = {}): QueryResult {
  const invalid = checkText(source, options);
  return invalid === undefined
    ? parseOpaQuery(source, opaOptions(options))
    : { body: undefined, errors: [invalid] };
}

/** The elements of a constant, parsed again from its place in the source. Inner constants expand too. */
export function expandConstant(term: ConstantTerm): Term {
  const { span } = term;
  const { source, start } = span;
  const p = new OpaParser(source, opaOptions({}));
  p.lex.reset({ tok: Tok.Eof, start, end: start, prevEnd: start, newline: false, comments: 0 });
  p.next();
  // `set()` is the one constant without a bracket.
  if (p.tok !== Tok.LBrack && p.tok !== Tok.LBrace) return { kind: 'set', items: [], span };
  return (p.tok === Tok.LBrack ? parseArray(p) : parseSetOrObject(p)) ?? term;
}

function checkText(source: Source, options: ParseOptions): Diagnostic | undefined {
  const { text } = source;
  const { maxLength, maxLines } = limitsOf(options);
  const refuse = (message: string, hint: string): Diagnostic => ({
    severity: 'error',
    code: 'rego_parse_error',
    message,
    span: { source, start: 0, end: Math.min(1, text.length) },
    details: [],
    hint,
  });
  if (text.length > maxLength) {
    return refuse(
      `policy text has ${text.length} characters, limit is ${maxLength}`,
      'Move large data out of the policy.',
    );
  }
  const lines = maxLines === Infinity ? 0 : lineStarts(source).length;
  if (lines > maxLines) {
    return refuse(
      `policy text has ${lines} lines, limit is ${maxLines}`,
      'Split the policy into modules.',
    );
  }
  return illegalUtf8(source);
}

const limitsOf = ({ limits }: ParseOptions): ParseLimits => ({ ...DEFAULT_LIMITS, ...limits });

function opaOptions(options: ParseOptions): OpaOptions {
  return {
    version: options.regoVersion ?? 'v1',
    builder: options.builder,
    maxDepth: limitsOf(options).maxDepth,
    annotations: options.annotations ?? true,
    isBuiltin: options.isBuiltin ?? ((): boolean => false),
  };
}
