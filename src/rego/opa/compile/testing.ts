/** Runs all checks on parsed modules, as compile() does, for tests of the passes. */
import type { Module } from '../../ast.ts';
import type { Diagnostic } from '../../source.ts';
import { arityOf } from './check-undeclared.ts';
import { sortErrors } from '../../compile/error-list.ts';
import type { PassOptions } from './pass.ts';
import { runStages, STAGES_AFTER_SAFETY, STAGES_BEFORE_SAFETY } from './passes.ts';
import { resolvePolicy } from '../../compile/resolve.ts';
import { orderPolicy } from './safety.ts';
import { collectingSink } from '../../compile/sink.ts';

export function collectDiagnostics(
  modules: readonly Module[],
  options: PassOptions,
): readonly Diagnostic[] {
  const sink = collectingSink();
  const policy = resolvePolicy(modules, options.profile, collectingSink());
  if (runStages(STAGES_BEFORE_SAFETY, policy, sink, options)) {
    const ordered = orderPolicy(policy, arityOf(policy), sink);
    if (!sink.failed) runStages(STAGES_AFTER_SAFETY, ordered, sink, options);
  }
  return sortErrors(sink.diagnostics);
}
