/** Where passes put what they find. */
import type { Diagnostic, Span } from '../source.ts';

export interface DiagnosticSink {
  add(diagnostic: Diagnostic): void;
  /** Shorthand: an error of `code` at `span`. */
  error(code: Diagnostic['code'], span: Span, message: string, details?: readonly string[]): void;
  readonly failed: boolean;
}

export interface CollectingSink extends DiagnosticSink {
  readonly diagnostics: readonly Diagnostic[];
}

export function collectingSink(): CollectingSink {
  const diagnostics: Diagnostic[] = [];
  return {
    diagnostics,
    add(diagnostic) {
      diagnostics.push(diagnostic);
    },
    error(code, span, message, details = []) {
      diagnostics.push({ severity: 'error', code, message, span, details });
    },
    get failed() {
      return diagnostics.some(({ severity }) => severity === 'error');
    },
  };
}
