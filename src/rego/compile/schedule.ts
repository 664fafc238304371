/**
 * regorus' order and the errors of its preparation. Statements keep source order unless they must
 * wait for a variable; what cannot be placed stays where it is, and its variables read as undefined.
 * Source: regorus src/scheduler.rs.
 */
import { at as element } from '../at.ts';
import type { Body, Literal, Term, VarTerm } from '../ast.ts';
import { regorusMessage, regorusPosition } from '../position.ts';
import type { Span } from '../source.ts';
import { isArray } from '../value.ts';
import type { Arity } from './arity.ts';
import type { DiagnosticSink } from './sink.ts';
import { type Branch, dataPath, type Local, type Policy, type ResolvedRule } from './policy.ts';
import { assignedVars, eachAssigned, eachIndex, usedVars } from './schedule-vars.ts';
import { type Definition, orderStatements } from './schedule-order.ts';
import { replaceRules } from './tree.ts';
import { eachClosure, mapClosures } from './vars.ts';
import { mapSame } from './same.ts';
import { regorusOffset } from './regorus-offset.ts';
import { RegorusRefusal } from './regorus-refusal.ts';
import { checkShapes } from './regorus-shapes.ts';

/** Bound before the body starts, or nobody's business. */
const OUTSIDE: ReadonlySet<Local['declaredBy']> = new Set(['arg', 'every', 'wildcard']);

interface Scope {
  /** Names bound in this body: declared, or met where something is assigned or iterated. */
  readonly own: ReadonlySet<string>;
  readonly firstUse: Map<string, VarTerm | Span>;
}

class Scheduler {
  readonly #locals: ReadonlyMap<string, Local>;
  readonly #arity: Arity;
  /** Closures that fail when they are reached. */
  readonly unscheduled = new Set<Term>();

  constructor(locals: ReadonlyMap<string, Local>, arity: Arity) {
    this.#locals = locals;
    this.#arity = arity;
  }

  /** Orders a body at a depth; `heads` are the terms evaluated after it. */
  body(body: Body, heads: readonly Term[], depth: number): Body {
    const own = this.#ownNames(body, heads, depth);
    const scope: Scope = { own, firstUse: new Map() };
    const definitions = body.map((literal) => this.#define(literal, scope, depth));
    const order = orderStatements(definitions);
    return order.map((i) => this.#inside(element(body, i), depth));
  }

  /** Closures in a term that is evaluated after a body: the engine forgets to schedule them. */
  head(term: Term): Term {
    eachClosure(term, (closure) => this.unscheduled.add(closure));
    return term;
  }

  /** Closures of a term that the engine schedules. */
  term(term: Term, depth: number): Term {
    return mapClosures(term, (closure) => {
      const heads = closure.key === undefined ? [closure.value] : [closure.key, closure.value];
      const body = this.body(closure.body, heads, depth + 1);
      for (const head of heads) this.head(head);
      return { ...closure, body };
    });
  }

  #ownNames(body: Body, heads: readonly Term[], depth: number): ReadonlySet<string> {
    const own = new Set<string>();
    const add = ({ name }: VarTerm): void => {
      const local = this.#locals.get(name);
      if (local?.depth === depth && !OUTSIDE.has(local.declaredBy)) own.add(local.source);
    };
    for (const literal of body) {
      for (const { value } of literal.with) eachIndex(value, add);
      switch (literal.kind) {
        case 'some':
          literal.vars.forEach(add);
          break;
        case 'some-in':
          if (literal.key !== undefined) eachAssigned(literal.key, add);
          eachAssigned(literal.value, add);
          eachIndex(literal.domain, add);
          break;
        case 'every':
          eachIndex(literal.domain, add);
          break;
        case 'expr': {
          eachIndex(literal.term, add);
          const { term } = literal;
          if (term.kind !== 'call') break;
          if (term.infix === ':=' || term.infix === '=') {
            for (const arg of term.args) eachAssigned(arg, add);
          } else {
            this.#output(term).forEach(add);
          }
          break;
        }
        case 'not-body':
      }
    }
    for (const head of heads) {
      eachAssigned(head, add);
      eachIndex(head, add);
    }
    return own;
  }

  /** Variables of an operand beyond the declared ones. */
  #output(term: Extract<Term, { kind: 'call' }>): readonly VarTerm[] {
    const last = term.args.at(-1);
    if (last === undefined || term.infix !== undefined || term.name === 'print') return [];
    return this.#arity(term.name) === term.args.length - 1 ? assignedVars(last) : [];
  }

  /** Names of this body that a term uses; a name nobody binds ends the preparation. */
  #used(
    term: Term,
    scope: Scope,
    depth: number,
    definitions: Definition[],
    except: readonly VarTerm[] = [],
  ): string[] {
    const used: string[] = [];
    usedVars(term, {
      variable: (variable) => {
        const local = this.#locals.get(variable.name);
        if (local === undefined || OUTSIDE.has(local.declaredBy)) return;
        if (scope.own.has(local.source) && local.depth >= depth) {
          if (except.includes(variable)) return;
          used.push(local.source);
          if (!scope.firstUse.has(local.source)) scope.firstUse.set(local.source, variable);
        } else if (local.depth >= depth) {
          const text = `use of undefined variable \`${local.source}\` is unsafe`;
          throw new RegorusRefusal(variable.span, variable.span.start, text);
        }
      },
      index: (variable, of) => {
        const local = this.#locals.get(variable.name);
        if (local === undefined || !scope.own.has(local.source) || local.depth < depth) return;
        const needed = this.#used(of, scope, depth, definitions);
        definitions.push({ name: local.source, uses: needed });
        used.push(...needed, local.source);
      },
    });
    this.#closures(term, scope, depth, used);
    return used;
  }

  /** What closures of a term use of this body. */
  #closures(term: Term, scope: Scope, depth: number, used: string[]): void {
    eachClosure(term, (closure) => {
      const names = new Set<string>();
      usedInside(closure, ({ name }) => {
        const local = this.#locals.get(name);
        if (local?.depth === depth && scope.own.has(local.source)) names.add(local.source);
      });
      for (const name of names) {
        used.push(name);
        if (!scope.firstUse.has(name)) scope.firstUse.set(name, closure.span);
      }
    });
  }

  #define(literal: Literal, scope: Scope, depth: number): readonly Definition[] {
    const definitions: Definition[] = [];
    const withUses = literal.with.flatMap(({ value }) =>
      this.#used(value, scope, depth, definitions),
    );
    switch (literal.kind) {
      case 'some':
        for (const variable of literal.vars) this.#checkFirstUse(variable, scope);
        break;
      case 'some-in': {
        const uses = [...this.#used(literal.domain, scope, depth, definitions), ...withUses];
        for (const pattern of [literal.key, literal.value]) {
          if (pattern === undefined) continue;
          for (const { name } of assignedVars(pattern)) {
            const local = this.#locals.get(name);
            if (local !== undefined) definitions.push({ name: local.source, uses });
          }
        }
        definitions.push({ name: '', uses: [] });
        break;
      }
      case 'every':
        definitions.push({
          name: '',
          uses: [...this.#used(literal.domain, scope, depth, definitions), ...withUses],
        });
        break;
      case 'not-body':
        break;
      case 'expr':
        this.#defineExpression(literal, scope, depth, definitions, withUses);
    }
    if (definitions.length === 0) definitions.push({ name: '', uses: [] });
    return definitions;
  }

  #defineExpression(
    { term, negated }: Extract<Literal, { kind: 'expr' }>,
    scope: Scope,
    depth: number,
    definitions: Definition[],
    withUses: readonly string[],
  ): void {
    if (term.kind === 'call' && (term.infix === ':=' || term.infix === '=')) {
      const [left, right] = term.args as readonly [Term, Term];
      this.#assign(term.infix, left, right, { scope, depth, definitions, withUses });
      return;
    }
    const output = term.kind === 'call' && !negated ? this.#output(term) : [];
    const uses = [...this.#used(term, scope, depth, definitions, output), ...withUses];
    const names = output.flatMap(({ name }) => this.#ownName(name, scope));
    if (names.length === 0) definitions.push({ name: '', uses });
    for (const name of names) definitions.push({ name, uses });
  }

  #ownName(name: string, scope: Scope): readonly string[] {
    const local = this.#locals.get(name);
    return local !== undefined && scope.own.has(local.source) ? [local.source] : [];
  }

  #assign(
    operator: ':=' | '=',
    left: Term,
    right: Term,
    at: { scope: Scope; depth: number; definitions: Definition[]; withUses: readonly string[] },
  ): void {
    const sizes = [arraySize(left), arraySize(right)];
    if (sizes[0] !== undefined && sizes[1] !== undefined && sizes[0] !== sizes[1]) {
      throw new RegorusRefusal(
        right.span,
        regorusOffset(right),
        'mismatch in number of array elements',
      );
    }
    if (left.kind === 'array' && right.kind === 'array') {
      left.items.forEach((item, i) => {
        this.#assign(operator, item, element(right.items, i), at);
      });
      return;
    }
    const { scope, depth, definitions, withUses } = at;
    const oneWay = (target: Term, source: Term, check: boolean): void => {
      const uses = [...this.#used(source, scope, depth, definitions), ...withUses];
      const assigned = assignedVars(target).flatMap((variable) => {
        const names = this.#ownName(variable.name, scope);
        if (check && names.length > 0) this.#checkFirstUse(variable, scope);
        return names;
      });
      for (const name of assigned) {
        definitions.push({ name, uses: uses.filter((use) => use !== name) });
      }
      if (assigned.length === 0) definitions.push({ name: '', uses });
    };
    oneWay(left, right, operator === ':=');
    oneWay(right, left, false);
  }

  #checkFirstUse(variable: VarTerm, scope: Scope): void {
    const name = this.#locals.get(variable.name)?.source ?? variable.name;
    const first = scope.firstUse.get(name);
    if (first === undefined) return;
    const span = 'span' in first ? first.span : first;
    if (span.start >= variable.span.start) return;
    const { source } = variable.span;
    const definition = regorusMessage(
      source,
      regorusPosition(source, variable.span.start),
      'definition',
      '',
    );
    throw new RegorusRefusal(
      span,
      span.start,
      `var \`${name}\` used before definition below.${definition}`,
    );
  }

  /** The closures of a placed statement. */
  #inside(literal: Literal, depth: number): Literal {
    const inTerm = (term: Term): Term => this.term(term, depth);
    const modifiers = mapSame(literal.with, (one) => {
      const value = inTerm(one.value);
      return value === one.value ? one : { ...one, value };
    });
    switch (literal.kind) {
      case 'expr': {
        const term = inTerm(literal.term);
        return term === literal.term && modifiers === literal.with
          ? literal
          : { ...literal, with: modifiers, term };
      }
      case 'some-in':
        return { ...literal, with: modifiers, domain: inTerm(literal.domain) };
      case 'every': {
        const body = this.body(literal.body, [], depth + 1);
        return { ...literal, with: modifiers, domain: inTerm(literal.domain), body };
      }
      default:
        return literal;
    }
  }
}

/** Elements of an array literal. */
function arraySize(term: Term): number | undefined {
  if (term.kind === 'array') return term.items.length;
  return term.kind === 'constant' && isArray(term.value) ? term.value.length : undefined;
}

function usedInside(closure: Term, visit: (variable: VarTerm) => void): void {
  usedVars(closure, { variable: visit, index: () => undefined, inside: true });
}

function scheduleRule(rule: ResolvedRule, arity: Arity): ResolvedRule {
  const scheduler = new Scheduler(rule.locals, arity);
  const { dynamic, key } = rule;
  const branches = rule.branches.map((branch, i): Branch => {
    const heads = [
      ...(i === 0 && key !== undefined ? [key] : []),
      ...(branch.value === undefined ? [] : [branch.value]),
    ];
    const body =
      branch.body && scheduler.body(branch.body, [...heads, ...(branch.dynamic ?? dynamic)], 1);
    for (const term of branch.dynamic ?? dynamic) scheduler.head(term);
    if (i === 0) {
      if (key !== undefined) scheduler.head(key);
    }
    if (branch.value === undefined) return { ...branch, body };
    // Without any body the value is looked at on its own.
    const isFact = branch.body === undefined && rule.branches.length === 1;
    const value = isFact ? scheduler.term(branch.value, 1) : scheduler.head(branch.value);
    return { ...branch, body, value };
  });
  return { ...rule, branches, unscheduled: scheduler.unscheduled };
}

/** Functions of one name must agree on the number of operands. */
function checkArities(policy: Policy): void {
  const arities = new Map<string, number>();
  for (const { ground, args, source } of policy.rules) {
    if (args === undefined || source.default) continue;
    const path = dataPath(ground);
    const before = arities.get(path);
    if (before !== undefined && before !== args.length) {
      const { span } = source.head;
      const text = `${path} was previously defined with ${String(before)} arguments.`;
      throw new RegorusRefusal(span, span.start, text);
    }
    arities.set(path, args.length);
  }
}

/** Orders every rule. The first error of the preparation goes to the sink, and nothing after it. */
export function schedulePolicy(policy: Policy, arity: Arity, sink: DiagnosticSink): Policy {
  const scheduled = new Map<number, ResolvedRule>();
  try {
    checkArities(policy);
    for (const rule of policy.rules) scheduled.set(rule.id, scheduleRule(rule, arity));
    for (const rule of scheduled.values()) checkShapes(rule);
  } catch (thrown) {
    if (!(thrown instanceof RegorusRefusal)) throw thrown;
    sink.add({
      severity: 'error',
      code: 'rego_compile_error',
      message: thrown.message,
      span: thrown.span,
      details: [],
      regorusText: thrown.regorusText,
    });
    return policy;
  }
  return replaceRules(policy, (rule) => scheduled.get(rule.id) ?? rule);
}
