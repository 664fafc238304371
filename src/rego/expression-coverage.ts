/**
 * Which parts of a policy many queries reached: every literal (also those inside comprehensions,
 * `every` and `not`) with how often it was tried and held, every body with how often it was true, and
 * the subexpressions of a tried literal that were never evaluated because one before them was undefined.
 */
import type { CompiledPolicy } from './compiled-policy.ts';
import type { Observer } from './eval/observer.ts';
import type { PlanBody, PlanExpr, PlanLiteral, PlanRule } from './plan/plan.ts';
import { parts } from './plan/parts.ts';
import { dataPath } from './compile/policy.ts';
import type { Span } from './source.ts';

export interface LiteralCoverage {
  readonly span: Span;
  readonly tried: number;
  readonly held: number;
  /** False for a print or a plain assignment: to fail is not among what it is for. */
  readonly decides: boolean;
  /** Subexpressions that were never evaluated although the literal was tried; outermost only. */
  readonly unreached: readonly Span[];
}

export interface BodyCoverage {
  /** `data.agent_policy.allow_mount` */
  readonly path: string;
  readonly headSpan: Span;
  readonly isDefault: boolean;
  readonly tried: number;
  readonly held: number;
}

export interface ExpressionCoverage {
  readonly literals: readonly LiteralCoverage[];
  readonly bodies: readonly BodyCoverage[];
}

interface Count {
  tried: number;
  held: number;
}

const keyOf = ({ source, start, end }: Span): string => `${source.name}:${start}:${end}`;

/** One recorder may watch many queries of one compiled policy. */
export class ExpressionRecorder implements Observer {
  readonly #literals = new Map<PlanLiteral, Count & { passed: boolean }>();
  readonly #bodies = new Map<PlanRule, Count[]>();
  readonly #values = new Set<PlanExpr>();

  enterRule(rule: PlanRule, branch: number): void {
    this.#body(rule, branch).tried++;
  }

  passRule(rule: PlanRule, branch: number): void {
    this.#body(rule, branch).held++;
  }

  enterLiteral(literal: PlanLiteral): void {
    const count = this.#literals.get(literal);
    if (count === undefined) this.#literals.set(literal, { tried: 1, held: 0, passed: false });
    else {
      count.tried++;
      count.passed = false;
    }
  }

  passLiteral(literal: PlanLiteral): void {
    const count = this.#literals.get(literal);
    if (count === undefined || count.passed) return;
    count.passed = true;
    count.held++;
  }

  value(plan: PlanExpr): void {
    this.#values.add(plan);
  }

  #body(rule: PlanRule, branch: number): Count {
    let counts = this.#bodies.get(rule);
    if (counts === undefined) {
      counts = rule.branches.map(() => ({ tried: 0, held: 0 }));
      this.#bodies.set(rule, counts);
    }
    return (counts[branch] ??= { tried: 0, held: 0 });
  }

  /** Everything the policy has, in source order, also what was never reached. */
  report(policy: CompiledPolicy): ExpressionCoverage {
    const { program, resolved } = policy;
    // Observed evaluations run on plans of their own: spans tell which is which.
    const literals = summed(this.#literals);
    const values = new Set([...this.#values].map(({ span }) => keyOf(span)));
    const bodies = new Map([...this.#bodies].map(([rule, counts]) => [rule.id, counts]));
    const report = { literals: new Map<string, LiteralCoverage>(), bodies: [] as BodyCoverage[] };
    for (const rule of resolved.rules) {
      const plan = program.plan(rule);
      plan.branches.forEach((branch, index) => {
        const count = bodies.get(rule.id)?.[index] ?? { tried: 0, held: 0 };
        report.bodies.push({
          path: dataPath(plan.path),
          headSpan: index === 0 ? plan.headSpan : branch.span,
          isDefault: plan.isDefault,
          ...count,
        });
        for (const literal of allLiterals(branch.body, [
          branch.value,
          branch.key,
          ...branch.dynamic,
        ])) {
          const key = keyOf(literal.span);
          const { tried, held } = literals.get(key) ?? { tried: 0, held: 0 };
          const unreached = tried > 0 ? unreachedIn(literal, values) : [];
          report.literals.set(key, {
            span: literal.span,
            tried,
            held,
            decides: decides(literal),
            unreached,
          });
        }
      });
    }
    return { literals: [...report.literals.values()], bodies: report.bodies };
  }
}

/** Two literals of one span are one of the source: the second is a loop in the head. */
function summed(counts: ReadonlyMap<PlanLiteral, Count>): ReadonlyMap<string, Count> {
  const sums = new Map<string, Count>();
  for (const [{ span }, { tried, held }] of counts) {
    const key = keyOf(span);
    const known = sums.get(key);
    if (known === undefined) sums.set(key, { tried, held });
    else if (tried > known.tried) sums.set(key, { tried, held });
  }
  return sums;
}

/** The literals of a body and of every closure in it. */
function* allLiterals(
  body: PlanBody,
  heads: readonly (PlanExpr | undefined)[],
): Generator<PlanLiteral> {
  for (const literal of body) {
    yield literal;
    yield* literalsInside(literal);
  }
  for (const head of heads) {
    if (head === undefined) continue;
    for (const inner of parts([{ op: 'test', expr: head }]).bodies) yield* allLiterals(inner, []);
  }
}

function* literalsInside({ negated, steps }: PlanLiteral): Generator<PlanLiteral> {
  const { bodies } = parts(steps);
  const [only, ...others] = bodies[0] ?? [];
  // What `not` denies is told by the denial itself.
  if (negated && bodies.length === 1 && only !== undefined && others.length === 0) {
    yield* literalsInside(only);
    return;
  }
  for (const inner of bodies) yield* allLiterals(inner, []);
}

function decides({ steps }: PlanLiteral): boolean {
  const [step, ...others] = steps;
  if (step === undefined) return false;
  if (others.length > 0) return true;
  return step.op !== 'bind' && !(step.op === 'test' && step.expr.op === 'print');
}

/** What has its value before anything is evaluated tells nothing. */
function isSilent(expr: PlanExpr): boolean {
  switch (expr.op) {
    case 'const':
    case 'local':
    case 'input':
    case 'fail':
      return true;
    case 'array':
    case 'set':
      return expr.items.every(isSilent);
    case 'object':
      return expr.keys.every(isSilent) && expr.values.every(isSilent);
    default:
      return false;
  }
}

function unreachedIn({ steps }: PlanLiteral, values: ReadonlySet<string>): readonly Span[] {
  const missing = parts(steps).exprs.filter(
    (expr) => !isSilent(expr) && !values.has(keyOf(expr.span)),
  );
  const isInside = (inner: Span, outer: Span): boolean =>
    inner !== outer && inner.start >= outer.start && inner.end <= outer.end;
  const spans = missing.map(({ span }) => span);
  return spans.filter((span) => !spans.some((outer) => isInside(span, outer)));
}
