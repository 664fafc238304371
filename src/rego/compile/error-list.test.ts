import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../source.ts';
import { formatErrors } from './error-list.ts';

/** `count` errors, one a line. */
function errors(count: number): readonly Diagnostic[] {
  const source = { name: 'f.rego', text: 'x\n'.repeat(count) };
  return Array.from({ length: count }, (_, i) => ({
    severity: 'error',
    code: 'rego_type_error',
    message: `message ${String(i + 1)}`,
    span: { source, start: 2 * i, end: 2 * i + 1 },
    details: i === 0 ? ['have: x', 'want: y'] : [],
  }));
}

const line = (row: number): string =>
  `f.rego:${String(row)}: rego_type_error: message ${String(row)}`;
const first = `${line(1)}\n\thave: x\n\twant: y`;

describe('a list of errors', () => {
  test('one error stands on the line that announces it', () => {
    expect(formatErrors(errors(1))).toBe(`1 error occurred: ${first}`);
  });

  test('several errors stand on lines of their own, by place', () => {
    const text = formatErrors([...errors(3)].reverse());
    expect(text).toBe(`3 errors occurred:\n${[first, line(2), line(3)].join('\n')}`);
  });

  test('the tenth error is the last, and counts as reaching the limit', () => {
    const shown = [first, ...Array.from({ length: 9 }, (_, i) => line(i + 2))];
    const text = `11 errors occurred:\n${[...shown, 'rego_compile_error: error limit reached'].join('\n')}`;
    expect(formatErrors(errors(10))).toBe(text);
    expect(formatErrors(errors(12))).toBe(text);
  });

  test('repeats are shown once', () => {
    expect(formatErrors([...errors(1), ...errors(1)])).toBe(`1 error occurred: ${first}`);
  });

  test('text without a file name is placed by row and column', () => {
    const source = { name: '', text: 'a b' };
    const span = { source, start: 2, end: 3 };
    const error: Diagnostic = {
      severity: 'error',
      code: 'rego_unsafe_var_error',
      message: 'var b is unsafe',
      span,
      details: [],
    };
    expect(formatErrors([error])).toBe(
      '1 error occurred: 1:3: rego_unsafe_var_error: var b is unsafe',
    );
  });
});
