/** What an evaluation tells when somebody listens. Without an observer none of it is compiled in. */
import type { PlanExpr, PlanLiteral, PlanRule } from '../plan/plan.ts';
import type { Value } from '../value.ts';
import type { Slots } from './closure.ts';

export interface Observer {
  /** A branch of a rule starts, gives a value (once per solution), is done. */
  enterRule?(rule: PlanRule, branch: number, slots: Slots): void;
  passRule?(rule: PlanRule, branch: number, slots: Slots): void;
  leaveRule?(rule: PlanRule, branch: number, slots: Slots): void;
  /** A literal is tried, holds (once per solution), is done; what follows it runs in between. */
  enterLiteral?(literal: PlanLiteral, slots: Slots): void;
  passLiteral?(literal: PlanLiteral, slots: Slots): void;
  leaveLiteral?(literal: PlanLiteral, slots: Slots): void;
  /** The value of a subexpression. */
  value?(plan: PlanExpr, value: Value | undefined): void;
  note?(text: string): void;
}
