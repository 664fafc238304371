import { expect, test } from 'vitest';
import type { RefTerm, Term } from '../ast.ts';
import { Tok } from '../lexer.ts';
import { type Value, valueBuilder } from '../value.ts';
import { arrayTerm, calleeName, infixCall, membership, objectTerm, setTerm } from './nodes.ts';

const source = { name: 'p', text: 'data.f["a-b"](x)' };
const span = { source, start: 0, end: 13 };
const builder = valueBuilder('double');

const variable = (name: string) => ({ kind: 'var', name, span }) as const;
const string = (value: string): Term => ({ kind: 'string', value, raw: false, span });
const number = (text: string): Term => ({ kind: 'number', text, span });
const x = variable('x');

test.each([
  [Tok.Assign, ':=', 'assign'],
  [Tok.Unify, '=', 'eq'],
  [Tok.Lte, '<=', 'lte'],
  [Tok.Rem, '%', 'rem'],
  [Tok.And, '&', 'and'],
])('token %d makes the call of %s', (token, infix, name) => {
  const call = infixCall(token, 5, x, number('1'), span);
  expect(call).toMatchObject({ kind: 'call', infix, name, at: 5, args: [x, { text: '1' }] });
});

test('membership has two operands, or three with a key', () => {
  expect(membership(undefined, x, variable('xs'), 2, span)).toMatchObject({
    name: 'internal.member_2',
    args: [{ name: 'x' }, { name: 'xs' }],
  });
  expect(membership(variable('k'), x, variable('xs'), 2, span)).toMatchObject({
    name: 'internal.member_3',
    args: [{ name: 'k' }, { name: 'x' }, { name: 'xs' }],
  });
});

const ref = (head: Term, ...path: Term[]): RefTerm => ({ kind: 'ref', head, path, at: 0, span });

test.each([
  [x, 'x'],
  [ref(variable('regex'), string('match')), 'regex.match'],
  [ref(variable('data'), string('f'), x), 'data.f["a-b"]'],
  [ref(string('s'), string('f')), 'data.f["a-b"]'],
])('%#: a callee is named by its parts, or as written', (callee, want) => {
  expect(calleeName(callee)).toBe(want);
});

const json = (term: Term): unknown =>
  term.kind === 'constant' ? [term.shape, term.value] : term.kind;

test.each<[Term[], [string, Value] | string]>([
  [[], ['array', []]],
  [
    [number('1'), string('a')],
    ['array', [1, 'a']],
  ],
  [
    [
      { kind: 'null', span },
      { kind: 'boolean', value: false, span },
    ],
    ['array', [null, false]],
  ],
  [[number('1'), x], 'array'],
])('%#: an array of ground items is one value', (items, want) => {
  expect(json(arrayTerm(items, span, builder))).toEqual(want);
  expect(arrayTerm(items, span, undefined).kind).toBe('array');
});

test('sets and objects too; one variable anywhere keeps the parts', () => {
  const one = setTerm([number('1'), number('1')], span, builder);
  expect(one).toMatchObject({ kind: 'constant', shape: 'set', value: { size: 1 } });
  expect(setTerm([x], span, builder).kind).toBe('set');
  const pair = objectTerm([string('a')], [one], span, builder);
  expect(pair).toMatchObject({ kind: 'constant', shape: 'object', value: { size: 1 } });
  expect(objectTerm([string('a')], [x], span, builder).kind).toBe('object');
  expect(objectTerm([x], [one], span, builder).kind).toBe('object');
});
