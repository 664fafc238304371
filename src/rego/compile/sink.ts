/** Collects diagnostics; see pass.ts. */
import type { Diagnostic } from '../source.ts';
import type { DiagnosticSink } from './pass.ts';

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
