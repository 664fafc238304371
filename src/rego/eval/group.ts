/** All definitions of one name, and what it takes to make code of them. */
import type { ResolvedRule, RuleNode } from '../compile/policy.ts';
import type { PlanRule } from '../plan/plan.ts';
import type { RuleIndex } from '../plan/rule-index.ts';
import type { Value } from '../value.ts';
import type { Maker } from './closure.ts';
import type { Definition, Yield } from './definition.ts';
import type { Evaluation } from './evaluation.ts';

export interface GroupMaker {
  readonly maker: Maker;
  /** Prints are evaluated. */
  readonly prints: boolean;
  plan(rule: ResolvedRule): PlanRule;
  define(rule: ResolvedRule, plan: PlanRule, yields: Yield): Definition;
  /** What tells the definitions of a node apart; undefined where all are to be tried. */
  index(node: RuleNode): RuleIndex | undefined;
  /** The group of a node below, for documents made of several rules. */
  group(node: RuleNode): Group | undefined;
}

export interface Group {
  readonly id: number;
  readonly node: RuleNode;
  readonly isFunction: boolean;
  /** Operands of a function. */
  readonly arity: number;
  /** The value where neither documents nor evaluation can change it. */
  readonly constant: Value | undefined;
  /** The value, evaluated at most once per set of documents. */
  value(ev: Evaluation): Value | undefined;
  /** The value if it has been evaluated already. */
  known(ev: Evaluation): Value | undefined;
  readonly compute: (ev: Evaluation) => Value | undefined;
  readonly call: (ev: Evaluation, args: readonly Value[]) => Value | undefined;
}

/** What stands in the cache for "evaluated, and undefined", and for "being evaluated". */
export const UNDEFINED = Symbol('undefined');
export const IN_PROGRESS = Symbol('in progress');
