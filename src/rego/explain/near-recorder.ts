/**
 * Watches a what-if evaluation and keeps the nearest ways. Frames follow the evaluation: rules, the
 * bodies in them (a rule's own and those of closures), the literals being tried. The distance of a way
 * is the sum over its literals; a body stops supposing once a way is further than those it keeps.
 */
import { dataPath } from '../compile/policy.ts';
import type { Slots } from '../eval/closure.ts';
import type { EvalFault } from '../eval/fault.ts';
import type { Observer } from '../eval/observer.ts';
import type { ClosureKind, WhatIf } from '../eval/what-if.ts';
import type { PlanExpr, PlanLiteral, PlanRule, PlanStep } from '../plan/plan.ts';
import type { Value } from '../value.ts';
import { InputIndex } from './input-index.ts';
import {
  checkedOrigins,
  distanceOf,
  fieldsOf,
  follows,
  insertNearest,
  isFailing,
  isTold,
  kindOf,
  MAX_ORIGINS,
  meanLikeness,
  sumOf,
  turnsOf,
} from './near-failure.ts';
import { type BodyFrame, literalFrame, type LiteralFrame, RuleFrame } from './near-frames.ts';
import {
  type Definition,
  type Failure,
  MAX_DEFINITIONS,
  Nearest,
  nearestFirst,
  type NearMiss,
  type Way,
  type Weigh,
} from './near-miss.ts';
import { type OriginKey, type Origins, originsOf } from './origins.ts';
import { exprLikeness, exprOf, seenOf, undefinedPart } from './seen.ts';

/** Ways kept of a rule that was asked for, of one that was called, of an element of `every`. */
const KEPT = { root: 16, called: 8, element: 1 } as const;
/** What an element of `every` counts when two others differ already. */
const FURTHER_ELEMENT = 0.25;

export class NearRecorder implements Observer, WhatIf {
  readonly #rules: RuleFrame[] = [];
  readonly #roots: Definition[] = [];
  readonly #byPath = new Map<string, Definition[]>();
  readonly #origins = new Map<string, Origins>();
  readonly #index: InputIndex;
  readonly #reach: number;
  readonly #weigh: Weigh;
  #omitted = 0;

  constructor(input: Value | undefined, reach: number, weigh: Weigh = () => 1) {
    this.#index = new InputIndex(input);
    this.#reach = reach;
    this.#weigh = weigh;
  }

  get #rule(): RuleFrame | undefined {
    return this.#rules.at(-1);
  }

  get #literal(): LiteralFrame | undefined {
    return this.#rule?.literals.at(-1);
  }

  get #body(): BodyFrame | undefined {
    return this.#rule?.bodies.at(-1);
  }

  // Rules.

  enterRule(rule: PlanRule, branch: number, slots: Slots): void {
    const outer = this.#rule;
    const body = this.#body;
    const call = rule.isFunction ? this.#literal?.calling : undefined;
    const caller = outer && call?.op === 'call' ? { scope: outer, args: call.args } : undefined;
    const frame = new RuleFrame(this, rule, branch, slots, caller);
    const isOne = rule.branches.every(
      ({ key, dynamic }) => key === undefined && dynamic.length === 0,
    );
    const isAsked = outer === undefined || !rule.isFunction;
    const relaxed = isOne && !rule.isDefault && (isAsked || this.#literal?.isSupposing === true);
    frame.bodies.push({
      kind: 'rule',
      relaxed,
      watched: relaxed,
      start: 0,
      budget: isAsked || body === undefined ? this.#reach : body.budget - body.distance,
      nearest: new Nearest(outer === undefined ? KEPT.root : KEPT.called),
      distance: 0,
    });
    this.#rules.push(frame);
  }

  passRule(rule: PlanRule, branch: number): void {
    const frame = this.#rule;
    if (frame === undefined) return;
    frame.held = true;
    this.#keepOrigins(frame, rule, branch);
  }

  #keepOrigins(frame: RuleFrame, rule: PlanRule, branch: number): void {
    const { value, key } = rule.branches[branch] ?? {};
    const made = key ?? value;
    if (made === undefined || frame.origins.length > MAX_ORIGINS) return;
    const own = made.op === 'const' ? [] : originsOf(made, frame);
    const isFact = made.op === 'const' && made.value !== true;
    // A rule that merely holds, or collects texts of its own, stands for what it looked at.
    const seen = own.length > 0 || isFact || rule.isFunction ? own : checkedOrigins(frame);
    frame.origins = [...frame.origins, ...seen];
  }

  leaveRule(rule: PlanRule, branch: number): void {
    const frame = this.#rules.pop();
    const [body] = frame?.bodies ?? [];
    if (frame === undefined || body === undefined) return;
    const { ways, tried } = body.nearest;
    const definition: Definition = { rule, branch, held: frame.held, ways, tried };
    const caller = this.#literal;
    if (!rule.isFunction) {
      const path = dataPath(rule.path);
      insertNearest(this.#byPath.get(path) ?? this.#file(path), definition);
      if (frame.origins.length > 0) this.#origins.set(path, frame.origins);
    } else if (caller?.calling !== undefined && frame.origins.length > 0) {
      caller.origins ??= new Map();
      caller.origins.set(caller.calling, frame.origins);
    }
    if (caller !== undefined && rule.isFunction) insertNearest(caller.definitions, definition);
    if (this.#rules.length === 0 && insertNearest(this.#roots, definition)) this.#omitted++;
  }

  #file(path: string): Definition[] {
    const definitions: Definition[] = [];
    this.#byPath.set(path, definitions);
    return definitions;
  }

  ruleOrigins(path: readonly OriginKey[]): { origins: Origins; depth: number } | undefined {
    for (let depth = path.length; depth > 0; depth--) {
      const origins = this.#origins.get(dataPath(path.slice(0, depth).map(String)));
      if (origins !== undefined) return { origins, depth };
    }
    return undefined;
  }

  // Literals.

  enterLiteral(literal: PlanLiteral): void {
    this.#rule?.literals.push(literalFrame(literal, literal.span));
  }

  passLiteral(literal: PlanLiteral): void {
    const rule = this.#rule;
    const frame = rule?.literals.at(-1);
    if (rule === undefined || frame?.literal !== literal) return;
    frame.passes++;
    if (this.#body?.kind !== 'not') return;
    const outer = rule.literals.at(-2);
    const tested = literal.steps.findLast((step) => step.op === 'test');
    if (outer !== undefined && tested !== undefined) {
      outer.negated = seenOf(tested.expr, rule, this.#index);
    }
  }

  value(plan: PlanExpr, value: Value | undefined): void {
    if (this.#body?.watched === true) this.#literal?.values.set(plan, value);
  }

  backtrack(literal: PlanLiteral): void {
    const frame = this.#rule?.literals.findLast((one) => one.literal === literal);
    if (frame !== undefined) this.#clear(frame);
  }

  #clear(frame: LiteralFrame): void {
    const body = this.#body;
    if (body !== undefined) for (const { distance } of frame.failures) body.distance -= distance;
    frame.failures = [];
    frame.definitions = [];
  }

  leaveLiteral(literal: PlanLiteral): void {
    const frame = this.#literal;
    if (frame?.literal !== literal) return;
    this.#clear(frame);
    this.#rule?.literals.pop();
  }

  // Suppositions.

  suppose(step: PlanStep): boolean {
    const rule = this.#rule;
    const frame = this.#literal;
    const body = this.#body;
    if (rule === undefined || frame === undefined || body?.relaxed !== true) return false;
    if (!isTold(frame, step)) {
      if (this.#isHopeless(step, rule, body)) {
        body.nearest.tried++;
        this.#clear(frame);
        frame.isCut = true;
        return false;
      }
      this.#fail(frame, body, this.#failureOf(step, frame, rule));
    }
    return this.#within(frame, body);
  }

  supposeLiteral(literal: PlanLiteral): boolean {
    const rule = this.#rule;
    const frame = this.#literal;
    const body = this.#body;
    if (rule === undefined || frame?.literal !== literal || body?.relaxed !== true) return false;
    // What was tried and given up has been told; only an empty loop has not.
    const scan = literal.steps.find(({ op }) => op === 'scan' || op === 'scan-doc');
    if (frame.passes > 0 || frame.isCut || scan === undefined) return false;
    this.#fail(frame, body, this.#failureOf(scan, frame, rule));
    return this.#within(frame, body);
  }

  /** With this failure the way cannot be among those kept: nobody will read what it says. */
  #isHopeless(step: PlanStep, rule: RuleFrame, body: BodyFrame): boolean {
    const expr = exprOf(step);
    // What failed before counts in the likeness, too; only a first failure can be judged alone.
    if (expr === undefined || this.rests()) return !body.nearest.admits(body.distance, 1);
    const likeness = exprLikeness(expr, rule);
    return !body.nearest.admits(body.distance + 1, likeness) || !this.#isNearRoot(body, likeness);
  }

  /** Of very many definitions only the nearest are kept, too. */
  #isNearRoot(body: BodyFrame, likeness: number): boolean {
    const worst = this.#roots.length < MAX_DEFINITIONS ? undefined : this.#roots.at(-1);
    const [way] = worst?.ways ?? [];
    if (this.#rules.length > 1 || way === undefined || body.nearest.ways.length > 0) return true;
    const distance = body.distance + 1;
    return distance < way.distance || (distance === way.distance && likeness > way.likeness);
  }

  #fail(frame: LiteralFrame, body: BodyFrame, failure: Failure): void {
    const before = this.#rule?.literals.slice(body.start).flatMap(({ failures }) => failures) ?? [];
    const one = follows(failure, before) ? { ...failure, distance: 0 } : failure;
    frame.failures.push(one);
    body.distance += one.distance;
  }

  /** False once the way is further than what is kept; it is told as far as it went. */
  #within(frame: LiteralFrame, body: BodyFrame): boolean {
    if (body.distance <= Math.min(body.budget, body.nearest.limit)) return true;
    this.#tell(body, { partial: true, value: undefined });
    this.#clear(frame);
    frame.isCut = true;
    return false;
  }

  #failureOf(step: PlanStep, { span, negated }: LiteralFrame, rule: RuleFrame): Failure {
    const expr = exprOf(step);
    const seen = expr === undefined ? negated : seenOf(expr, rule, this.#index);
    const missing = seen && step.op !== 'not' ? undefinedPart(seen) : undefined;
    const fields = seen === undefined ? [] : fieldsOf(seen);
    // A collection made from what failed before is empty for that reason.
    const isEmptied = missing?.parts.some(({ op }) => op === 'comprehension') && this.rests();
    return {
      kind: kindOf(step, missing !== undefined),
      span,
      seen,
      ways: [],
      text: undefined,
      distance: isEmptied ? 0 : distanceOf(step, missing) * Math.max(1, ...fields.map(this.#weigh)),
      fields,
    };
  }

  rests(): boolean {
    return this.#rule?.literals.slice(this.#body?.start).some(isFailing) === true;
  }

  supposed(value: Value | undefined, head: PlanExpr | undefined): void {
    const rule = this.#rule;
    const body = this.#body;
    const frame = this.#literal;
    if (rule === undefined || body === undefined || frame === undefined) return;
    if (head !== undefined && value === undefined && body.relaxed && !this.rests()) {
      const step: PlanStep = { op: 'test', expr: head };
      this.#fail(frame, body, this.#failureOf(step, { ...frame, span: head.span }, rule));
      this.#tell(body, { partial: false, value });
      this.#clear(frame);
      return;
    }
    this.#tell(body, { partial: false, value });
    if (body.kind === 'rule') this.#keepOrigins(rule, rule.rule, rule.branch);
  }

  #tell(body: BodyFrame, end: Pick<Way, 'partial' | 'value'>): void {
    const rule = this.#rule;
    body.nearest.tried++;
    if (rule === undefined || body.distance > body.nearest.limit) return;
    const literals = rule.literals.slice(body.start);
    const failures = literals.flatMap((frame) => frame.failures);
    body.nearest.add({
      rule: rule.rule,
      branch: rule.branch,
      // How far a way was when it was cut says nothing: likeness compares those.
      distance: Math.min(body.distance, this.#reach + 1),
      likeness: meanLikeness(failures),
      progress: literals.findIndex(isFailing),
      turns: literals.flatMap((frame) => turnsOf(frame, rule, this.#index)),
      failures,
      ...end,
    });
  }

  caught(fault: EvalFault, literal: PlanLiteral): boolean {
    if (fault.code === 'eval_limit_error' || fault.code === 'eval_cancel_error') return false;
    const at = this.#rules.findLastIndex(({ literals }) =>
      literals.some((frame) => frame.literal === literal),
    );
    const rule = this.#rules[at];
    if (rule === undefined) return false;
    this.#rules.length = at + 1;
    const index = rule.literals.findLastIndex((frame) => frame.literal === literal);
    rule.literals.length = index + 1;
    while (rule.bodies.length > 1 && (rule.bodies.at(-1)?.start ?? 0) > index) rule.bodies.pop();
    const frame = rule.literals[index];
    const body = this.#body;
    if (frame === undefined || body === undefined) return false;
    body.distance = rule.literals.slice(body.start).reduce((sum, one) => sum + sumOf(one), 0);
    const { message } = fault;
    const own = {
      kind: 'fault',
      span: literal.span,
      seen: undefined,
      ways: [],
      fields: [],
    } as const;
    this.#fail(frame, body, { ...own, text: message, distance: 1 });
    this.#tell(body, { partial: true, value: undefined });
    this.leaveLiteral(literal);
    return true;
  }

  // Closures.

  enterClosure(kind: ClosureKind): void {
    const rule = this.#rule;
    const outer = this.#body;
    if (rule === undefined || outer === undefined) return;
    rule.bodies.push({
      kind,
      relaxed: kind === 'every' && outer.relaxed,
      watched: kind !== 'comprehension' && outer.watched,
      start: rule.literals.length,
      budget: outer.budget - outer.distance,
      nearest: new Nearest(KEPT.element),
      distance: 0,
    });
  }

  leaveClosure(held: boolean): boolean {
    const rule = this.#rule;
    const closure = rule?.bodies.pop();
    const body = this.#body;
    const frame = this.#literal;
    if (closure?.kind !== 'every' || !closure.relaxed || held) return false;
    const [way] = closure.nearest.ways;
    if (way === undefined || body === undefined || frame === undefined) return false;
    // One cause often shifts all elements behind it: further ones count less.
    const weight = frame.failures.length < 2 ? 1 : FURTHER_ELEMENT;
    for (const failure of way.failures) {
      this.#fail(frame, body, { ...failure, distance: failure.distance * weight });
    }
    return !way.partial && body.distance <= Math.min(body.budget, body.nearest.limit);
  }

  // Calls.

  enterCall(plan: PlanExpr): void {
    const frame = this.#literal;
    if (frame === undefined) return;
    frame.calling = plan;
    frame.isSupposing = false;
    frame.definitions = [];
  }

  again(plan: PlanExpr, value: Value | undefined): boolean {
    const frame = this.#literal;
    const failed = value === undefined || value === false;
    if (!failed || frame?.calling !== plan || this.#body?.relaxed !== true) return false;
    frame.isSupposing = true;
    frame.definitions = [];
    return true;
  }

  supply(plan: PlanExpr, value: Value | undefined): Value | undefined {
    const frame = this.#literal;
    const body = this.#body;
    const rule = this.#rule;
    if (rule === undefined || frame === undefined || body?.relaxed !== true) return value;
    if (value !== undefined && value !== false) return value;
    const definitions = this.#definitionsFor(plan, frame);
    if (definitions.some((one) => one.held && !one.rule.isDefault)) return value;
    const ways = definitions.flatMap((one) => one.ways).sort(nearestFirst);
    const [way] = ways;
    if (way === undefined) return value;
    this.#fail(frame, body, {
      kind: 'no-way',
      span: frame.span,
      seen: seenOf(plan, rule, this.#index),
      ways: ways.slice(0, KEPT.called),
      text: undefined,
      distance: way.distance,
      fields: way.failures.flatMap(({ fields }) => fields),
    });
    return way.partial ? value : way.value;
  }

  #definitionsFor(plan: PlanExpr, frame: LiteralFrame): readonly Definition[] {
    if (plan.op === 'call') return frame.calling === plan ? frame.definitions : [];
    if (plan.op !== 'doc' || plan.from !== undefined) return [];
    const parts = plan.keys.flatMap((key) =>
      key.op === 'const' && typeof key.value === 'string' ? [key.value] : [],
    );
    return this.#byPath.get(dataPath(parts)) ?? [];
  }

  /** There are ways, and every one was given up. */
  get isCut(): boolean {
    const ways = this.#roots.flatMap((one) => one.ways);
    return ways.length > 0 && ways.every(({ partial }) => partial);
  }

  /** What has been found; also after an evaluation that was cut short. */
  nearMiss(isComplete: boolean): NearMiss {
    for (const { rule, branch } of this.#rules.toReversed()) this.leaveRule(rule, branch);
    return { definitions: this.#roots, omitted: this.#omitted, truncated: !isComplete };
  }
}
