/**
 * Advice on a policy for a given engine: what loads and yet will not do what its author meant. Advice
 * never changes a verdict. One file per piece of advice, one row each in the table below.
 */
import type { Module } from '../ast.ts';
import type { Diagnostic } from '../source.ts';
import { adviseBuiltins } from './absent-builtins.ts';
import type { AdviceContext, AdviceOptions } from './context.ts';
import { adviseDialect } from './dialect.ts';
import { adviseEmptyBodies } from './empty-body.ts';
import { adviseFirstKey } from './first-key.ts';
import { adviseIteration } from './null-iteration.ts';
import { adviseKeywordImports } from './silent-allow.ts';
import { adviseUnaryMinus } from './unary-minus.ts';
import { adviseWildcards } from './wildcard-value.ts';
import { advisePackage } from './wrong-package.ts';

export type { AdviceOptions } from './context.ts';

interface Row {
  readonly name: string;
  /** Only for policies that regorus runs. */
  readonly regorusOnly: boolean;
  readonly run: (module: Module, context: AdviceContext) => void;
}

const ADVICE: readonly Row[] = [
  { name: 'silent-allow', regorusOnly: true, run: adviseKeywordImports },
  { name: 'wrong-package', regorusOnly: false, run: advisePackage },
  { name: 'absent-builtins', regorusOnly: false, run: adviseBuiltins },
  { name: 'dialect', regorusOnly: true, run: adviseDialect },
  { name: 'null-iteration', regorusOnly: true, run: adviseIteration },
  { name: 'first-key', regorusOnly: true, run: adviseFirstKey },
  { name: 'wildcard-value', regorusOnly: true, run: adviseWildcards },
  { name: 'unary-minus', regorusOnly: true, run: adviseUnaryMinus },
  { name: 'empty-body', regorusOnly: false, run: adviseEmptyBodies },
];

export function advise(modules: readonly Module[], options: AdviceOptions): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { name, regorusOnly, run } of ADVICE) {
    if (regorusOnly && options.profile.engine !== 'regorus') continue;
    const context: AdviceContext = {
      ...options,
      modules,
      report: (severity, span, message, hint) => {
        found.push({
          severity,
          code: 'rego_compile_error',
          message,
          span,
          details: [],
          advice: name,
          ...(hint !== undefined && { hint }),
        });
      },
    };
    for (const module of modules) run(module, context);
  }
  return found.sort((a, b) => a.span.start - b.span.start);
}
