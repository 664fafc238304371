/** What steps are made of: the expressions in them, and the bodies of closures, one level deep. */
import type { PlanBody, PlanComprehension, PlanExpr, PlanPattern, PlanStep } from './plan.ts';

export interface Parts {
  /** In order of evaluation, inner ones first; not those inside the bodies. */
  readonly exprs: readonly PlanExpr[];
  readonly bodies: readonly PlanBody[];
}

export function parts(steps: readonly PlanStep[]): Parts {
  const collector = new Collector();
  for (const step of steps) collector.step(step);
  return collector;
}

class Collector implements Parts {
  readonly exprs: PlanExpr[] = [];
  readonly bodies: PlanBody[] = [];

  step(step: PlanStep): void {
    switch (step.op) {
      case 'test':
      case 'bind':
        this.expr(step.expr);
        return;
      case 'match':
        this.expr(step.expr);
        this.pattern(step.pattern);
        return;
      case 'scan':
        this.expr(step.over);
        this.pattern(step.key);
        this.pattern(step.value);
        return;
      case 'scan-doc':
        this.expr(step.doc);
        this.pattern(step.key);
        return;
      case 'relation':
        this.expr(step.call);
        this.pattern(step.pattern);
        return;
      case 'not':
        this.bodies.push(step.body);
        return;
      case 'every':
        this.expr(step.domain);
        this.pattern(step.key);
        this.pattern(step.value);
        this.bodies.push(step.body);
        return;
      case 'with':
        for (const modifier of step.modifiers) {
          if (modifier.target === 'nothing') continue;
          if (modifier.target !== 'function') this.expr(modifier.value);
          else if (typeof modifier.by !== 'string') this.expr(modifier.by);
        }
        for (const inner of step.steps) this.step(inner);
    }
  }

  expr(expr: PlanExpr): void {
    switch (expr.op) {
      case 'const':
      case 'local':
      case 'input':
      case 'fail':
        break;
      case 'doc':
        this.all(expr.keys);
        break;
      case 'get':
        this.all([expr.base, expr.key]);
        break;
      case 'array':
      case 'set':
        this.all(expr.items);
        break;
      case 'object':
        this.all([...expr.keys, ...expr.values]);
        break;
      case 'builtin':
      case 'call':
      case 'print':
        this.all(expr.args);
        break;
      case 'compare':
      case 'arithmetic':
        this.all([expr.left, expr.right]);
        break;
      case 'member':
        this.all([...(expr.key === undefined ? [] : [expr.key]), expr.value, expr.collection]);
        break;
      case 'comprehension':
        this.comprehension(expr);
        break;
      case 'template':
        for (const part of expr.parts) if (typeof part !== 'string') this.comprehension(part);
    }
    this.exprs.push(expr);
  }

  all(exprs: readonly PlanExpr[]): void {
    for (const expr of exprs) this.expr(expr);
  }

  /** What it collects is evaluated per solution of its body. */
  comprehension({ body, key, value }: PlanComprehension): void {
    this.bodies.push(body);
    this.all([...(key === undefined ? [] : [key]), value]);
  }

  pattern(pattern: PlanPattern): void {
    switch (pattern.match) {
      case 'any':
      case 'bind':
        return;
      case 'equal':
        this.expr(pattern.expr);
        return;
      case 'array':
        for (const item of pattern.items) this.pattern(item);
        return;
      case 'object':
        this.all(pattern.keys);
        for (const value of pattern.values) this.pattern(value);
    }
  }
}
