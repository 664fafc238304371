/** Our tree of a module in the words of regorus' parser cases, and their count of nodes. */
import type { Body, Else, Head, Import, Literal, Module, Rule, Term } from '../../src/rego/ast.ts';
import type { Span } from '../../src/rego/source.ts';

type Tree = Record<string, unknown>;

const textOf = ({ source, start, end }: Span): string => source.text.slice(start, end);

export function guestTree(module: Module): Tree {
  return {
    package: { span: textOf(module.package.span), refr: pathTree(module.package.path) },
    imports: module.imports.map(importTree),
    policy: ruleTrees(module.rules),
  };
}

function pathTree(path: readonly string[]): Tree {
  const [root = '', ...rest] = path;
  return rest.reduce<Tree>((refr, field) => ({ refdot: { refr, field } }), { var: root });
}

/** The tree with the text of the whole node on its outermost level. */
function spanned(tree: Tree, span: Span): Tree {
  const entries = Object.entries(tree).map(([kind, inner]) =>
    typeof inner === 'object' && inner !== null
      ? [kind, Object.assign(inner, { span: textOf(span) })]
      : [kind, inner],
  );
  return Object.fromEntries(entries) as Tree;
}

function importTree({ path, alias, span, pathSpan }: Import): Tree {
  const written = textOf(pathSpan);
  const [root = '', ...rest] = path;
  let read = root.length;
  const refr = rest.reduce<Tree>(
    (inner, field) => {
      const dotted = written.charAt(read) === '.';
      read = dotted ? read + 1 + field.length : written.indexOf(']', read) + 1;
      const prefix = written.slice(0, read);
      return dotted
        ? { refdot: { refr: inner, field, span: prefix } }
        : { refbrack: { refr: inner, index: { string: field }, span: prefix } };
    },
    { var: root },
  );
  return {
    span: textOf(span),
    refr,
    ...(alias === undefined ? {} : { as: alias.name }),
  };
}

/** Rules with their bodies; a rule's further bodies are rules of their own with us. */
function ruleTrees(rules: readonly Rule[]): Tree[] {
  const trees: Tree[] = [];
  for (const rule of rules) {
    const last = trees.at(-1)?.['spec'] as { bodies: Tree[] } | undefined;
    if (rule.chained && rule.body !== undefined && last !== undefined) {
      last.bodies.push({ query: queryTree(rule.body) });
    } else if (rule.default) trees.push({ default: { refr: headRef(rule.head) } });
    else trees.push({ spec: { head: headTree(rule.head), bodies: bodyTrees(rule) } });
  }
  return trees;
}

function bodyTrees({ body, else: first }: Rule): Tree[] {
  if (body === undefined) return [];
  const trees: Tree[] = [{ query: queryTree(body) }];
  for (let branch: Else | undefined = first; branch !== undefined; branch = branch.else) {
    const { value, assign } = branch;
    trees.push({
      ...(value === undefined ? {} : { assign: { op: assign, value: exprTree(value) } }),
      query: queryTree(branch.body ?? []),
    });
  }
  return trees;
}

function headRef({ name, path }: Head): Tree {
  return path.reduce<Tree>(accessTree, { var: name });
}

function headTree(head: Head): Tree {
  return spanned(headKind(head), head.span);
}

function headKind(head: Head): Tree {
  const { kind, key, args, value, assign } = head;
  const given =
    value === undefined
      ? {}
      : {
          assign: {
            op: assign,
            value: exprTree(value),
            span: `${assign ?? ''} ${textOf(value.span)}`,
          },
        };
  if (kind === 'multi') return { set: { refr: headRef(head), key: key && exprTree(key) } };
  if (args !== undefined) {
    return { func: { refr: headRef(head), args: args.map(exprTree), ...given } };
  }
  return { compr: { refr: headRef(head), ...given } };
}

const queryTree = (body: Body): Tree => ({
  stmts: body.map((literal) => ({
    span: textOf(literal.span),
    literal: literalTree(literal),
    ...(literal.with.length === 0
      ? {}
      : {
          'with-mods': literal.with.map(({ target, value }) => ({
            refr: exprTree(target),
            as: exprTree(value),
          })),
        }),
  })),
});

function literalTree(literal: Literal): Tree {
  switch (literal.kind) {
    case 'expr':
      return { [literal.negated ? 'not-expr' : 'expr']: exprTree(literal.term) };
    case 'some':
      return {
        'some-vars': { span: textOf(literal.span), vars: literal.vars.map(({ name }) => name) },
      };
    case 'some-in': {
      const { key, value, domain } = literal;
      const shown = { value: exprTree(value), collection: exprTree(domain) };
      return { 'some-decl': key === undefined ? shown : { key: exprTree(key), ...shown } };
    }
    case 'every': {
      const { key, value, domain, body } = literal;
      const shown = { value: value.name, domain: exprTree(domain), query: queryTree(body) };
      return { every: key === undefined ? shown : { key: key.name, ...shown } };
    }
    case 'not-body':
      throw new Error('not part of the guest grammar');
  }
}

function accessTree(refr: Tree, part: Term): Tree {
  const dotted =
    part.kind === 'string' && !/["`]/.test(part.span.source.text.charAt(part.span.start));
  return dotted
    ? { refdot: { refr, field: part.value } }
    : { refbrack: { refr, index: exprTree(part) } };
}

const OPERATOR_KINDS: Readonly<Record<string, string>> = { '|': 'binexpr', '&': 'binexpr' };

function exprTree(term: Term): Tree {
  return spanned(exprKind(term), term.span);
}

function exprKind(term: Term): Tree {
  switch (term.kind) {
    case 'null':
      return { null: null };
    case 'boolean':
      return { bool: term.value };
    case 'number':
      return { number: Number(term.text) };
    case 'string':
      return { [term.raw ? 'rawstring' : 'string']: term.value };
    case 'var':
      return { var: term.name };
    case 'ref':
      return term.path.reduce(accessTree, exprTree(term.head));
    case 'call':
      return callTree(term);
    case 'unary':
      return { unaryexpr: exprTree(term.operand) };
    case 'array':
    case 'set': {
      const items = term.items.map(exprTree);
      // Cases give the items alone or, beside the span, as `values`.
      return { [term.kind]: Object.assign(items, { values: [...items] }) };
    }
    case 'object':
      return {
        object: {
          fields: term.keys.map((key, i) => [exprTree(key), exprTree(term.values[i] ?? key)]),
        },
      };
    case 'comprehension': {
      const { shape, key, value, body } = term;
      const query = queryTree(body);
      return key === undefined
        ? { [`${shape}compr`]: { term: exprTree(value), query } }
        : { objectcompr: { key: exprTree(key), value: exprTree(value), query } };
    }
    default:
      throw new Error(`not part of these cases: ${term.kind}`);
  }
}

function callTree({ infix, callee, args, name }: Term & { kind: 'call' }): Tree {
  const shown = args.map(exprTree);
  if (infix === undefined) {
    return {
      call: { fcn: callee === undefined ? { var: name } : exprTree(callee), params: shown },
    };
  }
  const [lhs, rhs] = shown;
  if (infix === 'in') {
    const [value, collection, domain] = shown;
    return domain === undefined
      ? { inexpr: { value, collection } }
      : { inexpr: { key: value, value: collection, collection: domain } };
  }
  if (infix === ':=' || infix === '=') return { assignexpr: { op: infix, lhs, rhs } };
  const kind = OPERATOR_KINDS[infix] ?? (/[=<>]/.test(infix) ? 'boolexpr' : 'arithexpr');
  return { [kind]: { op: infix, lhs, rhs } };
}

export interface NodeCount {
  readonly expressions: number;
  readonly statements: number;
  readonly queries: number;
}

/** How many expressions, statements and queries regorus counts in a module. */
export function countNodes(module: Module): NodeCount {
  const count = { expressions: 0, statements: 0, queries: 0 };
  const path = (length: number): void => {
    count.expressions += length;
  };
  // A reference is one expression per part; a bracketed key is one more.
  path(module.package.path.length);
  for (const { path: parts, pathSpan } of module.imports) {
    path(parts.length + (textOf(pathSpan).match(/\["/g) ?? []).length);
  }
  for (const rule of module.rules) countRule(rule, count);
  return count;
}

type Count = { -readonly [Key in keyof NodeCount]: number };

function countRule(rule: Rule, count: Count): void {
  const { head, body, chained, else: first } = rule;
  if (!chained) {
    count.expressions += 1;
    for (const part of head.path) countAccess(part, count);
    for (const term of [...(head.args ?? []), head.key, head.value])
      if (term) countTerm(term, count);
  }
  if (body !== undefined) countBody(body, count);
  for (let branch: Else | undefined = first; branch !== undefined; branch = branch.else) {
    if (branch.value !== undefined) countTerm(branch.value, count);
    countBody(branch.body ?? [], count);
  }
}

function countAccess(part: Term, count: Count): void {
  count.expressions += 1;
  const dotted =
    part.kind === 'string' && !/["`]/.test(part.span.source.text.charAt(part.span.start));
  if (!dotted) countTerm(part, count);
}

function countBody(body: Body, count: Count): void {
  count.queries += 1;
  for (const literal of body) {
    count.statements += 1;
    countLiteral(literal, count);
    for (const { target, value } of literal.with) {
      countTerm(target, count);
      countTerm(value, count);
    }
  }
}

function countLiteral(literal: Literal, count: Count): void {
  if (literal.kind === 'expr') countTerm(literal.term, count);
  if (literal.kind === 'some-in') {
    if (literal.key !== undefined) countTerm(literal.key, count);
    countTerm(literal.value, count);
    countTerm(literal.domain, count);
  }
  if (literal.kind === 'every') {
    countTerm(literal.domain, count);
    countBody(literal.body, count);
  }
}

function countTerm(term: Term, count: Count): void {
  switch (term.kind) {
    case 'ref':
      countTerm(term.head, count);
      for (const part of term.path) countAccess(part, count);
      return;
    case 'call':
      count.expressions += 1;
      if (term.callee !== undefined) countTerm(term.callee, count);
      for (const arg of term.args) countTerm(arg, count);
      return;
    case 'array':
    case 'set':
      count.expressions += 1;
      for (const item of term.items) countTerm(item, count);
      return;
    case 'object':
      count.expressions += 1;
      for (const item of [...term.keys, ...term.values]) countTerm(item, count);
      return;
    case 'unary':
      count.expressions += 1;
      countTerm(term.operand, count);
      return;
    case 'comprehension':
      count.expressions += 1;
      if (term.key !== undefined) countTerm(term.key, count);
      countTerm(term.value, count);
      countBody(term.body, count);
      return;
    default:
      count.expressions += 1;
  }
}
