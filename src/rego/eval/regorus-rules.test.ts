import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';

/** How often a loop runs in regorus; counted by prints, recorded from regorus 0.9.1 and 0.10.1. */
function turns(rule: string): number {
  const text = `package p\n\n${rule}\n`;
  const result = compile([{ name: 'p.rego', text }], { profile: 'kata' });
  if (!result.ok) throw new Error(result.errors[0]?.message);
  return result.policy.query('data.p.r', { input: { value: { a: [1, 2, 3] } } }).prints.length;
}

const loop = 'some x in input.a\n\tprint(x)';

describe('loops of a rule of the guest stop at the first solution', () => {
  it.each([
    { note: 'when the head is a literal', rule: `r := 3 if {\n\t${loop}\n}`, count: 1 },
    { note: 'when an element is a literal', rule: `r contains 3 if {\n\t${loop}\n}`, count: 1 },
    {
      note: 'not when the value is computed',
      rule: `r := y if {\n\ty := 1\n\t${loop}\n}`,
      count: 3,
    },
    {
      note: 'whatever the else branch gives',
      rule: `r := 3 if {\n\t${loop}\n} else := y if {\n\ty := 1\n}`,
      count: 1,
    },
    {
      note: 'in an else branch that gives a literal',
      rule: `r := y if {\n\tsome y in input.none\n} else := 2 if {\n\t${loop}\n}`,
      count: 1,
    },
  ])('$note', ({ rule, count }) => {
    expect(turns(rule)).toBe(count);
  });
});
