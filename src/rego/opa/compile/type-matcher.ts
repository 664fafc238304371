/**
 * Matching of terms with types and with each other. A variable without a type takes the one it is
 * matched with; below a union it collects one from each branch.
 */
import type { Term } from '../../ast.ts';
import { isArray, RegoObject, RegoSet, type Value } from '../../value.ts';
import { termValue } from './term-value.ts';
import type { TypeEnv } from './type-env.ts';
import {
  ANY,
  type ArrayType,
  isAny,
  isUnknown,
  type MaybeType,
  type ObjectType,
  union,
} from './types.ts';
import { jsonKey, typeOfValue } from './type-of-value.ts';
import { selectType } from './type-access.ts';
import { unifies } from './unify-types.ts';

type Collection = Extract<Term, { kind: 'array' | 'object' | 'set' }>;

const isCollection = (term: Term): term is Collection =>
  term.kind === 'array' || term.kind === 'object' || term.kind === 'set';

export class TypeMatcher {
  readonly #env: TypeEnv;
  readonly #typeOf: (term: Term) => MaybeType;

  constructor(env: TypeEnv, typeOf: (term: Term) => MaybeType) {
    this.#env = env;
    this.#typeOf = typeOf;
  }

  /** Two sides of an equation. */
  equal(a: Term, left: MaybeType, b: Term, right: MaybeType): boolean {
    const leftOpen = isUnknown(left);
    const rightOpen = isUnknown(right);
    if (leftOpen && !rightOpen) return this.match(a, right);
    if (rightOpen && !leftOpen) return this.match(b, left);
    if (!leftOpen) return unifies(left, right);
    if (a.kind === 'array' && b.kind === 'array') {
      return (
        a.items.length === b.items.length &&
        a.items.every((item, i) => this.#pair(item, b.items[i]))
      );
    }
    if (a.kind === 'object' && b.kind === 'object') return this.#equalObjects(a, b);
    // One collection of unknowns against another kind of collection can never be equal.
    if (isCollection(a) && isCollection(b)) return false;
    // The side that says more goes first: `x = [1, y]`.
    const [more, less] = isCollection(b) ? [b, a] : [a, b];
    this.match(more, ANY);
    return this.match(less, this.#typeOf(more) ?? ANY);
  }

  #pair(a: Term, b: Term | undefined): boolean {
    return b === undefined || this.equal(a, this.#typeOf(a), b, this.#typeOf(b));
  }

  #equalObjects(
    a: Extract<Term, { kind: 'object' }>,
    b: Extract<Term, { kind: 'object' }>,
  ): boolean {
    if (a.keys.length !== b.keys.length) return false;
    return a.keys.every((key, i) => {
      const value = a.values[i];
      const constant = termValue(key);
      if (value === undefined || constant === undefined) return true;
      const j = b.keys.findIndex((other) => {
        const known = termValue(other);
        return known === undefined || known === constant;
      });
      return j >= 0 && this.#pair(value, b.values[j]);
    });
  }

  /** `join`: below a union, where a variable may be one thing or another. */
  match(term: Term, type: MaybeType, join = false): boolean {
    if (type === undefined) return true;
    if (isCollection(term)) return this.#matchCollection(term, type, join);
    if (term.kind === 'var' && term.name !== 'input' && term.name !== 'data') {
      const known = this.#env.local(term.name);
      if (join) this.#env.setLocal(term.name, union(known, type));
      else if (known !== undefined) return unifies(known, type);
      else this.#env.setLocal(term.name, type);
      return true;
    }
    const value = termValue(term);
    if (value !== undefined) return matchesValue(value, type);
    const known = this.#typeOf(term);
    // What is not known has been reported where it came from.
    return known === undefined || unifies(known, type);
  }

  #matchCollection(term: Collection, type: Exclude<MaybeType, undefined>, join: boolean): boolean {
    if (type.kind === 'any') {
      if (isAny(type)) {
        for (const part of partsOf(term)) this.match(part, ANY, true);
        return true;
      }
      // Every member is tried: each adds its part to the variables' types.
      return type.of.map((member) => this.match(term, member, true)).includes(true);
    }
    if (term.kind === 'array')
      return type.kind === 'array' && this.#matchArray(term.items, type, join);
    if (term.kind === 'set') {
      return type.kind === 'set' && term.items.every((item) => this.match(item, type.of, join));
    }
    return type.kind === 'object' && this.#matchObject(term, type, join);
  }

  #matchArray(items: readonly Term[], type: ArrayType, join: boolean): boolean {
    if (items.length !== type.static.length && type.dynamic === undefined) return false;
    return items.every((item, i) => this.match(item, type.static[i] ?? type.dynamic, join));
  }

  #matchObject(term: Extract<Term, { kind: 'object' }>, type: ObjectType, join: boolean): boolean {
    if (term.keys.length !== type.static.length && type.dynamic === undefined) return false;
    return term.keys.every((keyTerm, i) => {
      const value = term.values[i];
      if (value === undefined) return true;
      const key = termValue(keyTerm);
      if (key === undefined) {
        this.match(value, ANY, join);
        return true;
      }
      const child = selectType(type, jsonKey(key));
      return child !== undefined && this.match(value, child, join);
    });
  }
}

/**
 * A constant matches part by part, as if it were written out: every member of a set must fit, and an
 * object need not have all the keys of a type that allows others.
 */
function matchesValue(value: Value, type: Exclude<MaybeType, undefined>): boolean {
  if (type.kind === 'any') {
    return isAny(type) || type.of.some((member) => matchesValue(value, member));
  }
  if (value instanceof RegoSet) return type.kind === 'set' && membersMatch(value, type.of);
  if (value instanceof RegoObject) return type.kind === 'object' && membersFit(value, type);
  if (isArray(value)) {
    return (
      type.kind === 'array' &&
      (value.length === type.static.length || type.dynamic !== undefined) &&
      value.every((item, i) => partMatches(item, type.static[i] ?? type.dynamic))
    );
  }
  return unifies(typeOfValue(value), type);
}

const partMatches = (value: Value, type: MaybeType): boolean =>
  type === undefined || matchesValue(value, type);

function membersMatch(set: RegoSet, type: MaybeType): boolean {
  if (type === undefined || isAny(type)) return true;
  for (const member of set.values()) if (!matchesValue(member, type)) return false;
  return true;
}

function membersFit(object: RegoObject, type: ObjectType): boolean {
  if (type.dynamic === undefined && object.size !== type.static.length) return false;
  if (type.static.length === 0 && isAny(type.dynamic?.key) && isAny(type.dynamic?.value))
    return true;
  for (const [key, value] of object.entries()) {
    const child = selectType(type, jsonKey(key));
    if (child === undefined || !matchesValue(value, child)) return false;
  }
  return true;
}

const partsOf = (term: Collection): readonly Term[] =>
  term.kind === 'object' ? [...term.keys, ...term.values] : term.items;
