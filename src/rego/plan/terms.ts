/** Terms into plan expressions. Iteration inside a term becomes steps emitted before it. */
import { at } from '../at.ts';
import type { ComprehensionTerm, RefTerm, Term, TemplateTerm } from '../ast.ts';
import { regorusOffset } from '../compile/regorus-offset.ts';
import { sourceName } from '../compile/policy.ts';
import { valueBuilder } from '../value.ts';
import { planCall } from './calls.ts';
import type { PlanComprehension, PlanDoc, PlanExpr } from './plan.ts';
import type { Planner } from './planner.ts';

export function planTerm(p: Planner, term: Term): PlanExpr {
  const node = { span: term.span, at: regorusOffset(term) };
  switch (term.kind) {
    case 'null':
      return { ...node, op: 'const', value: null };
    case 'boolean':
    case 'string':
    case 'constant':
      return { ...node, op: 'const', value: term.value };
    case 'number':
      return {
        ...node,
        op: 'const',
        value: valueBuilder(p.unit.profile.numbers).number(term.text),
      };
    case 'var':
      return planVar(p, term.name, node);
    case 'ref':
      return planRef(p, term);
    case 'call':
      return planCall(p, term);
    case 'unary':
      return planUnary(p, term.operand, node);
    case 'array':
    case 'set':
      return { ...node, op: term.kind, items: term.items.map((item) => p.term(item)) };
    case 'object': {
      const keys: PlanExpr[] = [];
      const values: PlanExpr[] = [];
      term.keys.forEach((key, i) => {
        keys.push(p.term(key));
        values.push(p.term(at(term.values, i)));
      });
      return { ...node, op: 'object', keys, values };
    }
    case 'comprehension':
      return planComprehension(p, term);
    case 'template':
      return planTemplate(p, term);
  }
}

type Where = Pick<PlanExpr, 'span' | 'at'>;

function planVar(p: Planner, name: string, node: Where): PlanExpr {
  if (name === 'input') return { ...node, op: 'input' };
  if (name === 'data') return { ...node, op: 'doc', from: undefined, keys: [] };
  const source = sourceName(name);
  if (p.isUnsafe(name)) {
    // regorus finds out when it gets there.
    if (!p.unit.profile.showsScopes) return { ...node, op: 'fail', message: 'var is unsafe' };
    const path = [...p.package, source].map((part) => JSON.stringify(part)).join(', ');
    const message = `var ${source} is unsafe (path [${path}], scopes `;
    return { ...node, op: 'fail', message, scopes: p.scopes };
  }
  return { ...node, op: 'local', slot: p.slot(name), name: source };
}

/** regorus' `-`: a numeric literal is negated, anything else fails when it is reached. */
function planUnary(p: Planner, operand: Term, node: Where): PlanExpr {
  if (operand.kind === 'number' && !operand.text.startsWith('-')) {
    const text = `-${operand.text}`;
    return { ...node, op: 'const', value: valueBuilder(p.unit.profile.numbers).number(text) };
  }
  return { ...node, op: 'fail', message: 'unary - can only be used with numeric literals' };
}

function planRef(p: Planner, term: RefTerm): PlanExpr {
  const isData = term.head.kind === 'var' && term.head.name === 'data';
  if (isData) return planDoc(p, term, { span: term.span, at: term.at });
  return planPath(p, term, p.term(term.head), term.path);
}

/** Operands applied to a value; those with something unbound iterate it. */
function planPath(p: Planner, term: RefTerm, from: PlanExpr, path: readonly Term[]): PlanExpr {
  const node = { span: term.span, at: term.at };
  let base = from;
  for (const part of path) {
    if (isIterated(p, part)) {
      const slot = p.temporary();
      const resets = p.headLoops === 'nothing' ? p.openLoop() : undefined;
      p.emit({
        op: 'scan',
        over: base,
        key: p.pattern(part),
        value: { match: 'bind', slot, name: '' },
        refuses: p.headLoops,
        at: bracketOf(part),
        until: p.until,
        resets,
      });
      base = { ...node, op: 'local', slot, name: '' };
    } else {
      base = { ...node, op: 'get', base, key: p.term(part) };
    }
  }
  return base;
}

const bracketOf = ({ span }: Term): number => span.source.text.lastIndexOf('[', span.start - 1);

/** An operand of a reference iterates when it is a pattern with something unbound in it. */
const isIterated = (p: Planner, part: Term): boolean =>
  p.iterates &&
  (part.kind === 'var' || part.kind === 'array' || part.kind === 'object') &&
  !p.isKnown(part);

function planDoc(p: Planner, term: RefTerm, node: Where): PlanExpr {
  let doc: PlanDoc = { ...node, op: 'doc', from: undefined, keys: [] };
  for (const [i, part] of term.path.entries()) {
    if (isIterated(p, part)) {
      // Where loops are refused regorus wants the whole document first.
      if (p.headLoops !== 'nothing') return planPath(p, term, doc, term.path.slice(i));
      const slot = p.temporary();
      const resets = p.openLoop();
      p.emit({ op: 'scan-doc', doc, key: p.pattern(part), slot, until: p.until, resets });
      doc = { ...node, op: 'doc', from: slot, keys: [] };
    } else {
      doc = { ...doc, keys: [...doc.keys, p.term(part)] };
    }
  }
  return doc;
}

/** The `|` of a comprehension, where regorus sees its query begin. */
const barOf = ({ value, span }: ComprehensionTerm): number =>
  span.source.text.indexOf('|', value.span.end);

function planComprehension(p: Planner, term: ComprehensionTerm): PlanExpr {
  if (p.isUnscheduled(term)) {
    const message = 'statements not scheduled in query {query:?}';
    return { span: term.span, at: barOf(term), op: 'fail', message };
  }
  const slot = p.temporary();
  return p.scoped(() => {
    const planned = p.body(term.body, () => ({
      key: term.key && p.term(term.key),
      value: p.term(term.value),
    }));
    return {
      span: term.span,
      at: regorusOffset(term),
      op: 'comprehension',
      shape: term.shape,
      body: planned.body,
      key: planned.head.key,
      value: planned.head.value,
      slot,
    };
  });
}

/** Each part may be undefined or have several values: a set of what it yields, as OPA does. */
function planTemplate(p: Planner, term: TemplateTerm): PlanExpr {
  const parts = term.parts.map((part): string | PlanComprehension => {
    if (typeof part === 'string') return part;
    const slot = p.temporary();
    return p.scoped(() => {
      const result = `template~${String(slot)}`;
      const planned = p.body(
        [
          {
            kind: 'expr',
            negated: false,
            with: part.with,
            span: part.span,
            term: {
              kind: 'call',
              name: 'assign',
              infix: ':=',
              args: [{ kind: 'var', name: result, span: part.span }, part.term],
              at: part.span.start,
              span: part.span,
            },
          },
        ],
        () => planVar(p, result, { span: part.span, at: part.span.start }),
      );
      return {
        span: part.span,
        at: part.span.start,
        op: 'comprehension',
        shape: 'set',
        body: planned.body,
        key: undefined,
        value: planned.head,
        slot,
      };
    });
  });
  return { span: term.span, at: term.span.start, op: 'template', parts };
}
