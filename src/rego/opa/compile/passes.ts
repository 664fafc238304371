/**
 * The table of checks in OPA's stage order. A stage reports everything it finds; the first stage that
 * finds an error is the last one to run. Resolution comes before the first row, safety between the
 * two tables.
 */
import { checkDeprecatedBuiltins, checkUnsafeBuiltins } from './check-builtins.ts';
import { checkConflicts } from './check-conflicts.ts';
import { checkDeclarations } from './check-declarations.ts';
import { checkFunctions } from './check-functions.ts';
import { checkHeads } from './check-heads.ts';
import { checkDuplicateImports, checkUnusedImports } from './check-imports.ts';
import { checkRecursion } from './check-recursion.ts';
import { checkArgReferences, checkArgNames, checkKeywordOverrides } from './check-shadowing.ts';
import { checkTypes } from './check-types.ts';
import { checkUndeclared } from './check-undeclared.ts';
import { checkVoidCalls } from './check-void-calls.ts';
import { checkWith } from './check-with.ts';
import type { Pass, PassOptions } from './pass.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import type { Policy } from '../../compile/policy.ts';

/** Passes whose findings are reported together. */
export type Stage = readonly Pass[];

/** On resolved rules, bodies in source order. */
export const STAGES_BEFORE_SAFETY: readonly Stage[] = [
  [checkUnusedImports, checkArgNames],
  [checkKeywordOverrides],
  [checkDuplicateImports],
  [checkDeclarations],
  [checkUndeclared],
  [checkVoidCalls],
  [checkWith],
  [checkConflicts],
  [checkFunctions],
  [checkArgReferences, checkHeads],
];

/** On rules whose bodies the safety pass has ordered. */
export const STAGES_AFTER_SAFETY: readonly Stage[] = [
  [checkRecursion],
  [checkTypes], // after check-recursion: the rule graph has no cycles
  [checkUnsafeBuiltins],
  [checkDeprecatedBuiltins], // after check-types: OPA asks for the builtins that types required
];

/** Runs stage after stage until one has found an error; says whether none has. */
export function runStages(
  stages: readonly Stage[],
  policy: Policy,
  sink: DiagnosticSink,
  options: PassOptions,
): boolean {
  for (const stage of stages) {
    for (const pass of stage) pass.run(policy, sink, options);
    if (sink.failed) return false;
  }
  return true;
}
