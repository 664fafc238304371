/**
 * Types of one body: every expression is checked in the order the safety pass gave, and variables
 * learn their type from the first expression that says something about them. An expression is wrong
 * only when no branch of any union could make it succeed.
 *
 * OPA checks the flattened body, where every nested call and reference has become a variable of its
 * own; `#known` plays the part of these variables.
 */
import type {
  Body,
  CallTerm,
  ComprehensionTerm,
  ExprLiteral,
  Literal,
  RefTerm,
  SomeIn,
  Term,
  With,
} from '../../ast.ts';
import type { Span } from '../../source.ts';
import { checkRef } from './check-type-refs.ts';
import { termText } from '../../compile/term-text.ts';
import { collectionType } from './rough-type.ts';
import { termValue } from './term-value.ts';
import { select, TypeEnv } from './type-env.ts';
import { TypeMatcher } from './type-matcher.ts';
import { argsText, typesText, typeText } from './type-text.ts';
import {
  ANY,
  arrayType,
  type FunctionType,
  isUnknown,
  type MaybeType,
  objectType,
  setType,
  STRING,
} from './types.ts';
import { typeOfValue } from './type-of-value.ts';
import { unifies } from './unify-types.ts';

export type ReportType = (span: Span, message: string, details: readonly string[]) => void;

export class TypeChecker {
  readonly env: TypeEnv;
  readonly #report: ReportType;
  /** Types of references, calls and comprehensions already looked at; absent when not known. */
  readonly #known = new Map<Term, MaybeType>();
  readonly #matcher: TypeMatcher;
  /** Findings so far. */
  errors = 0;

  constructor(env: TypeEnv, report: ReportType) {
    this.env = env;
    this.#report = report;
    this.#matcher = new TypeMatcher(env, (term) => this.typeOf(term));
  }

  body(body: Body): void {
    for (const literal of body) this.#literal(literal);
  }

  /** The type of a term that `look` has been at. */
  typeOf(term: Term): MaybeType {
    const value = termValue(term);
    if (value !== undefined) return typeOfValue(value);
    switch (term.kind) {
      case 'var':
        return term.name === 'input' || term.name === 'data' ? ANY : this.env.local(term.name);
      case 'array':
      case 'object':
      case 'set':
        return collectionType(term, (part) => this.typeOf(part));
      default:
        return this.#known.get(term);
    }
  }

  /** Checks everything inside a term and remembers the types of its parts. */
  look(term: Term): void {
    switch (term.kind) {
      case 'array':
      case 'set':
        for (const item of term.items) this.look(item);
        return;
      case 'object':
        for (const key of term.keys) this.look(key);
        for (const value of term.values) this.look(value);
        return;
      case 'ref':
        this.#known.set(term, this.#ref(term));
        return;
      case 'call':
        this.#known.set(term, this.#call(term, undefined));
        return;
      case 'unary':
        this.look(term.operand);
        return;
      case 'comprehension':
        this.#known.set(term, this.#comprehension(term));
        return;
      case 'template':
        for (const part of term.parts) {
          if (typeof part === 'string') continue;
          for (const modifier of part.with) this.#with(modifier);
          this.#closure((inner) => {
            inner.look(part.term);
          });
        }
        this.#known.set(term, STRING);
        return;
      default:
    }
  }

  #literal(literal: Literal): void {
    for (const modifier of literal.with) this.#with(modifier);
    switch (literal.kind) {
      case 'expr':
        this.#expr(literal);
        return;
      case 'some-in':
        this.#someIn(literal);
        return;
      case 'every':
        this.look(literal.domain);
        this.#refsOf(literal.body);
        return;
      case 'not-body':
        this.#refsOf(literal.body);
        return;
      case 'some':
    }
  }

  #expr({ term, span }: ExprLiteral): void {
    if (term.kind !== 'call') {
      this.look(term);
      return;
    }
    const [a, b] = term.args;
    const isEq = term.name === 'eq' || term.name === 'assign' || term.name === 'equal';
    if (isEq && a !== undefined && b !== undefined && term.args.length === 2) {
      this.#equal(a, b, span);
    } else {
      this.#call(term, span);
    }
  }

  /** `a = b`, `a := b`, and `a == b` standing alone. */
  #equal(a: Term, b: Term, span: Span): void {
    const before = this.errors;
    this.look(a);
    this.look(b);
    const left = this.typeOf(a);
    const right = this.typeOf(b);
    if (this.#matcher.equal(a, left, b, right)) return;
    // An error inside has been reported already, and is why a part is not known.
    if (this.errors > before && (isUnknown(left) || isUnknown(right))) return;
    this.#mismatch(span, left, right);
  }

  #mismatch(span: Span, left: MaybeType, right: MaybeType): void {
    const details = [`left  : ${typeText(left)}`, `right : ${typeText(right)}`];
    this.#error(span, 'match error', details);
  }

  /** `some k, v in xs` is `v = xs[k]`. */
  #someIn(literal: SomeIn): void {
    const { domain, value, span } = literal;
    if (
      domain.kind === 'string' ||
      domain.kind === 'number' ||
      domain.kind === 'boolean' ||
      domain.kind === 'null'
    ) {
      this.#mismatch(span, undefined, undefined);
      return;
    }
    const key: Term = literal.key ?? { kind: 'var', name: '_', span: domain.span };
    const ref: RefTerm =
      domain.kind === 'ref'
        ? { ...domain, path: [...domain.path, key] }
        : { kind: 'ref', head: domain, path: [key], at: domain.span.start, span: domain.span };
    this.#equal(value, ref, span);
  }

  #with({ target, value, span }: With): void {
    const replaced = this.#functionNamed(target);
    const replacement = replaced === undefined ? undefined : this.#functionNamed(value);
    if (replaced === undefined || replacement === undefined) {
      this.look(value);
      return;
    }
    if (unifies(replaced, replacement)) return;
    this.#error(span, `${termText(target)}: arity mismatch`, [
      `have: ${typesText(replacement.args)}`,
      `want: ${argsText(replaced, false)}`,
    ]);
  }

  #functionNamed(value: Term): FunctionType | undefined {
    if (value.kind === 'var') {
      const type = this.env.callee(value.name);
      return type?.kind === 'function' ? type : undefined;
    }
    if (value.kind !== 'ref' || value.head.kind !== 'var' || value.head.name !== 'data') {
      return undefined;
    }
    const path = value.path.map((part) => (part.kind === 'string' ? part.value : ''));
    return this.env.functionAt(path);
  }

  /** Inside `every` and `not` only references and comprehensions are checked. */
  #refsOf(body: Body): void {
    const visit = (term: Term): void => {
      if (term.kind === 'ref' || term.kind === 'comprehension') this.look(term);
      else if (term.kind === 'call') term.args.forEach(visit);
      else if (term.kind === 'array' || term.kind === 'set') term.items.forEach(visit);
      else if (term.kind === 'object') [...term.keys, ...term.values].forEach(visit);
    };
    for (const literal of body) {
      if (literal.kind === 'expr') visit(literal.term);
      else if (literal.kind === 'some-in') visit(literal.domain);
      else if (literal.kind === 'every') {
        visit(literal.domain);
        this.#refsOf(literal.body);
      } else if (literal.kind === 'not-body') this.#refsOf(literal.body);
    }
  }

  #ref(ref: RefTerm): MaybeType {
    if (ref.head.kind !== 'var') this.look(ref.head);
    for (const part of ref.path) this.look(part);
    const head = isRoot(ref.head) ? undefined : this.typeOf(ref.head);
    const context = {
      env: this.env,
      typeOf: (term: Term) => this.typeOf(term),
      matches: (pattern: Term, type: MaybeType) => this.#matcher.match(pattern, type),
    };
    const problem = checkRef(ref, head, context);
    if (problem !== undefined) {
      this.#error(problem.span, problem.message, problem.details);
      return this.#functionUsed(ref);
    }
    if (ref.head.kind === 'var' && ref.head.name === 'input') return ANY;
    if (ref.head.kind === 'var' && ref.head.name === 'data') return this.env.document(ref);
    return select(this.typeOf(ref.head) ?? ANY, ref.path);
  }

  /** A function taken for a value keeps its type, so that comparing it is an error as well. */
  #functionUsed(ref: RefTerm): MaybeType {
    if (ref.head.kind !== 'var' || ref.head.name !== 'data') return undefined;
    return this.env.functionAt(ref.path.map((part) => (part.kind === 'string' ? part.value : '')));
  }

  /** `alone` is the span of the literal when the call is all of it; the answer is the result's type. */
  #call(call: CallTerm, alone: Span | undefined): MaybeType {
    for (const arg of call.args) this.look(arg);
    const type = this.env.callee(call.name);
    const span = alone ?? call.span;
    if (type === undefined || type.kind === 'any') return undefined;
    if (type.kind !== 'function') {
      this.#error(span, `undefined function ${call.name}`, []);
      return undefined;
    }
    const wanted = type.void ? type.args : [...type.args, type.result];
    const have = call.args.map((arg) => this.typeOf(arg));
    const fits = call.args.every((arg, i) =>
      this.#matcher.match(arg, i < wanted.length ? wanted[i] : (type.variadic ?? ANY)),
    );
    if (fits) return type.result;
    if (alone === undefined && !type.void) have.push(undefined);
    this.#error(span, `${call.name}: invalid argument(s)`, [
      `have: ${typesText(have)}`,
      `want: ${argsText(type, true)}`,
    ]);
    return undefined;
  }

  #comprehension(term: ComprehensionTerm): MaybeType {
    return this.#closure((inner) => {
      inner.body(term.body);
      if (term.key !== undefined) inner.look(term.key);
      inner.look(term.value);
      if (inner.errors > 0) return undefined;
      const value = inner.typeOf(term.value);
      switch (term.shape) {
        case 'array':
          return arrayType([], value ?? ANY);
        case 'set':
          return setType(value);
        case 'object':
          return objectType([], { key: term.key && inner.typeOf(term.key), value });
      }
    });
  }

  #closure<T>(work: (inner: TypeChecker) => T): T {
    const inner = new TypeChecker(this.env.inner(), this.#report);
    const result = work(inner);
    this.errors += inner.errors;
    return result;
  }

  #error(span: Span, message: string, details: readonly string[]): void {
    this.errors++;
    this.#report(span, message, details);
  }
}

const isRoot = (term: Term): boolean =>
  term.kind === 'var' && (term.name === 'data' || term.name === 'input');
