/** Where a watched evaluation stands: rules, the bodies in them, the literals being tried. */
import type { Slots } from '../eval/closure.ts';
import type { ClosureKind } from '../eval/what-if.ts';
import type { PlanExpr, PlanLiteral, PlanRule } from '../plan/plan.ts';
import type { Span } from '../source.ts';
import type { Value } from '../value.ts';
import type { Definition, Failure, Nearest } from './near-miss.ts';
import type { OriginKey, Origins, Scope } from './origins.ts';
import type { Seen } from './seen.ts';

export interface LiteralFrame {
  /** Undefined for what a rule evaluates outside of its literals: its head. */
  readonly literal: PlanLiteral | undefined;
  readonly span: Span;
  readonly values: Map<PlanExpr, Value | undefined>;
  failures: Failure[];
  /** Rules evaluated for it and not yet asked for. */
  definitions: Definition[];
  origins: Map<PlanExpr, Origins> | undefined;
  calling: PlanExpr | undefined;
  /** The call is evaluated with suppositions. */
  isSupposing: boolean;
  passes: number;
  /** A way through it was given up. */
  isCut: boolean;
  /** What an inner `not` found to hold. */
  negated: Seen | undefined;
}

export interface BodyFrame {
  readonly kind: 'rule' | ClosureKind;
  readonly relaxed: boolean;
  /** Values are kept: a failure may have to tell them. */
  readonly watched: boolean;
  /** Index of its first literal in the rule's. */
  readonly start: number;
  readonly budget: number;
  readonly nearest: Nearest;
  distance: number;
}

export class RuleFrame implements Scope {
  readonly rule: PlanRule;
  readonly branch: number;
  readonly slots: Slots;
  readonly caller: Scope['caller'];
  readonly #recorder: Pick<Scope, 'ruleOrigins'>;
  readonly literals: LiteralFrame[];
  readonly bodies: BodyFrame[] = [];
  held = false;
  origins: Origins = [];

  constructor(
    recorder: Pick<Scope, 'ruleOrigins'>,
    rule: PlanRule,
    branch: number,
    slots: Slots,
    from: Caller,
  ) {
    this.#recorder = recorder;
    this.rule = rule;
    this.branch = branch;
    this.slots = slots;
    this.caller = from;
    this.literals = [literalFrame(undefined, rule.headSpan)];
  }

  valueOf(expr: PlanExpr): Value | undefined {
    return this.literals.findLast(({ values }) => values.has(expr))?.values.get(expr);
  }

  callOrigins(expr: PlanExpr): Origins | undefined {
    return this.literals.findLast(({ origins }) => origins?.has(expr))?.origins?.get(expr);
  }

  ruleOrigins(path: readonly OriginKey[]): { origins: Origins; depth: number } | undefined {
    return this.#recorder.ruleOrigins(path);
  }
}

type Caller = Scope['caller'];

export const literalFrame = (literal: PlanLiteral | undefined, span: Span): LiteralFrame => ({
  literal,
  span,
  values: new Map(),
  failures: [],
  definitions: [],
  origins: undefined,
  calling: undefined,
  isSupposing: false,
  passes: 0,
  isCut: false,
  negated: undefined,
});
