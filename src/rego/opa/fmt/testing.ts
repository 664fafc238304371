/** For tests of the formatter: what becomes of a text below `package p`. */
import { expect, test } from 'vitest';
import { formatModule, type FormatOptions } from './format-module.ts';

export function format(body: string, options?: FormatOptions): string {
  const { text, errors } = formatModule(
    { name: 'p.rego', text: `package p\n\n${body}\n` },
    options,
  );
  if (text === undefined) throw new Error(errors[0]?.message);
  return text.replace('package p\n\n', '').trimEnd();
}

/** A text, what `opa fmt` of OPA 1.19.0 makes of it, and the version. */
export type FormatRow = [text: string, formatted: string, version?: 'v0'];

export function testFormat(rows: FormatRow[]): void {
  test.each<FormatRow>(rows)('%j', (text, want, version) => {
    const options = version && { regoVersion: version };
    expect(format(text, options)).toBe(want);
    expect(format(want, options)).toBe(want);
  });
}
