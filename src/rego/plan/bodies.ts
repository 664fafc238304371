/** Literals and bodies into steps. Bodies arrive ordered: each variable is bound before it is read. */
import { at } from '../at.ts';
import type { Body, CallTerm, Literal, Term, With } from '../ast.ts';
import type { PlanExpr, PlanLiteral, PlanModifier, PlanPattern, PlanStep } from './plan.ts';
import { calleePath, sourceName } from '../compile/policy.ts';
import { eachVar } from '../compile/vars.ts';
import type { PlannedBody, Planner } from './planner.ts';
import { textOf } from '../position.ts';
import { planNamedCall } from './calls.ts';
import { hoistOperands } from './negation.ts';
import { planUnify } from './unify.ts';

/** Plans a body and then its head; iteration in head terms becomes a last literal. */
export function planBody<T>(p: Planner, body: Body, planHead: () => T): PlannedBody<T> {
  const literals = body.flatMap((literal) => planLiteral(p, literal) ?? []);
  let head!: T;
  const steps = p.collect(() => {
    head = p.inHead(planHead);
  });
  const last = body.at(-1);
  if (steps.length > 0) {
    const span = last?.span ?? headSpan(steps);
    literals.push({ id: p.unit.nextLiteral(), span, negated: false, steps });
  }
  return { body: literals, head, headIterates: steps.length > 0 };
}

const headSpan = (steps: readonly PlanStep[]): PlanLiteral['span'] => {
  const [first] = steps;
  if (first?.op === 'scan') return first.over.span;
  if (first?.op === 'scan-doc') return first.doc.span;
  if (first?.op === 'relation') return first.call.span;
  throw new TypeError('a head term iterates by scanning only');
};

function planLiteral(p: Planner, literal: Literal): PlanLiteral | undefined {
  if (literal.kind === 'some')
    return p.traits.unsafeVariables === 'fault' ? planSome(p, literal) : undefined;
  const id = p.unit.nextLiteral();
  let modifiers: readonly PlanModifier[] = [];
  const before = p.collect(() => {
    const plan = (): void => {
      modifiers = literal.with.map((modifier) => planModifier(p, modifier));
    };
    // regorus evaluates modifiers before it starts the loops of their values.
    if (p.traits.loops === 'taken-out') p.withoutIteration(plan);
    else plan();
  });
  const inner = p.collect(() => {
    planLiteralSteps(p, literal);
  });
  const steps: readonly PlanStep[] =
    modifiers.length === 0 ? inner : [...before, { op: 'with', modifiers, steps: inner }];
  const negated = literal.kind === 'not-body' || (literal.kind === 'expr' && literal.negated);
  return { id, span: literal.span, negated, steps };
}

/** `some x` where the scope has an `x`: regorus refuses when it gets there. */
function planSome(
  p: Planner,
  literal: Extract<Literal, { kind: 'some' }>,
): PlanLiteral | undefined {
  const { span } = literal;
  const steps = literal.vars.flatMap((variable): readonly PlanStep[] => {
    const found = p.declare(variable.name);
    if (found === 'new') return [];
    const message = `duplicated definition of local variable ${sourceName(variable.name)}`;
    const onceSlot = found === 'duplicate' ? undefined : found.slot;
    const at = span.start;
    return [{ op: 'test', expr: { op: 'fail', message, onceSlot, isUnlocated: true, span, at } }];
  });
  if (steps.length === 0) return undefined;
  return { id: p.unit.nextLiteral(), span, negated: false, steps };
}

/**
 * A target is a document unless a function of that name exists. Short names come resolved, as the
 * text of a path: `data.pkg.rule`.
 */
function planModifier(p: Planner, { target, value, span }: With): PlanModifier {
  const name = target.kind === 'var' ? target.name : stringPath(target);
  const root = /^(?:data|input)(?=$|[.[])/.exec(name)?.[0];
  if (root !== undefined && p.unit.functionArity(name) === undefined) {
    const path =
      target.kind === 'ref'
        ? target.path.map(stringPart)
        : (calleePath(name.replace(/^input/, 'data')) ?? []);
    if (p.traits.withUnknownTargets === 'fault' && root === 'data' && path.length === 0) {
      return { target: 'nothing', span, at: target.span.start };
    }
    return { target: root === 'data' ? 'data' : 'input', path, value: p.term(value), span };
  }
  if (
    p.traits.withUnknownTargets === 'fault' &&
    p.unit.functionArity(name) === undefined &&
    p.unit.builtin(name) === undefined
  ) {
    const at = target.span.source.text.slice(0, target.span.end).lastIndexOf('.');
    return { target: 'nothing', span, at: at < target.span.start ? target.span.start : at };
  }
  const isByText = p.unit.profile.replacesAsWritten && p.unit.functionArity(name) !== undefined;
  return {
    target: 'function',
    name: isByText ? textOf(target.span) : name,
    by: functionName(p, value) ?? p.term(value),
    span,
  };
}

const rootName = (term: Term): string => (term.kind === 'var' ? term.name : '');
const stringPart = (term: Term): string => (term.kind === 'string' ? term.value : '');
const stringPath = (term: Extract<Term, { kind: 'ref' }>): string =>
  [rootName(term.head), ...term.path.map(stringPart)].join('.');

/** The name of the function or builtin that a replacement names, if it does. */
function functionName(p: Planner, value: Term): string | undefined {
  if (value.kind === 'var') return p.unit.builtin(value.name) && value.name;
  if (value.kind !== 'ref' || rootName(value.head) !== 'data') return undefined;
  const name = stringPath(value);
  return p.unit.functionArity(name) === undefined ? undefined : name;
}

function planLiteralSteps(p: Planner, literal: Literal): void {
  switch (literal.kind) {
    case 'expr':
      if (literal.negated) planNegated(p, literal.term);
      else planExpression(p, literal.term);
      return;
    case 'some-in': {
      const over = p.term(literal.domain);
      const { key, value } = planElement(p, literal);
      p.emit({
        op: 'scan',
        over,
        key,
        value,
        refuses: p.traits.scansRefuse,
        at: over.at,
      });
      return;
    }
    case 'every': {
      const domain = p.term(literal.domain);
      p.scoped(() => {
        p.inScope(() => {
          const key =
            literal.key === undefined ? { match: 'any' as const } : p.pattern(literal.key);
          const value = p.pattern(literal.value);
          const { body } = p.body(literal.body, () => undefined);
          p.emit({ op: 'every', domain, key, value, body, slot: p.temporary() });
        });
      });
      return;
    }
    case 'not-body':
      p.scoped(() => {
        p.emit({ op: 'not', body: p.body(literal.body, () => undefined).body });
      });
      return;
    case 'some':
  }
}

function planElement(
  p: Planner,
  { key, value }: Extract<Literal, { kind: 'some-in' }>,
): { readonly key: PlanPattern; readonly value: PlanPattern } {
  if (key === undefined) return { key: { match: 'any' }, value: p.pattern(value) };
  if (p.traits.somePatterns === 'together') return { key: p.pattern(key), value: p.pattern(value) };
  // regorus plans both on their own: of `x, x` the second one stays.
  const planned = p.scoped(() => p.pattern(key));
  const element = p.pattern(value);
  eachVar(key, ({ name }) => p.bind(name), false);
  return { key: planned, value: element };
}

function planNegated(p: Planner, term: Term): void {
  const id = p.unit.nextLiteral();
  if (p.traits.loops === 'taken-out') {
    // regorus takes loops out of the negation: it asks for an element that fails.
    let expr!: PlanExpr;
    const outer = p.collect(() => {
      expr = p.term(term);
    });
    for (const step of outer) p.emit(step);
    const steps: PlanStep[] = [{ op: 'test', expr }];
    p.emit({ op: 'not', body: [{ id, span: term.span, negated: false, steps }] });
    return;
  }
  const rest = hoistOperands(p, term);
  const steps = p.collect(() => {
    p.scoped(() => {
      planExpression(p, rest);
    });
  });
  p.emit({ op: 'not', body: [{ id, span: term.span, negated: false, steps }] });
}

function planExpression(p: Planner, term: Term): void {
  if (term.kind !== 'call') {
    p.emit({ op: 'test', expr: p.term(term) });
    return;
  }
  const [a, b] = term.args;
  if (term.infix === ':=' && a !== undefined && b !== undefined) {
    planAssign(p, a, b);
  } else if (term.infix === '=' && a !== undefined && b !== undefined) {
    planUnify(p, a, b);
  } else if (hasOutputOperand(p, term)) {
    planCallWithOutput(p, term);
  } else if (term.name === 'print' && !p.unit.prints) {
    return;
  } else {
    p.emit({ op: 'test', expr: p.term(term) });
  }
}

function planAssign(p: Planner, target: Term, source: Term): void {
  const expr = p.term(source);
  const pattern = p.pattern(target);
  if (pattern.match === 'bind')
    p.emit({ op: 'bind', slot: pattern.slot, name: pattern.name, expr });
  else p.emit({ op: 'match', pattern, expr });
}

/** A call with one operand more than declared: the last one meets the result. */
function hasOutputOperand(p: Planner, term: CallTerm): boolean {
  if (term.infix !== undefined || term.name === 'print') return false;
  const declared =
    p.unit.functionArity(term.name) ??
    (p.unit.builtin(term.name)?.variadic === undefined
      ? p.unit.builtin(term.name)?.args.length
      : undefined);
  return declared !== undefined && term.args.length === declared + 1;
}

function planCallWithOutput(p: Planner, term: CallTerm): void {
  const args = term.args.slice(0, -1).map((arg) => p.term(arg));
  const output = at(term.args, term.args.length - 1);
  const call = planNamedCall(p, term, args);
  p.emit({ op: 'match', pattern: p.pattern(output), expr: call });
}
