import { expect, test } from 'vitest';
import { parseArguments, type OptionTable } from './command.ts';
import { resolveOptions } from './config.ts';

const table: OptionTable = {
  policy: { type: 'string', value: 'FILE', summary: 'a policy' },
  listen: { type: 'string', multiple: true, summary: 'an address' },
  follow: { type: 'boolean', short: 'f', summary: 'follow' },
  output: {
    type: 'string',
    short: 'o',
    choices: ['text', 'json'],
    default: 'text',
    summary: 'form',
  },
};

test.each([
  { note: 'an option with its value', argv: ['--policy', 'a.rego'], want: [['policy', 'a.rego']] },
  { note: 'an equals sign', argv: ['--policy=a.rego'], want: [['policy', 'a.rego']] },
  {
    note: 'a repeated option',
    argv: ['--listen', 'x', '--listen=y'],
    want: [['listen', ['x', 'y']]],
  },
  { note: 'a short switch', argv: ['-f'], want: [['follow', true]] },
  { note: 'a short option with its value', argv: ['-o', 'json'], want: [['output', 'json']] },
])('$note is read', ({ argv, want }) => {
  expect([...parseArguments(argv, table).values]).toEqual(want);
});

test('operands and what stands behind -- are kept apart', () => {
  const parsed = parseArguments(['web', '-f', '--', 'sh', '-c', 'id'], table);
  expect(parsed.operands).toEqual(['web']);
  expect(parsed.rest).toEqual(['sh', '-c', 'id']);
});

test.each([
  {
    note: 'an unknown option',
    argv: ['--polcy', 'x'],
    code: 'CLI_UNKNOWN_OPTION',
    hint: '--policy',
  },
  {
    note: 'a value that is not offered',
    argv: ['-o', 'xml'],
    code: 'CLI_VALUE',
    hint: 'text, json',
  },
  { note: 'a missing value', argv: ['--policy'], code: 'CLI_VALUE', hint: '--policy FILE' },
  {
    note: 'a value for a switch',
    argv: ['--follow=yes'],
    code: 'CLI_VALUE',
    hint: 'without a value',
  },
])('$note is refused with a way out', ({ argv, code, hint }) => {
  expect(() => parseArguments(argv, table)).toThrow(
    expect.objectContaining({ code, hint: expect.stringContaining(hint) }),
  );
});

test('a flag is stronger than the environment, which is stronger than the default', () => {
  const environment = { KATASIM_OUTPUT: 'json' };
  const none = resolveOptions(new Map(), table, environment);
  expect(none.text('output')).toBe('json');
  expect(resolveOptions(new Map([['output', 'text']]), table, environment).text('output')).toBe(
    'text',
  );
  expect(resolveOptions(new Map(), table, {}).text('output')).toBe('text');
});
