/**
 * Walks a prepared rule in the order it will run, by the names of the source, as regorus does when it
 * looks for loops: names are bound in scopes, and some uses of a bound name are refused.
 * Source: regorus src/compiler/hoist.rs and context.rs (0.9 to 0.14).
 */
import type { Body, CallTerm, ComprehensionTerm, Literal, Term, VarTerm } from '../ast.ts';
import type { ResolvedRule } from './policy.ts';
import { sourceName } from './policy.ts';
import {
  type BindingContext,
  itemsOf,
  planAssignment,
  planParameter,
  planPattern,
  planSomeIn,
  planUnification,
  type Scoping,
  variablesOf,
} from './regorus-plans.ts';

/** Names of a body and what is known of them. */
class Names implements BindingContext {
  readonly #globals: ReadonlySet<string>;
  readonly #bound: Set<string>;
  readonly #unbound: Set<string>;
  readonly #inScope: Set<string>;

  constructor(
    globals: ReadonlySet<string>,
    bound: Iterable<string> = [],
    unbound: Iterable<string> = [],
    inScope: Iterable<string> = [],
  ) {
    this.#globals = globals;
    this.#bound = new Set(bound);
    this.#unbound = new Set(unbound);
    this.#inScope = new Set(inScope);
  }

  /** A closure knows what is bound around it and has bound nothing of its own. */
  inner(): Names {
    return new Names(this.#globals, this.#bound, this.#unbound);
  }

  /** What a body knows stays with it; its head is looked at with a copy. */
  copy(): Names {
    return new Names(this.#globals, this.#bound, this.#unbound, this.#inScope);
  }

  isUnbound(name: string, scoping: Scoping): boolean {
    if (name === '_') return false;
    if (this.#unbound.has(name) || scoping === 'shadow') return true;
    return !this.#globals.has(name) && !this.#bound.has(name);
  }

  isBoundInScope(name: string): boolean {
    return name !== '_' && this.#inScope.has(name);
  }

  /** As an operand of a reference the name iterates. */
  iterates(name: string): boolean {
    if (name === '_') return true;
    return !this.#globals.has(name) && (this.#unbound.has(name) || !this.#bound.has(name));
  }

  bind(variables: readonly VarTerm[]): void {
    for (const { name } of variables) {
      const source = sourceName(name);
      if (source === '_') continue;
      this.#bound.add(source);
      this.#inScope.add(source);
      this.#unbound.delete(source);
    }
  }

  unbind(variable: VarTerm): void {
    const name = sourceName(variable.name);
    if (name === '_') return;
    this.#bound.delete(name);
    this.#inScope.delete(name);
    this.#unbound.add(name);
  }
}

/** Refuses a rule as regorus would; bodies are in the order they run in. */
export function checkBindings(rule: ResolvedRule, globals: ReadonlySet<string>): void {
  const outer = new Names(globals);
  for (const arg of rule.args ?? []) outer.bind(planParameter(arg, outer));
  rule.branches.forEach((branch, i) => {
    const names = outer.copy();
    walkBody(branch.body ?? [], names);
    const own = [...(branch.dynamic ?? rule.dynamic).slice(-1)];
    for (const term of [...own, ...(i === 0 && rule.key ? [rule.key] : [])]) walkHead(term, names);
    if (branch.value !== undefined) walkHead(branch.value, names);
  });
}

function walkHead(term: Term, names: Names): void {
  walkTerm(term, names.copy());
}

function walkBody(body: Body, names: Names): void {
  for (const literal of body) {
    if (literal.kind === 'some') for (const variable of literal.vars) names.unbind(variable);
    walkLiteral(literal, names);
    for (const { value } of literal.with) walkTerm(value, names);
  }
}

function walkLiteral(literal: Literal, names: Names): void {
  switch (literal.kind) {
    case 'some-in': {
      const { key, value, domain } = literal;
      names.bind(planSomeIn(key, value, domain, names));
      if (key !== undefined) walkTerm(key, names);
      walkTerm(value, names);
      walkTerm(domain, names);
      return;
    }
    case 'expr':
      walkTerm(literal.term, names);
      return;
    case 'every':
      walkTerm(literal.domain, names);
      // Its variables do not count as bound in the body.
      walkBody(literal.body, names.inner());
      return;
    default:
  }
}

function walkTerm(term: Term, names: Names): void {
  switch (term.kind) {
    case 'array':
    case 'set':
      for (const item of term.items) walkTerm(item, names);
      return;
    case 'object':
      term.keys.forEach((key, i) => {
        walkTerm(key, names);
        const value = term.values[i];
        if (value !== undefined) walkTerm(value, names);
      });
      return;
    case 'unary':
      walkTerm(term.operand, names);
      return;
    case 'comprehension':
      walkComprehension(term, names.inner());
      return;
    case 'ref':
      walkTerm(term.head, names);
      for (const part of term.path) {
        walkTerm(part, names);
        if (iterates(part, names)) {
          names.bind(variablesOf(planPattern(part, names, 'respect', new Set())));
        }
      }
      return;
    case 'call':
      walkCall(term, names);
      return;
    default:
  }
}

function walkComprehension({ body, key, value }: ComprehensionTerm, names: Names): void {
  walkBody(body, names);
  if (key !== undefined) walkHead(key, names);
  walkHead(value, names);
}

function walkCall(call: CallTerm, names: Names): void {
  const [left, right] = call.args;
  if (left !== undefined && right !== undefined) {
    if (call.infix === ':=') names.bind(planAssignment(left, right, names));
    if (call.infix === '=') names.bind(planUnification(left, right, names));
  }
  for (const arg of call.args) walkTerm(arg, names);
  const last = call.args.at(-1);
  if (last !== undefined && call.infix === undefined) {
    // The last operand may be the result; the engine does not look whether it is.
    names.bind(variablesOf(planPattern(last, names, 'respect', new Set())));
  }
}

function iterates(part: Term, names: Names): boolean {
  if (part.kind === 'var') return names.iterates(sourceName(part.name));
  const items = part.kind === 'set' ? part.items : itemsOf(part);
  if (items !== undefined) return items.some((item) => iterates(item, names));
  return part.kind === 'object' && part.values.some((value) => iterates(value, names));
}
