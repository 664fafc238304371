/** A list of errors in OPA's words: sorted by place, at most ten, one line and its details each. */
import { opaPosition, rowOf } from '../position.ts';
import type { Diagnostic } from '../source.ts';

/** Source: OPA's CompileErrorLimitDefault. */
const ERROR_LIMIT = 10;

const byPlace = (a: Diagnostic, b: Diagnostic): number => {
  const left = a.span.source.name;
  const right = b.span.source.name;
  if (left !== right) return left < right ? -1 : 1;
  return (
    a.span.start - b.span.start || (a.message < b.message ? -1 : a.message > b.message ? 1 : 0)
  );
};

/** Errors in the order they are shown, repeats dropped. */
export function sortErrors(errors: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return [...errors].sort(byPlace).filter((error) => {
    const key = `${error.span.source.name}:${String(error.span.start)}:${error.code}:${error.message}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** `1 error occurred: f.rego:2: rego_type_error: ...` or `2 errors occurred:` and a line for each. */
export function formatErrors(errors: readonly Diagnostic[], limit = ERROR_LIMIT): string {
  const sorted = sortErrors(errors);
  const lines = sorted.slice(0, limit).map(errorText);
  // OPA stops counting as soon as the limit is reached, even when no further error follows.
  if (sorted.length >= limit) lines.push('rego_compile_error: error limit reached');
  const [only] = lines;
  if (only === undefined) return 'no error(s)';
  if (lines.length === 1) return `1 error occurred: ${only}`;
  return `${String(lines.length)} errors occurred:\n${lines.join('\n')}`;
}

/** One error with its details, indented by a tab. */
export function errorText({ span, code, message, details }: Diagnostic): string {
  const { source, start } = span;
  const { row, col } = opaPosition(source, start);
  const place =
    source.name === ''
      ? `${String(row)}:${String(col)}`
      : `${source.name}:${String(rowOf(source, start))}`;
  return [`${place}: ${code}: ${message}`, ...details].join('\n\t');
}
