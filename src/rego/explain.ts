/**
 * Why a query got its answer: per definition tried, how far its body got, the literal that stopped it
 * and the values it saw; the same for every rule and function that literal called. Of the many
 * iterations of a loop the one that got furthest is kept.
 */
import { dataPath } from './compile/policy.ts';
import type { Slots } from './eval/closure.ts';
import type { Observer } from './eval/observer.ts';
import type { PlanExpr, PlanLiteral, PlanRule } from './plan/plan.ts';
import type { Span } from './source.ts';
import type { Value } from './value.ts';

/** A subexpression with the value it had. `undefined` is Rego's undefined. */
export interface SeenValue {
  readonly span: Span;
  readonly value: Value | undefined;
}

export interface StoppedLiteral {
  readonly span: Span;
  readonly negated: boolean;
  /** Variables bound at that point, by the names the author gave. */
  readonly bindings: Readonly<Record<string, Value>>;
  /** Subexpressions evaluated last, outermost last. */
  readonly values: readonly SeenValue[];
  /** What kept a closure inside it (`every`, a comprehension, a negated body) from holding. */
  readonly inner: StoppedLiteral | undefined;
  /** Rules and functions evaluated for it. */
  readonly calls: readonly RuleAttempt[];
}

/** One definition, or one else branch of it, that was tried. */
export interface RuleAttempt {
  /** `data.agent_policy.allow_mount` */
  readonly path: string;
  readonly span: Span;
  readonly headSpan: Span;
  readonly branch: number;
  readonly isDefault: boolean;
  readonly isFunction: boolean;
  readonly held: boolean;
  /** Literals that held before the one that stopped it. */
  readonly passed: number;
  readonly stopped: StoppedLiteral | undefined;
}

export interface Explanation {
  /** Definitions of what was asked, nearest miss first. */
  readonly attempts: readonly RuleAttempt[];
  /** Some were left out: the evaluation tried more than the recorder keeps. */
  readonly truncated: boolean;
}

interface LiteralFrame {
  readonly literal: PlanLiteral;
  passes: number;
  readonly values: Map<PlanExpr, Value | undefined>;
  calls: RuleAttempt[];
  inner: Candidate | undefined;
}

interface Candidate {
  readonly passed: number;
  readonly stopped: StoppedLiteral;
}

interface RuleFrame {
  readonly rule: PlanRule;
  readonly branch: number;
  readonly literals: LiteralFrame[];
  held: boolean;
  best: Candidate | undefined;
}

/** Attempts kept per literal and in all. A loop over a thousand elements tells enough with a few. */
const MAX_CALLS = 64;
const MAX_ATTEMPTS = 20_000;

export class ExplainRecorder implements Observer {
  readonly #rules: RuleFrame[] = [];
  readonly #roots: RuleAttempt[] = [];
  readonly #byPath = new Map<string, RuleAttempt[]>();
  readonly #outside: LiteralFrame[] = [];
  #count = 0;
  #truncated = false;

  enterRule(rule: PlanRule, branch: number): void {
    this.#rules.push({ rule, branch, literals: [], held: false, best: undefined });
  }

  passRule(): void {
    const frame = this.#rules.at(-1);
    if (frame !== undefined) frame.held = true;
  }

  leaveRule(): void {
    const frame = this.#rules.pop();
    if (frame === undefined) return;
    if (++this.#count > MAX_ATTEMPTS) {
      this.#truncated = true;
      return;
    }
    const { rule, branch, held, best } = frame;
    const path = dataPath(rule.path);
    const attempt: RuleAttempt = {
      path,
      span: rule.span,
      headSpan: rule.headSpan,
      branch,
      isDefault: rule.isDefault,
      isFunction: rule.isFunction,
      held,
      passed: best?.passed ?? 0,
      stopped: held ? undefined : best?.stopped,
    };
    if (!rule.isFunction) {
      const known = this.#byPath.get(path) ?? [];
      known.push(attempt);
      this.#byPath.set(path, known);
    }
    const caller = this.#rules.at(-1)?.literals.at(-1);
    if (caller === undefined) this.#roots.push(attempt);
    else if (caller.calls.length < MAX_CALLS) caller.calls.push(attempt);
    else caller.calls = keepNearest(caller.calls, attempt);
  }

  #literals(): LiteralFrame[] {
    return this.#rules.at(-1)?.literals ?? this.#outside;
  }

  enterLiteral(literal: PlanLiteral): void {
    this.#literals().push({
      literal,
      passes: 0,
      values: new Map(),
      calls: [],
      inner: undefined,
    });
  }

  passLiteral(literal: PlanLiteral): void {
    // What runs between this and leaving are the literals after it, each with a frame of its own.
    const frame = this.#literals().findLast((one) => one.literal === literal);
    if (frame !== undefined) frame.passes++;
  }

  value(plan: PlanExpr, value: Value | undefined): void {
    const frame = this.#literals().at(-1);
    if (frame === undefined) return;
    // Last evaluated is last in the map.
    frame.values.delete(plan);
    frame.values.set(plan, value);
  }

  leaveLiteral(literal: PlanLiteral, slots: Slots): void {
    const literals = this.#literals();
    const frame = literals.pop();
    if (frame?.literal !== literal || frame.passes > 0) return;
    const outer = literals.findLast(({ passes }) => passes === 0);
    const passed = literals.length;
    const rule = this.#rules.at(-1);
    const known = outer?.inner ?? (outer === undefined ? rule?.best : undefined);
    if (known !== undefined && known.passed >= passed) return;
    const candidate = { passed, stopped: this.#snapshot(frame, slots) };
    if (outer !== undefined) outer.inner = candidate;
    else if (rule !== undefined) rule.best = candidate;
  }

  #snapshot(frame: LiteralFrame, slots: Slots): StoppedLiteral {
    const bindings: Record<string, Value> = Object.create(null) as Record<string, Value>;
    const names = this.#rules.at(-1)?.rule.slotNames ?? [];
    names.forEach((name, slot) => {
      const value = slots[slot];
      if (name !== undefined && name !== '_' && value !== undefined)
        bindings[name] = value as Value;
    });
    const values = Array.from(frame.values, ([plan, value]) => ({ span: plan.span, value }));
    return {
      span: frame.literal.span,
      negated: frame.literal.negated,
      bindings,
      values,
      inner: frame.inner?.stopped,
      calls: [...frame.calls, ...this.#cachedCalls(frame)].sort(nearestFirst),
    };
  }

  /** Rules that were evaluated before this literal asked for them. */
  #cachedCalls(frame: LiteralFrame): readonly RuleAttempt[] {
    const paths = new Set<string>();
    for (const [plan, value] of frame.values) {
      if (
        plan.op !== 'doc' ||
        plan.from !== undefined ||
        (value !== undefined && value !== false)
      ) {
        continue;
      }
      const parts = plan.keys.flatMap((key) =>
        key.op === 'const' && typeof key.value === 'string' ? [key.value] : [],
      );
      paths.add(dataPath(parts));
    }
    return [...paths]
      .filter((path) => frame.calls.every((call) => call.path !== path))
      .flatMap((path) => this.#byPath.get(path) ?? []);
  }

  explanation(): Explanation {
    return { attempts: [...this.#roots].sort(nearestFirst), truncated: this.#truncated };
  }
}

/** What held first, then what got furthest; defaults say the least. */
function nearestFirst(a: RuleAttempt, b: RuleAttempt): number {
  return (
    Number(a.isDefault) - Number(b.isDefault) ||
    Number(b.held) - Number(a.held) ||
    b.passed - a.passed
  );
}

/** Replaces the least telling of the attempts kept when the new one got further. */
function keepNearest(calls: readonly RuleAttempt[], attempt: RuleAttempt): RuleAttempt[] {
  return [...calls, attempt].sort(nearestFirst).slice(0, MAX_CALLS);
}
