/** An expression as it was evaluated: every part with its value and where that came from. */
import type { PlanExpr, PlanStep } from '../plan/plan.ts';
import type { Span } from '../source.ts';
import { isArray, RegoSet, type Value } from '../value.ts';
import { partsOf } from './bindings.ts';
import { type Origins, originsOf, type Scope, valueIn } from './origins.ts';
import type { InputIndex } from './input-index.ts';

export interface Seen {
  readonly span: Span;
  readonly op: PlanExpr['op'];
  /** Operator, builtin, function or variable. */
  readonly name: string;
  readonly value: Value | undefined;
  readonly origins: Origins;
  readonly parts: readonly Seen[];
}

const MAX_DEPTH = 12;

export function seenOf(expr: PlanExpr, scope: Scope, index: InputIndex, depth = 0): Seen {
  const value = valueIn(expr, scope);
  const parts = depth >= MAX_DEPTH ? [] : partsOf(expr);
  return {
    span: expr.span,
    op: expr.op,
    name: nameOf(expr),
    value,
    origins: index.refine(value, originsOf(expr, scope)),
    parts: parts.map((part) => seenOf(part, scope, index, depth + 1)),
  };
}

function nameOf(expr: PlanExpr): string {
  switch (expr.op) {
    case 'builtin':
      return expr.spec.name;
    case 'call':
    case 'local':
      return expr.name;
    case 'compare':
    case 'arithmetic':
      return expr.operator;
    default:
      return expr.op;
  }
}

/** The part that made an expression undefined: the first that has no value though its own parts do. */
export function undefinedPart(seen: Seen): Seen | undefined {
  if (seen.value !== undefined) return undefined;
  for (const part of seen.parts) {
    const found = undefinedPart(part);
    if (found !== undefined) return found;
  }
  return seen;
}

/** What a step evaluates before it decides. */
export function exprOf(step: PlanStep): PlanExpr | undefined {
  switch (step.op) {
    case 'test':
    case 'bind':
    case 'match':
      return step.expr;
    case 'scan':
      return step.over;
    case 'scan-doc':
      return step.doc;
    case 'every':
      return step.domain;
    case 'relation':
      return step.call;
    case 'not':
    case 'with':
      return undefined;
  }
}

/** How much what a check compares has in common: 0 nothing, 1 everything. */
export const seenLikeness = ({ op, parts }: Seen): number => partsLikeness(op, parts);

function partsLikeness(op: PlanExpr['op'], parts: readonly Pick<Seen, 'value'>[]): number {
  const [a, b] = parts;
  switch (op) {
    case 'compare':
      return likeness(a?.value, b?.value);
    case 'builtin':
      return testLikeness(a?.value, b?.value);
    case 'member':
      return nearestMember(parts.at(-2)?.value, parts.at(-1)?.value)?.likeness ?? 0;
    default:
      return 0;
  }
}

/** The same before anything else about the expression is known. */
export function exprLikeness(expr: PlanExpr, scope: Scope): number {
  const parts = partsOf(expr).map((part) => ({ value: valueIn(part, scope) }));
  return partsLikeness(expr.op, parts);
}

/** Members looked at for one that is like a value. */
const MAX_MEMBERS = 256;

/** The member of a collection that has most in common with a text. */
export function nearestMember(
  value: Value | undefined,
  collection: Value | undefined,
): { readonly member: string; readonly likeness: number } | undefined {
  if (typeof value !== 'string') return undefined;
  const members = collection instanceof RegoSet ? [...collection.values()] : collection;
  if (!isArray(members)) return undefined;
  let best: { member: string; likeness: number } | undefined;
  for (const member of members.slice(0, MAX_MEMBERS)) {
    if (typeof member !== 'string') continue;
    const found = textLikeness(value, member);
    if (best === undefined || found > best.likeness) best = { member, likeness: found };
  }
  return best;
}

/** How much two values that should be equal have in common: 0 nothing, 1 everything. */
function likeness(a: Value | undefined, b: Value | undefined): number {
  if (typeof a === 'string' && typeof b === 'string') return textLikeness(a, b);
  if (!isArray(a) || !isArray(b)) return a === b ? 1 : 0;
  const length = Math.max(a.length, b.length);
  if (length === 0) return 1;
  let same = 0;
  for (let i = 0; i < Math.min(a.length, b.length, 64); i++) same += a[i] === b[i] ? 1 : 0;
  return same / length;
}

/** The same for the operands of a test such as `regex.match`: the plain text of a pattern counts. */
function testLikeness(a: Value | undefined, b: Value | undefined): number {
  if (typeof a !== 'string' || typeof b !== 'string') return 0;
  return textLikeness(plainText(a), plainText(b));
}

const plainText = (pattern: string): string =>
  pattern.replace(/^\^|\$$/g, '').replace(/\\(?=[^\w\s])/g, '');

function textLikeness(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  const shortest = Math.min(a.length, b.length);
  if (longest === 0) return 1;
  let head = 0;
  while (head < shortest && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shortest - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return (head + tail) / longest;
}
