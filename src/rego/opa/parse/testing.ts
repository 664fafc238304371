/** For tests of OPA's grammar: a module's errors as `row:col message`, as OPA 1.19.0 gives them. */
import { expect, test } from 'vitest';
import type { RegoVersion } from '../../ast.ts';
import { opaPosition } from '../../position.ts';
import { parseModule } from './parse-module.ts';

export const parse = (
  text: string,
  regoVersion: RegoVersion = 'v1',
): ReturnType<typeof parseModule> =>
  parseModule({ name: 'p.rego', text }, { regoVersion, isBuiltin: (name) => BUILTINS.has(name) });

const BUILTINS: ReadonlySet<string> = new Set(['count', 'equal', 'neq', 'plus', 'eq']);

export function errorsOf(text: string, version?: RegoVersion): string[] {
  return parse(text, version).errors.map(({ message, span }) => {
    const { row, col } = opaPosition(span.source, span.start);
    return `${row}:${col} ${message}`;
  });
}

/** What stands below `package p`, OPA's errors (none: the text is accepted), and the version. */
export type ErrorRow = [text: string, errors: string[], version?: RegoVersion];

export function testErrors(rows: ErrorRow[]): void {
  test.each<ErrorRow>(rows)('%j', (text, want, version) => {
    expect(errorsOf(`package p\n${text}`, version)).toEqual(want);
  });
}
