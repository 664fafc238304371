/** Calls as values: operators, functions of the policy, builtins. */
import type { CallTerm } from '../ast.ts';
import {
  ARITHMETIC_OPERATORS,
  type ArithmeticOperator,
  COMPARE_OPERATORS,
  type CompareOperator,
  type PlanExpr,
} from './plan.ts';
import { textOf } from '../position.ts';
import type { Planner } from './planner.ts';

/** A call as a value. `:=` and `=` never get here: they are literals. */
export function planCall(p: Planner, term: CallTerm): PlanExpr {
  const node = { span: term.span, at: term.at };
  const args = term.args.map((arg) => p.term(arg));
  const [left, right, third] = args;
  if (term.infix !== undefined && left !== undefined && right !== undefined) {
    if (COMPARE_OPERATORS.has(term.infix)) {
      return { ...node, op: 'compare', operator: term.infix as CompareOperator, left, right };
    }
    if (ARITHMETIC_OPERATORS.has(term.infix)) {
      return { ...node, op: 'arithmetic', operator: term.infix as ArithmeticOperator, left, right };
    }
    if (term.infix === 'in') {
      return third === undefined
        ? { ...node, op: 'member', key: undefined, value: left, collection: right }
        : { ...node, op: 'member', key: left, value: right, collection: third };
    }
    return { ...node, op: 'compare', operator: '==', left, right };
  }
  return planNamedCall(p, term, args);
}

/** The call of a function or builtin with given operands; a relation becomes a step. */
export function planNamedCall(p: Planner, term: CallTerm, args: readonly PlanExpr[]): PlanExpr {
  const node = { span: term.span, at: term.at };
  const spec = p.unit.builtin(term.name);
  // Only where the engine has the builtin: regorus has none of `rego.metadata`.
  const metadata = spec && p.metadata(term.name);
  if (metadata !== undefined) return { ...node, op: 'const', value: metadata };
  if (term.name === 'print') return { ...node, op: 'print', args };
  if (spec === undefined) {
    const { name, callee } = term;
    const isByText = p.unit.profile.replacesAsWritten && callee !== undefined;
    return { ...node, op: 'call', name, replacedAs: isByText ? textOf(callee.span) : name, args };
  }
  if (spec.relation !== true) return { ...node, op: 'builtin', spec, args };
  const slot = p.temporary();
  const resets = p.openLoop();
  p.emit({
    op: 'relation',
    call: { ...node, op: 'builtin', spec, args },
    pattern: { match: 'bind', slot, name: '' },
    until: p.until,
    resets,
  });
  return { ...node, op: 'local', slot, name: '' };
}
