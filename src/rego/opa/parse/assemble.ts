/** From the statements of a text to a module, with OPA's checks on their order and spelling. */
import { attachAnnotations } from '../annotations.ts';
import type { Annotations, Import, Module, Package } from '../../ast.ts';
import type { Diagnostic } from '../../source.ts';
import { opaParseError, type OpaParser } from './parser.ts';
import type { ReadRule } from './rules.ts';
import { checkV1 } from './v1-checks.ts';

/** A statement; a diagnostic stands for one that is no rule. */
export type Statement = Package | Import | ReadRule | Diagnostic;

export interface Statements {
  readonly order: Statement[];
  /** By option or by `import rego.v1`. */
  v1: boolean;
}

export type Assembled =
  | { readonly module: Module; readonly errors: readonly [] }
  | { readonly module: undefined; readonly errors: readonly Diagnostic[] };

export function assemble(
  p: OpaParser,
  { order, v1 }: Statements,
  found: readonly Annotations[],
): Assembled {
  const { source } = p;
  const [first, ...rest] = order;
  if (first === undefined) return refused([opaParseError(startOf(p), 'empty module', false)]);
  const declared = isPackage(first) ? first : undefined;
  const errors: Diagnostic[] = [];
  if (declared === undefined) errors.push(opaParseError(spanOf(first), 'package expected', false));
  const imports: Import[] = [];
  const reads: ReadRule[] = [];
  // What stands where the package should be is not looked at further.
  for (const statement of rest) {
    if ('message' in statement) errors.push(statement);
    else if ('rule' in statement) reads.push(statement);
    else if (statement.kind === 'import') imports.push(statement);
    else errors.push(opaParseError(statement.span, 'unexpected package', false));
  }
  if (v1) for (const read of reads) errors.push(...checkV1(read));
  if (errors.length > 0 || declared === undefined) return refused(errors);
  const rules = reads.map((read) => read.rule);
  const attached = attachAnnotations(found, declared, imports, rules);
  if (attached.errors.length > 0) return refused(attached.errors);
  const module: Module = {
    package: attached.package,
    imports,
    rules: attached.rules,
    comments: commentsOf(p),
    annotations: attached.annotations,
    regoVersion: v1 ? 'v1' : 'v0',
    keywords: [...p.keywords],
    span: { source, start: 0, end: source.text.length },
  };
  return { module, errors: [] };
}

const refused = (errors: readonly Diagnostic[]): Assembled => ({ module: undefined, errors });

const startOf = ({ source }: OpaParser): Diagnostic['span'] => ({ source, start: 0, end: 0 });

const isPackage = (statement: Statement): statement is Package =>
  'kind' in statement && statement.kind === 'package';

const spanOf = (statement: Statement): Diagnostic['span'] =>
  'rule' in statement ? statement.rule.span : statement.span;

function commentsOf({ source, lex }: OpaParser): Module['comments'] {
  const { comments } = lex;
  const found: Module['comments'][number][] = [];
  for (let i = 0; i < comments.length; i += 2) {
    const start = comments[i] ?? 0;
    let end = comments[i + 1] ?? start;
    if (source.text.charCodeAt(end - 1) === 13) end -= 1;
    found.push({ text: source.text.slice(start + 1, end), span: { source, start, end } });
  }
  return found;
}
