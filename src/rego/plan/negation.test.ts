import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';

/** What `not` makes of an operand that is undefined; recorded from OPA 1.19.0. */
const module = (literal: string): string => `package p

default r := "fails"

r := "holds" if {
	${literal}
}

f(x) := x if x > 5

g := 3 if input.missing
`;

function answer(literal: string, profile: string): unknown {
  const result = compile([{ name: 'p.rego', text: module(literal) }], { profile });
  if (!result.ok) return result.errors.map(({ message }) => message);
  const outcome = result.policy.query('data.p.r', { input: { value: { a: 1, l: [1, 2, 3] } } });
  return outcome.kind === 'value' ? outcome.value : outcome.kind;
}

describe('negation of what is undefined, in OPA', () => {
  it.each([
    ['not input.c', 'holds'],
    ['not input.c == 0', 'holds'],
    ['not input.c = 0', 'holds'],
    ['not input.c.d == 1 with input as {}', 'holds'],
    ['not g == 1', 'holds'],
    ['not f(1)', 'holds'],
    ['not to_number("x")', 'holds'],
    ['not 1 + 2 == input.c', 'holds'],
    ['not input.c <= 0', 'fails'],
    ['not input.c != 1', 'fails'],
    ['not input.c in [1]', 'fails'],
    ['not 1 in input.c', 'fails'],
    ['not startswith(input.c, "a")', 'fails'],
    ['not f(input.c)', 'fails'],
    ['not f(1) == 1', 'fails'],
    ['not g > 1', 'fails'],
    ['not (1 % 0) == 0', 'fails'],
    ['not [input.c] == [1]', 'fails'],
    ['not {"a": input.c} == {}', 'fails'],
    ['not input[input.c]', 'fails'],
    ['not count([1 | input.missing]) == 7', 'holds'],
    ['not f(input.c) with input.c as 1', 'holds'],
    // A call inside an operand is taken out of the negation, and iterates.
    ['not abs(input.l[_]) > 1', 'holds'],
    ['not abs(input.l[_]) > 0', 'fails'],
    ['not abs(input.l[i]) > 1; i == 1', 'fails'],
    ['not abs(input.l[i]) > 1; i == 0', 'holds'],
    ['not -input.l[_] < -1', 'holds'],
    ['not input.l[abs(input.l[_])]', 'holds'],
    ['not [abs(input.l[_])] == [1]', 'holds'],
    // What the negation reads itself, or gives to its own call, does not.
    ['not abs(input.l[_])', ['var _ is unsafe']],
    ['not input.l[_] > 1', ['var _ is unsafe']],
    ['not input.l[input.l[_]]', ['var _ is unsafe']],
    ['not count(array.concat(input.l, [_])) > 1', ['var _ is unsafe']],
  ])('%s %s', (literal, expected) => {
    expect(answer(literal, 'opa')).toEqual(expected);
  });

  it.each(['not input.c <= 0', 'not startswith(input.c, "a")', 'not f(1) == 1'])(
    'in the guest %s holds',
    (literal) => {
      expect(answer(literal, 'kata')).toBe('holds');
    },
  );
});
