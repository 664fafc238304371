/**
 * regorus' checks of patterns against literals, made when the policy is prepared: array lengths,
 * object keys, what may stand on the left of `:=`.
 * Source: regorus src/compiler/destructuring_planner.
 */
import type { Body, Literal, Term, VarTerm } from '../ast.ts';
import { formatOperand } from '../text.ts';
import { isArray, RegoObject, type Value } from '../value.ts';
import { regorusOffset } from './regorus-offset.ts';
import { RegorusRefusal } from './regorus-refusal.ts';
import { type Local, type ResolvedRule, sourceName } from './policy.ts';
import { eachAssigned, eachIndex } from './schedule-vars.ts';
import { eachCall, eachClosure, eachVar } from './vars.ts';

/** A literal as patterns see it; `undefined` parts are not literal. */
type Shape =
  | { readonly kind: 'array'; readonly items: readonly (Shape | undefined)[]; readonly term: Term }
  | {
      readonly kind: 'object';
      readonly keys: readonly (string | undefined)[];
      readonly values: readonly (Shape | undefined)[];
      readonly term: Term;
    };

function shapeOf(term: Term): Shape | undefined {
  switch (term.kind) {
    case 'array':
      return { kind: 'array', items: term.items.map(shapeOf), term };
    case 'object':
      return {
        kind: 'object',
        keys: term.keys.map(literalKey),
        values: term.values.map(shapeOf),
        term,
      };
    case 'constant':
      return shapeOfValue(term.value, term);
    default:
      return undefined;
  }
}

function shapeOfValue(value: Value, term: Term): Shape | undefined {
  if (isArray(value)) {
    return { kind: 'array', items: value.map((item) => shapeOfValue(item, term)), term };
  }
  if (!(value instanceof RegoObject)) return undefined;
  const entries = [...value.entries()];
  return {
    kind: 'object',
    keys: entries.map(([key]) => formatOperand(key, 'regorus')),
    values: entries.map(([, member]) => shapeOfValue(member, term)),
    term,
  };
}

function literalKey(term: Term): string | undefined {
  switch (term.kind) {
    case 'string':
      return term.value;
    case 'number':
      return term.text;
    case 'boolean':
      return String(term.value);
    case 'null':
      return 'null';
    default:
      return undefined;
  }
}

const quoted = (keys: readonly string[]): string =>
  `[${keys.map((key) => JSON.stringify(key)).join(', ')}]`;

const refuse = (term: Term, text: string): never => {
  throw new RegorusRefusal(term.span, regorusOffset(term), text);
};

type Verdict = 'match' | 'unknown' | { readonly term: Term; readonly text: string };

/** A pattern against a literal; the first part that cannot be told ends the comparison. */
function compareShapes(pattern: Shape | undefined, literal: Shape | undefined): Verdict {
  if (pattern === undefined || literal === undefined) return 'unknown';
  if (pattern.kind === 'array' && literal.kind === 'array') {
    if (pattern.items.length !== literal.items.length) {
      return { term: literal.term, text: 'mismatch in number of array elements' };
    }
    for (let i = 0; i < pattern.items.length; i++) {
      const verdict = compareShapes(pattern.items[i], literal.items[i]);
      if (verdict !== 'match') return verdict;
    }
    return 'match';
  }
  if (pattern.kind !== 'object' || literal.kind !== 'object') return 'unknown';
  const expected = pattern.keys.filter((key) => key !== undefined).toSorted();
  if (expected.length > 0) {
    const actual = literal.keys.filter((key) => key !== undefined);
    if (quoted(expected) !== quoted(actual.toSorted())) {
      const text = `object literal keys mismatch. Expected keys ${quoted(expected)} got ${quoted(actual)}.`;
      return { term: literal.term, text };
    }
  }
  return pattern.keys.length === 0 ? 'match' : 'unknown';
}

const isStructure = (term: Term): 'array' | 'object' | undefined => {
  if (term.kind === 'array' || term.kind === 'object') return term.kind;
  return term.kind === 'constant' && term.shape !== 'set' ? term.shape : undefined;
};

const INCOMPATIBLE =
  'incompatible destructuring patterns: both sides must be arrays or objects with matching structure';

function requireFit(pattern: Term, literal: Term): void {
  const [a, b] = [isStructure(pattern), isStructure(literal)];
  if (a !== undefined && b !== undefined && a !== b) refuse(pattern, INCOMPATIBLE);
  const verdict = compareShapes(shapeOf(pattern), shapeOf(literal));
  if (typeof verdict === 'object') refuse(verdict.term, verdict.text);
}

const isWildcard = (term: Term): boolean => term.kind === 'var' && sourceName(term.name) === '_';

/** Walks a rule in the order it will run and keeps account of what is bound. */
class ShapeChecker {
  readonly #locals: ReadonlyMap<string, Local>;
  readonly #bound = new Set<string>();

  constructor(locals: ReadonlyMap<string, Local>) {
    this.#locals = locals;
  }

  /** Something in the pattern is not bound yet, or need not be. */
  #binds(term: Term): boolean {
    let binds = false;
    eachAssigned(term, (variable) => {
      if (isWildcard(variable) || !this.#bound.has(variable.name)) binds = true;
    });
    return binds;
  }

  bind(term: Term): void {
    eachAssigned(term, ({ name }) => this.#bound.add(name));
  }

  body(body: Body): void {
    for (const literal of body) this.#literal(literal);
  }

  #literal(literal: Literal): void {
    for (const { value } of literal.with) this.#inside(value);
    switch (literal.kind) {
      case 'some-in':
        this.#someIn(literal.value, literal.domain);
        if (literal.key !== undefined) this.bind(literal.key);
        this.bind(literal.value);
        this.#inside(literal.domain);
        return;
      case 'every':
        this.#inside(literal.domain);
        // Its variables do not count as bound in the body.
        this.body(literal.body);
        return;
      case 'expr':
        if (literal.term.kind === 'call' && literal.term.args.length === 2) {
          const [left, right] = literal.term.args as readonly [Term, Term];
          if (literal.term.infix === ':=') this.#assign(left, right);
          else if (literal.term.infix === '=') this.#unify(left, right);
        }
        this.#inside(literal.term);
        return;
      default:
    }
  }

  /** Closures, and what references and the last operand of a call bind. */
  #inside(term: Term): void {
    eachCall(term, (call) => {
      const last = call.args.at(-1);
      if (last !== undefined && call.infix === undefined) this.bind(last);
    });
    eachClosure(term, (closure) => {
      this.body(closure.body);
      this.#inside(closure.value);
      if (closure.key !== undefined) this.#inside(closure.key);
    });
    eachIndex(term, ({ name }) => this.#bound.add(name));
  }

  head(term: Term): void {
    this.#inside(term);
  }

  #assign(left: Term, right: Term): void {
    const targets: VarTerm[] = [];
    eachAssigned(left, (variable) => targets.push(variable));
    for (const variable of targets) {
      const local = this.#locals.get(variable.name);
      const shadowsArgument = [...this.#locals.values()].some(
        ({ source, declaredBy }) => source === local?.source && declaredBy === 'arg',
      );
      if (local?.depth === 1 && local.declaredBy === 'assign' && shadowsArgument) {
        refuse(variable, `var \`${local.source}\` used before definition below`);
      }
    }
    if (targets.length === 0) {
      refuse(left, 'assignment operator := requires left-hand side to have bindable variables');
    }
    requireFit(left, right);
    this.bind(left);
  }

  #unify(left: Term, right: Term): void {
    if (!isWildcard(left) && !isWildcard(right)) {
      const [l, r] = [this.#binds(left), this.#binds(right)];
      if (l && r) this.#both(left, right);
      else if (l) requireFit(left, right);
      else if (r) requireFit(right, left);
    }
    this.bind(left);
    this.bind(right);
  }

  /** Both sides bind something: they are taken apart together. */
  #both(left: Term, right: Term): void {
    const [l, r] = [this.#binds(left), this.#binds(right)];
    if (!l && !r) return;
    if (left.kind === 'array' && right.kind === 'array') {
      if (left.items.length !== right.items.length) {
        refuse(left, 'mismatch in number of array elements');
      }
      left.items.forEach((item, i) => {
        this.#both(item, right.items[i] ?? item);
      });
      return;
    }
    if (left.kind === 'object' && right.kind === 'object') {
      this.#objects(left, right);
      return;
    }
    const [a, b] = [isStructure(left), isStructure(right)];
    if ((a !== undefined && b !== undefined && a !== b) || (l && r)) refuse(left, INCOMPATIBLE);
    this.bind(l ? left : right);
  }

  #objects(
    left: Extract<Term, { kind: 'object' }>,
    right: Extract<Term, { kind: 'object' }>,
  ): void {
    const leftKeys = left.keys.map(literalKey);
    const rightKeys = right.keys.map(literalKey);
    if (leftKeys.includes(undefined) || rightKeys.includes(undefined)) return;
    if (leftKeys.length !== rightKeys.length) {
      const counts = `left has ${String(leftKeys.length)} fields, right has ${String(rightKeys.length)} fields`;
      refuse(left, `object field count mismatch in assignment: ${counts}`);
    }
    rightKeys.forEach((key, i) => {
      const at = leftKeys.indexOf(key);
      const other = left.values[at];
      const value = right.values[i];
      const place = right.keys[i];
      if (other === undefined || value === undefined || place === undefined) {
        const text = `key "${key ?? ''}" not found in left-hand side object during destructuring`;
        return refuse(place ?? right, text);
      }
      this.#both(other, value);
    });
  }

  /** `some pattern in [..]` is refused when no element of the literal can match. */
  #someIn(pattern: Term, domain: Term): void {
    const shape = shapeOf(pattern);
    const literal = shapeOf(domain);
    if (literal?.kind !== 'array') return;
    const verdicts = literal.items.map((item) => compareShapes(shape, item));
    if (verdicts.some((verdict) => typeof verdict === 'string')) return;
    const [first] = verdicts;
    if (typeof first === 'object') refuse(first.term, first.text);
  }
}

/** Checks a rule whose bodies are in the order they run in. */
export function checkShapes(rule: ResolvedRule): void {
  const checker = new ShapeChecker(rule.locals);
  for (const arg of rule.args ?? []) {
    eachVar(arg, (variable) => {
      checker.bind(variable);
    });
  }
  for (const { body, value } of rule.branches) {
    checker.body(body ?? []);
    if (value !== undefined) checker.head(value);
  }
}
