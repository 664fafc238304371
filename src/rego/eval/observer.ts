/** What an evaluation tells when somebody listens. Without an observer none of it is compiled in. */
import type { PlanLiteral, PlanRule } from '../plan/plan.ts';
import type { Value } from '../value.ts';
import type { Slots } from './closure.ts';

export interface Observer {
  /** A rule body starts; the result goes to `leaveRule`. */
  enterRule?(rule: PlanRule, branch: number, slots: Slots): void;
  leaveRule?(rule: PlanRule, branch: number, value: Value | undefined): void;
  /** A literal is tried, holds (once per solution), is left. */
  enterLiteral?(literal: PlanLiteral, slots: Slots): void;
  passLiteral?(literal: PlanLiteral, slots: Slots): void;
  failLiteral?(literal: PlanLiteral, slots: Slots): void;
  note?(text: string): void;
}
