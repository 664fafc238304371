/** All checks of a resolved policy, and its bodies put into OPA's order. */
import type { Arity } from '../../compile/arity.ts';
import type { Policy } from '../../compile/policy.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import type { PassOptions } from './pass.ts';
import { runStages, STAGES_AFTER_SAFETY, STAGES_BEFORE_SAFETY } from './passes.ts';
import { orderPolicy } from './safety.ts';

export interface CheckOptions extends PassOptions {
  /** Whether the checks beyond names and safety run. */
  readonly checked: boolean;
}

/** `undefined`: the sink has the errors of the first stage that found any. */
export function checkPolicy(
  policy: Policy,
  arity: Arity,
  sink: DiagnosticSink,
  options: CheckOptions,
): Policy | undefined {
  const { checked } = options;
  const hasErrors = (): boolean => sink.failed;
  if (hasErrors()) return undefined;
  if (checked && !runStages(STAGES_BEFORE_SAFETY, policy, sink, options)) return undefined;
  const ordered = orderPolicy(policy, arity, sink);
  if (hasErrors()) return undefined;
  if (checked && !runStages(STAGES_AFTER_SAFETY, ordered, sink, options)) return undefined;
  return ordered;
}
