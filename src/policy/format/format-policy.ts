/**
 * The canonical form of a policy, in the dialect it is written in: Rego v0 stays v0, unless it is to be
 * written for both, which every release of the agent then reads the same.
 */
import { formatModule, parseModule, type Diagnostic } from '#rego';

export interface FormatPolicyOptions {
  /** The dialect of the text. Default: the newer one that it parses in. */
  readonly rego?: 'v0' | 'v1';
  /** Write for both dialects: v1 spelling under `import rego.v1`. */
  readonly forBoth?: boolean;
}

export type FormattedPolicy =
  | { readonly ok: true; readonly text: string; readonly rego: 'v0' | 'v1' }
  /** In the words of the dialect that the text is taken for. */
  | { readonly ok: false; readonly errors: readonly Diagnostic[] };

export function formatPolicy(
  text: string,
  file: string,
  { rego, forBoth = false }: FormatPolicyOptions = {},
): FormattedPolicy {
  const source = { name: file, text };
  const dialect = rego ?? dialectOf(text, file);
  const { text: formatted, errors } = formatModule(source, {
    // A text under `import rego.v1` is v1 to both parsers; v0 is what takes the rest.
    regoVersion: dialect,
    ...(forBoth && { target: 'v0v1' as const }),
  });
  if (formatted !== undefined) return { ok: true, text: formatted, rego: dialect };
  return { ok: false, errors };
}

/** v1 unless only v0 reads it; what neither reads is taken for v1, whose errors are then told. */
function dialectOf(text: string, file: string): 'v0' | 'v1' {
  const parses = (regoVersion: 'v0' | 'v1'): boolean =>
    parseModule({ name: file, text }, { regoVersion }).module !== undefined;
  return parses('v1') || !parses('v0') ? 'v1' : 'v0';
}
