import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';

const text = `package p

m["a.b"](x) := x + 1

m.a.b(x) := x + 10

own := m["a.b"](1)

full := data.p.m["a.b"](1)

dotted := m.a.b(1)
`;

describe('calls of functions whose name has a part with a dot', () => {
  const result = compile([{ name: 'p.rego', text }]);

  it.each([
    ['own', 2],
    ['full', 2],
    ['dotted', 11],
  ])('data.p.%s is %i', (rule, expected) => {
    const outcome = result.ok ? result.policy.query(`data.p.${rule}`) : undefined;
    expect(outcome).toMatchObject({ kind: 'value', value: expected });
  });
});
