/**
 * Scopes of one rule: which variable a name means, and a name of its own for each.
 *
 * A declaration (`:=`, `some`, an argument, `every`) shadows everything outside from there on. A name
 * that is merely used belongs to the outermost enclosing body in which it occurs outside of closures,
 * so that two comprehensions with the same loop variable do not share it.
 */
import { at } from '../at.ts';
import type { Body, Literal, Term } from '../ast.ts';
import type { Span } from '../source.ts';
import type { DeclaredBy, Local } from './policy.ts';

/** How a name was first met in a body; OPA's redeclaration errors say which. */
export type Sighting = 'assigned' | 'declared' | 'referenced' | 'arg';

interface Scope {
  readonly declared: Map<string, string>;
  readonly implicit: Map<string, string>;
  /** Names that occur in this body outside of closures. */
  readonly direct: ReadonlySet<string>;
  readonly seen: Map<string, Sighting>;
}

export class Scopes {
  readonly #scopes: Scope[] = [];
  readonly #locals = new Map<string, Local>();
  readonly #used = new Map<string, number>();

  get locals(): ReadonlyMap<string, Local> {
    return this.#locals;
  }

  enter(direct: ReadonlySet<string>): void {
    this.#scopes.push({
      declared: new Map(),
      implicit: new Map(),
      direct,
      seen: new Map(),
    });
  }

  leave(): void {
    this.#scopes.pop();
  }

  /** How the name was met in the current body so far. */
  sighting(name: string): Sighting | undefined {
    return this.#scopes.at(-1)?.seen.get(name);
  }

  /** True when the name is an argument of the rule, and not shadowed since. */
  isArgument(name: string): boolean {
    return this.#scopes[0]?.declared.has(name) ?? false;
  }

  declare(name: string, span: Span, by: DeclaredBy, sighting: Sighting): string {
    const depth = this.#scopes.length - 1;
    const unique = this.#make(name, span, by, depth);
    const scope = this.#scopes[depth];
    scope?.declared.set(name, unique);
    scope?.seen.set(name, sighting);
    return unique;
  }

  /** The declared local behind a name, if there is one. */
  declared(name: string): string | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const unique = this.#scopes[i]?.declared.get(name);
      if (unique !== undefined) return unique;
    }
    return undefined;
  }

  isDeclaredHere(name: string): boolean {
    return this.#scopes.at(-1)?.declared.has(name) ?? false;
  }

  /** Notes a use of a name in the current body. */
  see(name: string): void {
    for (const scope of this.#scopes) {
      if (!scope.seen.has(name)) scope.seen.set(name, 'referenced');
    }
  }

  use(unique: string): void {
    const local = this.#locals.get(unique);
    if (local !== undefined) local.uses++;
  }

  implicit(name: string, span: Span): string {
    for (let depth = 0; depth < this.#scopes.length; depth++) {
      const scope = at(this.#scopes, depth);
      const known = scope.implicit.get(name);
      if (known !== undefined) return known;
      if (!scope.direct.has(name)) continue;
      const unique = this.#make(name, span, 'implicit', depth);
      scope.implicit.set(name, unique);
      return unique;
    }
    // A head or query term of its own: it belongs to the innermost body.
    const unique = this.#make(name, span, 'implicit', this.#scopes.length - 1);
    this.#scopes.at(-1)?.implicit.set(name, unique);
    return unique;
  }

  wildcard(span: Span): string {
    return this.#make('_', span, 'wildcard', this.#scopes.length - 1);
  }

  #make(name: string, span: Span, declaredBy: DeclaredBy, depth: number): string {
    const count = this.#used.get(name) ?? 0;
    this.#used.set(name, count + 1);
    // The bare names of the roots mean the documents themselves.
    const isPlain = count === 0 && name !== '_' && name !== 'input' && name !== 'data';
    const unique = isPlain ? name : `${name}~${String(count)}`;
    this.#locals.set(unique, { name: unique, source: name, declaredBy, span, depth, uses: 0 });
    return unique;
  }
}

/** Names of variables in terms, closures left out. Works on unresolved terms. */
function addNames(term: Term, names: Set<string>): void {
  switch (term.kind) {
    case 'var':
      names.add(term.name);
      return;
    case 'ref':
      addNames(term.head, names);
      for (const part of term.path) addNames(part, names);
      return;
    case 'call':
      for (const arg of term.args) addNames(arg, names);
      return;
    case 'unary':
      addNames(term.operand, names);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) addNames(item, names);
      return;
    case 'object':
      for (const key of term.keys) addNames(key, names);
      for (const value of term.values) addNames(value, names);
      return;
    case 'template':
      for (const part of term.parts) if (typeof part !== 'string') addNames(part.term, names);
      return;
    default:
  }
}

function addLiteralNames(literal: Literal, names: Set<string>): void {
  for (const { value } of literal.with) addNames(value, names);
  switch (literal.kind) {
    case 'expr':
      addNames(literal.term, names);
      return;
    case 'some-in':
    case 'every':
      addNames(literal.domain, names);
      return;
    default:
  }
}

/** Names that occur in a body, or in terms evaluated with it, outside of closures. */
export function directNames(body: Body | undefined, terms: readonly Term[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const literal of body ?? []) addLiteralNames(literal, names);
  for (const term of terms) addNames(term, names);
  return names;
}
