import { describe, expect, test } from 'vitest';
import { kataProfile } from '#gate';
import { unclosedBracket } from './brackets.ts';
import { checkPolicy } from '../check/check-policy.ts';

describe('unclosedBracket', () => {
  test.each([
    ['a {\n  b', '{ 1:3'],
    ['a { [1, (2)\n}', '[ 1:5'],
    ['a { x := "}" # }\n `}`', '{ 1:3'],
    ['a { x := "\\"}"', '{ 1:3'],
    ['a { x := "open\n  f(', '( 2:4'],
    ['a { b } c [1]', undefined],
    ['"{" `[` # (', undefined],
    ['}', undefined],
  ])('%j: %s', (text, want) => {
    const found = unclosedBracket({ name: 'p.rego', text });
    expect(found && `${found.bracket} ${found.line}:${found.column}`).toBe(want);
  });
});

describe('a text that does not parse', () => {
  const first = (text: string) => checkPolicy(text, 'p.rego', kataProfile()).findings[0];

  test('shows the bracket that is still open at its end', () => {
    expect(first('package agent_policy\n\nx if {\n\tinput.a == 1\n')).toMatchObject({
      message: 'expecting `}` while parsing query',
      location: { file: 'p.rego', line: 5 },
      excerpt: ['x if {', '     ^'],
      hint: 'The "{" in line 3, column 6 is not closed.',
    });
  });

  test('names a byte order mark, which nobody sees', () => {
    expect(first('\ufeffpackage agent_policy\n')).toMatchObject({
      message: 'invalid character',
      hint: 'The text starts with a byte order mark, which the agent refuses: save it as UTF-8 without one.',
    });
  });
});
