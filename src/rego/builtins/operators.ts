/**
 * Operators under their builtin names. The evaluator computes the common cases itself; the rows serve
 * calls by name, `with` and the type checker.
 */
import { isNumeric, type RegoNumber } from '../number.ts';
import { compareValues, equalValues } from '../order.ts';
import { formatTerm } from '../text.ts';
import { RegoObject, RegoSet, typeName, type Value } from '../value.ts';
import { differenceOf, intersectionOf, unionOf } from './arrays.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinResult,
  type BuiltinSpec,
  defineBuiltin,
  operandFault,
} from './define.ts';
import { arithmeticOf, numberResult } from './operands.ts';

const arithmetic = (
  name: string,
  {
    infix,
    operation,
    summary,
  }: { infix: string; operation: 'add' | 'mul' | 'div' | 'rem'; summary: string },
): BuiltinSpec =>
  defineBuiltin({
    name,
    infix,
    summary,
    args: ['number', 'number'],
    result: 'number',
    impl(a: RegoNumber, b: RegoNumber) {
      return numberResult(arithmeticOf(this)[operation](a, b));
    },
  });

const comparison = (
  name: string,
  { infix, test, summary }: { infix: string; test: (order: number) => boolean; summary: string },
): BuiltinSpec =>
  defineBuiltin({
    name,
    infix,
    summary,
    args: ['any', 'any'],
    result: 'boolean',
    impl(a: Value, b: Value) {
      return test(compareValues(a, b, this.profile.order));
    },
  });

/** Unification is the compiler's business: it rewrites these away. */
const unification = (name: string, infix: string, summary: string): BuiltinSpec =>
  defineBuiltin({
    name,
    infix,
    summary,
    args: ['any', 'any'],
    result: 'boolean',
    impl: equalValues,
  });

function minus(context: BuiltinContext, a: Value, b: Value): BuiltinResult {
  if (isNumeric(a) && isNumeric(b)) return numberResult(arithmeticOf(context).sub(a, b));
  if (a instanceof RegoSet && b instanceof RegoSet) return differenceOf(a, b);
  if (!isNumeric(a) && !(a instanceof RegoSet)) {
    return operandFault(1, `must be one of {number, set} but got ${typeName(a)}`);
  }
  return operandFault(2, `must be ${isNumeric(b) ? 'set' : 'number'} but got ${typeName(b)}`);
}

function isMember(item: Value, collection: Value): boolean {
  if (collection instanceof RegoSet) return collection.has(item);
  if (Array.isArray(collection)) {
    return (collection as readonly Value[]).some((other) => equalValues(item, other));
  }
  if (!(collection instanceof RegoObject)) return false;
  for (const [, value] of collection.entries()) if (equalValues(item, value)) return true;
  return false;
}

function isMemberAt(key: Value, item: Value, collection: Value): boolean {
  if (collection instanceof RegoSet) return collection.has(key) && equalValues(key, item);
  if (collection instanceof RegoObject) {
    const found = collection.get(key);
    return found !== undefined && equalValues(found, item);
  }
  if (!Array.isArray(collection) || typeof key !== 'number') return false;
  const found = (collection as readonly Value[])[key];
  return found !== undefined && equalValues(found, item);
}

/** Parts of a template string: a set holds the answers of one expression. */
function renderTemplate(parts: readonly Value[]): BuiltinResult {
  const out: string[] = [];
  for (const part of parts) {
    if (!(part instanceof RegoSet)) {
      out.push(typeof part === 'string' ? part : formatTerm(part));
      continue;
    }
    const [value, ...more] = part.values();
    if (more.length > 0) {
      return builtinFault('template-strings must not produce multiple outputs');
    }
    if (value === undefined) out.push('<undefined>');
    else out.push(typeof value === 'string' ? value : formatTerm(value));
  }
  return out.join('');
}

export const operators = [
  arithmetic('plus', { infix: '+', operation: 'add', summary: 'Sum.' }),
  arithmetic('mul', { infix: '*', operation: 'mul', summary: 'Product.' }),
  arithmetic('div', { infix: '/', operation: 'div', summary: 'Quotient.' }),
  arithmetic('rem', {
    infix: '%',
    operation: 'rem',
    summary: 'Remainder, with the sign of the first.',
  }),
  defineBuiltin({
    name: 'minus',
    infix: '-',
    summary: 'Difference of numbers or of sets.',
    args: ['any<number, set[any]>', 'any<number, set[any]>'],
    result: 'any<number, set[any]>',
    unchecked: true,
    impl(a: Value, b: Value) {
      return minus(this, a, b);
    },
  }),
  defineBuiltin({
    name: 'and',
    infix: '&',
    summary: 'Members of both sets.',
    args: ['set[any]', 'set[any]'],
    result: 'set[any]',
    impl: intersectionOf,
  }),
  defineBuiltin({
    name: 'or',
    infix: '|',
    summary: 'Members of either set.',
    args: ['set[any]', 'set[any]'],
    result: 'set[any]',
    impl: unionOf,
  }),
  comparison('equal', { infix: '==', test: (order) => order === 0, summary: 'Equal.' }),
  comparison('neq', { infix: '!=', test: (order) => order !== 0, summary: 'Not equal.' }),
  comparison('lt', { infix: '<', test: (order) => order < 0, summary: 'Less.' }),
  comparison('lte', { infix: '<=', test: (order) => order <= 0, summary: 'Less or equal.' }),
  comparison('gt', { infix: '>', test: (order) => order > 0, summary: 'Greater.' }),
  comparison('gte', { infix: '>=', test: (order) => order >= 0, summary: 'Greater or equal.' }),
  unification('eq', '=', 'Unification.'),
  unification('assign', ':=', 'Assignment.'),
  defineBuiltin({
    name: 'internal.member_2',
    infix: 'in',
    summary: '`x in xs`: an element, or a value of an object.',
    args: ['any', 'any'],
    result: 'boolean',
    impl: isMember,
  }),
  defineBuiltin({
    name: 'internal.member_3',
    infix: 'in',
    summary: '`k, x in xs`: the value at an index or key.',
    args: ['any', 'any', 'any'],
    result: 'boolean',
    impl: isMemberAt,
  }),
  defineBuiltin({
    name: 'internal.template_string',
    summary: 'Joins the parts of a template string.',
    args: ['array[any]'],
    result: 'string',
    impl: renderTemplate,
  }),
  // Targets of compiler rewrites; the evaluator handles them itself.
  defineBuiltin({
    name: 'internal.print',
    summary: 'What the compiler turns print into.',
    args: ['array[set[any]]'],
    result: 'void',
    impl: () => true,
  }),
  defineBuiltin({
    name: 'internal.test_case',
    summary: 'Marks the case that a test rule is at.',
    args: ['array[any]'],
    result: 'void',
    impl: () => true,
  }),
];
