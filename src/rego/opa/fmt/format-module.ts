/**
 * The canonical form of a module, as `opa fmt` has it: tabs, one blank line between rules, sorted
 * imports, one item per line where the source had them so. Comments are kept. Formatting twice
 * changes nothing, and the result means what the source meant.
 *
 * We differ from OPA on purpose in a few places: `-x` stays `-x`, template strings keep their text,
 * `x in (y in z)` keeps its parentheses, repeated members of sets and objects stay.
 * `f() := 1` keeps its parentheses, too: without them it is another rule.
 */
import type { Import, Module, RegoVersion, Rule } from '../../ast.ts';
import { parseModule } from '../parse/parse-module.ts';
import type { Diagnostic, Source } from '../../source.ts';
import { Printer } from './printer.ts';
import { type RuleStyle, writeRule } from './rules.ts';
import { writePart } from './terms.ts';

export interface FormatOptions {
  /** The dialect of the text. Default `v1`. */
  readonly regoVersion?: RegoVersion;
  /** The dialect to write; `v0v1` is v1 spelling under `import rego.v1`. Default: that of the text. */
  readonly target?: RegoVersion | 'v0v1';
  /** Leave out imports that v1 does not need. */
  readonly dropV0Imports?: boolean;
}

export type FormatResult =
  | { readonly text: string; readonly errors: readonly [] }
  | { readonly text: undefined; readonly errors: readonly Diagnostic[] };

export function formatModule(source: Source, options: FormatOptions = {}): FormatResult {
  const { regoVersion = 'v1', target = regoVersion, dropV0Imports = false } = options;
  const { module, errors } = parseModule(source, { regoVersion });
  if (module === undefined) return { text: undefined, errors };
  const imports = targetImports(module, target, dropV0Imports);
  const out = new Printer(source, module.comments);
  writePackage(out, module);
  writeStatements(out, module, imports, styleOf(module, target));
  out.flushAll();
  return { text: `${out.text.trimEnd()}\n`, errors: [] };
}

function styleOf(module: Module, target: RegoVersion | 'v0v1'): RuleStyle {
  const v1 = target !== 'v0' || module.regoVersion === 'v1';
  const has = (keyword: 'if' | 'contains'): boolean => v1 || module.keywords.includes(keyword);
  const dottedHeads = module.rules.some(
    ({ head: { kind, path } }) => path.length > 1 || (kind === 'multi' && path.length === 1),
  );
  return { v1, useIf: has('if'), useContains: has('contains'), dottedHeads };
}

function writePackage(out: Printer, { package: declared }: Module): void {
  const [name = '', ...rest] = declared.path;
  out.flushTo(out.row(declared.span.start));
  out.write(`package ${name}`);
  const { span } = declared;
  for (const value of rest)
    writePart(out, { kind: 'string', value, raw: false, span: partSpan(out, span.end, value) });
  out.reach(span.end);
  out.trailAt(span.end);
  out.blankLine();
}

/** A span whose first character tells how the part was written: quoted or plain. */
function partSpan(out: Printer, end: number, value: string): Rule['span'] {
  const { source } = out;
  const quoted = source.text.slice(0, end).lastIndexOf(`["${value}"]`);
  const start = quoted === -1 ? 0 : quoted + 1;
  return { source, start, end: start };
}

/** An import to write; one that the text does not have has no span. */
interface WrittenImport {
  readonly path: readonly string[];
  readonly alias: string | undefined;
  readonly from: Import | undefined;
}

const written = (from: Import): WrittenImport => ({
  path: from.path,
  alias: from.alias?.name,
  from,
});

const isV1Import = ({ path }: WrittenImport): boolean => path.join('.') === 'rego.v1';
const isFuture = ({ path }: WrittenImport): boolean => path[0] === 'future';
const isNot = ({ path }: WrittenImport): boolean => path.join('.') === 'future.keywords.not';

function targetImports(
  module: Module,
  target: RegoVersion | 'v0v1',
  dropV0Imports: boolean,
): WrittenImport[] {
  let imports = module.imports.map(written);
  if (target === 'v0') return imports;
  const hadV1 = imports.some(isV1Import);
  if (target === 'v1' && dropV0Imports) imports = imports.filter((one) => !isV1Import(one));
  if (target === 'v0v1' && !hadV1) {
    imports.unshift({ path: ['rego', 'v1'], alias: undefined, from: undefined });
  }
  if (dropV0Imports || hadV1 || target === 'v0v1') {
    imports = imports.filter((one) => !isFuture(one) || isNot(one));
  }
  return imports;
}

/** Imports and rules in source order; runs of imports are written in groups. */
function writeStatements(
  out: Printer,
  module: Module,
  imports: readonly WrittenImport[],
  style: RuleStyle,
): void {
  const added = imports.filter(({ from }) => from === undefined);
  const kept = imports.filter(({ from }) => from !== undefined);
  const dropped = module.imports.filter((one) => !kept.some(({ from }) => from === one));
  if (added.length > 0) writeGroup(out, added);
  const { rules } = module;
  let next = 0;
  for (const group of groups(out, kept, rules)) {
    const start = group[0]?.from?.span.start ?? 0;
    next = writeRulesBefore(out, rules, next, start, style);
    for (const one of dropped) if (one.span.start < start) out.flushTo(out.row(one.span.start));
    out.flushTo(out.row(start));
    writeGroup(out, group);
  }
  writeRulesBefore(out, rules, next, Infinity, style);
}

/** Imports with no rule, empty line or comment between them. */
function groups(
  out: Printer,
  imports: readonly WrittenImport[],
  rules: readonly Rule[],
): WrittenImport[][] {
  const found: WrittenImport[][] = [];
  let last: Import | undefined;
  for (const one of imports) {
    const { from } = one;
    const before = last;
    const joins =
      before !== undefined &&
      from !== undefined &&
      out.row(from.span.start) <= out.row(before.span.end) + 1 &&
      !rules.some(({ span }) => span.start > before.span.start && span.start < from.span.start);
    const group = found.at(-1);
    if (joins && group !== undefined) group.push(one);
    else found.push([one]);
    last = from;
  }
  return found;
}

/** One group, sorted, each with the comment that stood behind it. */
function writeGroup(out: Printer, group: readonly WrittenImport[]): void {
  const sorted = [...group].sort((a, b) => compareText(importText(a), importText(b)));
  const trailing = new Map<WrittenImport, string>();
  for (const one of group) {
    const comment = one.from && trailingComment(out, one.from.span.end);
    if (comment !== undefined) trailing.set(one, comment.trimEnd());
    if (one.from !== undefined) {
      out.skipTrailing(one.from.span.end);
      out.reach(one.from.span.end);
    }
  }
  for (const one of sorted) {
    const comment = trailing.get(one);
    out.write(comment === undefined ? importText(one) : `${importText(one)} ${comment}`);
    out.endLine();
  }
  out.blankLine();
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** The comment on the rest of a line. */
function trailingComment(out: Printer, end: number): string | undefined {
  return /^[^\S\n]*(#[^\n]*)/.exec(out.source.text.slice(end, end + 4096))?.[1];
}

function importText({ path, alias, from }: WrittenImport): string {
  const [root = '', ...rest] = path;
  const name = /^[A-Za-z_]\w*$/;
  const source = from?.span.source.text.slice(from.pathSpan.start, from.pathSpan.end) ?? '';
  const parts = rest.map((part) =>
    name.test(part) && !source.includes(`["${part}"]`)
      ? `.${part}`
      : name.test(part) && !KEYWORDS.test(part)
        ? `.${part}`
        : `[${JSON.stringify(part)}]`,
  );
  const text = `import ${root}${parts.join('')}`;
  return alias === undefined ? text : `${text} as ${alias}`;
}

const KEYWORDS =
  /^(?:not|package|import|as|default|else|with|null|true|false|some|if|contains|in|every)$/;

/** Rules up to an offset. Adjacent one-liners stay together, everything else gets an empty line. */
function writeRulesBefore(
  out: Printer,
  rules: readonly Rule[],
  from: number,
  end: number,
  style: RuleStyle,
): number {
  let next = from;
  for (; next < rules.length; next += 1) {
    const rule = rules[next];
    if (rule === undefined || rule.span.start >= end) break;
    out.flushTo(out.row(rule.span.start));
    writeRule(out, rule, style);
    const after = rules[next + 1];
    if (after === undefined || !staysTogether(out, rule, after, style)) out.blankLine();
  }
  return next;
}

function staysTogether(out: Printer, rule: Rule, after: Rule, style: RuleStyle): boolean {
  return (
    isOneLiner(rule, style) &&
    isOneLiner(after, style) &&
    out.row(after.span.start) === out.row(rule.span.start) + 1
  );
}

function isOneLiner(
  { default: isDefault, head, body, else: branches }: Rule,
  { useIf, useContains }: RuleStyle,
): boolean {
  // An `else` gets a line of its own, so the next rule does not follow directly any more.
  if (isDefault || branches !== undefined || (body?.length ?? 0) > 1) return false;
  return useIf && (useContains || head.kind !== 'multi');
}
