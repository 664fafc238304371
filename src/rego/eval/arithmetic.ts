/**
 * `+ - * / % & |`. In OPA these are builtins, so a wrong operand makes the expression undefined; in
 * regorus it ends the evaluation.
 */
import type { ArithmeticOperator, PlanExpr } from '../plan/plan.ts';
import {
  type Arithmetic,
  isNumeric,
  NumberFault,
  opaArithmetic,
  regorusArithmetic,
} from '../number.ts';
import { regorusJson } from '../text.ts';
import { RegoSet, SetBuilder, typeName, type Value } from '../value.ts';
import type { Get, Maker } from './closure.ts';
import type { Evaluation } from './evaluation.ts';
import { EvalFault } from './fault.ts';

type Plan = Extract<PlanExpr, { op: 'arithmetic' }>;

const NAMES: Readonly<Record<ArithmeticOperator, { opa: string; regorus: string }>> = {
  '+': { opa: 'plus', regorus: 'add' },
  '-': { opa: 'minus', regorus: 'sub' },
  '*': { opa: 'mul', regorus: 'mul' },
  '/': { opa: 'div', regorus: 'div' },
  '%': { opa: 'rem', regorus: 'mod' },
  '&': { opa: 'and', regorus: 'intersection' },
  '|': { opa: 'or', regorus: 'union' },
};

const METHODS = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '%': 'rem' } as const;

function combine(operator: '&' | '|' | '-', a: RegoSet, b: RegoSet): RegoSet {
  const builder = new SetBuilder();
  for (const item of a.values()) {
    if (operator === '|' || b.has(item) === (operator === '&')) builder.add(item);
  }
  if (operator === '|') for (const item of b.values()) builder.add(item);
  return builder.build();
}

type Operate = (ev: Evaluation, a: Value, b: Value) => Value | undefined;

export function arithmetic(m: Maker, plan: Plan): Get {
  const left = m.expr(plan.left);
  const right = m.expr(plan.right);
  const operate = m.traits.texts === 'regorus' ? regorusOperator(plan) : opaOperation(plan);
  const plain = plainOperation(plan.operator);
  const all = m.traits.operands === 'all';
  return (ev, s) => {
    const a = left(ev, s);
    if (a === undefined && !all) return undefined;
    const b = right(ev, s);
    if (a === undefined || b === undefined) return undefined;
    if (plain !== undefined && typeof a === 'number' && typeof b === 'number') {
      const result = plain(a, b);
      if (Number.isSafeInteger(result)) return result + 0;
    }
    return operate(ev, a, b);
  };
}

/** Small integers need none of the exact arithmetic. */
function plainOperation(
  operator: ArithmeticOperator,
): ((a: number, b: number) => number) | undefined {
  switch (operator) {
    case '+':
      return (a, b) => a + b;
    case '-':
      return (a, b) => a - b;
    case '*':
      return (a, b) => (Number.isInteger(a) && Number.isInteger(b) ? a * b : NaN);
    default:
      return undefined;
  }
}

function compute(
  arithmetic: Arithmetic,
  operator: ArithmeticOperator,
  a: Value,
  b: Value,
): Value | NumberFault | undefined {
  if (operator === '&' || operator === '|' || !isNumeric(a) || !isNumeric(b)) return undefined;
  return arithmetic[METHODS[operator]](a, b);
}

function sets(operator: ArithmeticOperator, a: Value, b: Value): RegoSet | undefined {
  if (operator !== '-' && operator !== '&' && operator !== '|') return undefined;
  return a instanceof RegoSet && b instanceof RegoSet ? combine(operator, a, b) : undefined;
}

function opaOperation(plan: Plan): Operate {
  const { operator } = plan;
  const { opa: name } = NAMES[operator];
  const fail = (
    ev: Evaluation,
    code: 'eval_type_error' | 'eval_builtin_error',
    text: string,
  ): Value | undefined => {
    if (ev.strict) throw new EvalFault(code, `${name}: ${text}`, plan);
    return undefined;
  };
  return (ev, a, b) => {
    const result = compute(opaArithmetic, operator, a, b) ?? sets(operator, a, b);
    if (result instanceof NumberFault) {
      if (result.limit) throw new EvalFault('eval_limit_error', `${name}: ${result.message}`, plan);
      return fail(ev, 'eval_builtin_error', result.message);
    }
    return result ?? fail(ev, 'eval_type_error', operandText(operator, a, b));
  };
}

/** OPA's text on the first operand of the wrong kind. */
function operandText(operator: ArithmeticOperator, a: Value, b: Value): string {
  const isSetOperator = operator === '&' || operator === '|';
  const fits = (value: Value, wantSet: boolean): boolean =>
    wantSet ? value instanceof RegoSet : isNumeric(value);
  if (operator === '-') {
    const either = isNumeric(a) || a instanceof RegoSet;
    if (!either) return `operand 1 must be one of {number, set} but got ${typeName(a)}`;
    const want = a instanceof RegoSet ? 'set' : 'number';
    return `operand 2 must be ${want} but got ${typeName(b)}`;
  }
  const want = isSetOperator ? 'set' : 'number';
  const position = fits(a, isSetOperator) ? 2 : 1;
  return `operand ${String(position)} must be ${want} but got ${typeName(position === 1 ? a : b)}`;
}

function regorusOperator(plan: Plan): Operate {
  const { operator } = plan;
  const { regorus: name } = NAMES[operator];
  return (ev, a, b) => {
    const result = compute(regorusArithmetic, operator, a, b) ?? sets(operator, a, b);
    if (result instanceof NumberFault) {
      // Division by zero is undefined unless builtin errors are strict; other faults are fatal.
      if (!ev.strict && result.message.endsWith(' by zero')) return undefined;
      throw new EvalFault('eval_builtin_error', result.message, { span: plan.span, at: plan.at });
    }
    if (result !== undefined) return result;
    const wantSets =
      operator === '&' || operator === '|' || a instanceof RegoSet || b instanceof RegoSet;
    const isSetMinus = operator === '-' && wantSets;
    const fits = wantSets ? a instanceof RegoSet : isNumeric(a);
    const wrong = fits ? plan.right : plan.left;
    const text = isSetMinus ? 'difference' : name;
    throw new EvalFault(
      'eval_type_error',
      `\`${text}\` expects ${wantSets ? 'set' : 'numeric'} argument. Got \`${regorusJson(fits ? b : a)}\` instead`,
      { span: wrong.span, at: wrong.at },
    );
  };
}
