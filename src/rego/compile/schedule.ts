/**
 * The guest's order: source order unless a statement must wait for its variables. What cannot be
 * placed stays in source order and reads as undefined.
 */
import type { Arity } from './outputs.ts';
import type { DiagnosticSink } from './pass.ts';
import type { Policy } from './policy.ts';
import { orderPolicy } from './safety.ts';

export function schedulePolicy(policy: Policy, arity: Arity, sink: DiagnosticSink): Policy {
  return orderPolicy(policy, arity, sink);
}
