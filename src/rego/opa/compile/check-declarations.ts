/**
 * Declarations by `:=`, `some`, `every` and arguments: each name once per scope, before its first
 * use, and not for nothing. Also: what may stand left of `:=`, and calls in argument lists.
 *
 * Works on the tree as written, because names are unique after resolution. Follows OPA's order of
 * events (right side, `with` values, left side), which decides what counts as "above".
 */
import type {
  Body,
  CallTerm,
  ComprehensionTerm,
  Every,
  ExprLiteral,
  Literal,
  Rule,
  SomeIn,
  Term,
  With,
} from '../../ast.ts';
import type { Span } from '../../source.ts';
import { isArray, RegoObject, typeName, type Value } from '../../value.ts';
import { DeclarationScope } from './declaration-scope.ts';
import type { Pass } from './pass.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import { elseChain, partsOf, walkLiteral, walkTerm, walkTerms } from '../../compile/walk.ts';

export const checkDeclarations: Pass = {
  name: 'check-declarations',
  run(policy, sink, { strict }) {
    for (const module of policy.modules) {
      for (const rule of module.source.rules) new RuleCheck(rule, sink, strict).run();
    }
  },
};

/** OPA's names of terms. A resolved constant is named by its shape. */
function kindName(term: Term): string {
  switch (term.kind) {
    case 'constant':
      return term.shape;
    case 'comprehension':
      return `${term.shape}comprehension`;
    case 'unary':
      return 'call';
    case 'template':
      return 'templatestring';
    default:
      return term.kind;
  }
}

class RuleCheck {
  readonly #rule: Rule;
  readonly #sink: DiagnosticSink;
  readonly #strict: boolean;
  /** Findings so far in this branch: after the first, unused names are not reported. */
  #failed = false;
  #scope = new DeclarationScope();

  constructor(rule: Rule, sink: DiagnosticSink, strict: boolean) {
    this.#rule = rule;
    this.#sink = sink;
    this.#strict = strict;
  }

  run(): void {
    const { head } = this.#rule;
    this.#checkArgCalls(head.args ?? []);
    const args = this.#argNames();
    const unused = new Set(args);
    this.#branch(args, unused, headTerms(this.#rule), this.#rule.body);
    for (const branch of elseChain(this.#rule)) {
      this.#branch(args, unused, branch.value === undefined ? [] : [branch.value], branch.body);
    }
    if (!this.#strict) return;
    for (const name of unused) {
      const message = `unused argument ${name}. (hint: use _ (wildcard variable) instead)`;
      this.#sink.error('rego_compile_error', head.span, message);
    }
  }

  #branch(
    args: ReadonlySet<string>,
    unusedArgs: Set<string>,
    heads: readonly Term[],
    body: Body | undefined,
  ): void {
    this.#failed = false;
    // Comprehensions of the head see nothing of the body.
    this.#scope = new DeclarationScope();
    for (const term of heads) this.#closuresOf(term);
    this.#failed = false;

    this.#scope = new DeclarationScope();
    for (const name of args) this.#scope.declare(name, 'arg');
    const used = varNames(heads);
    for (const name of used) unusedArgs.delete(name);
    if (body !== undefined) this.#body(body, used);
    for (const name of args) if (this.#scope.uses(name) > 1) unusedArgs.delete(name);
  }

  #closuresOf(term: Term): void {
    walkTerm(term, {
      term: (inner) => {
        if (inner.kind !== 'comprehension') return undefined;
        this.#comprehension(inner);
        return false;
      },
    });
  }

  #argNames(): ReadonlySet<string> {
    const { args = [] } = this.#rule.head;
    const names = varNames(args.filter(({ kind }) => kind !== 'template'));
    names.delete('_');
    return names;
  }

  #checkArgCalls(args: readonly Term[]): void {
    walkTerms(args, {
      term: (term) => {
        if (term.kind === 'comprehension') return false;
        if (term.kind !== 'call' && term.kind !== 'unary') return undefined;
        this.#error(term.span, 'rule arguments cannot contain calls');
        return false;
      },
    });
  }

  #body(body: Body, used: ReadonlySet<string>): void {
    for (const literal of body) this.#literal(literal);
    // Other mistakes come first; a name may look unused because of them.
    if (this.#strict) this.#reportUnused('assigned', body, used);
    this.#reportUnused('declared', body, used);
  }

  #reportUnused(how: 'assigned' | 'declared', body: Body, used: ReadonlySet<string>): void {
    if (this.#failed) return;
    for (const name of this.#scope.unused(how)) {
      if (used.has(name)) continue;
      const place = body.find((literal) => introduces(literal, how, name)) ?? body[0];
      if (place !== undefined) this.#error(place.span, `${how} var ${name} unused`);
    }
  }

  #literal(literal: Literal): void {
    switch (literal.kind) {
      case 'expr':
        this.#expr(literal);
        return;
      case 'some':
        for (const { name } of literal.vars) this.#declare(name, 'declared', literal.span);
        this.#withs(literal.with);
        return;
      case 'some-in':
        this.#someIn(literal);
        return;
      case 'every':
        this.#every(literal);
        return;
      case 'not-body':
        this.#scope.inFrame(() => {
          this.#body(literal.body, new Set());
        });
        this.#withs(literal.with);
    }
  }

  #expr(literal: ExprLiteral): void {
    const { term } = literal;
    if (term.kind === 'call' && term.infix === ':=') {
      this.#assign(literal, term);
      return;
    }
    // The callee of the expression itself is judged later, as an undefined function.
    if (term.kind === 'call') {
      this.#callee(term);
      for (const arg of term.args) this.#term(arg);
    } else this.#term(term);
    this.#withs(literal.with);
  }

  #assign(literal: ExprLiteral, { args }: CallTerm): void {
    if (literal.negated) {
      this.#error(literal.span, 'cannot assign vars inside negated expression');
      return;
    }
    const [target, value] = args;
    if (value !== undefined) this.#term(value);
    for (const modifier of literal.with) this.#term(modifier.value);
    if (target !== undefined) this.#target(target);
  }

  /** target = var | "[" target ... "]" | "{" key ":" target ... "}" */
  #target(term: Term): void {
    switch (term.kind) {
      case 'var':
        if (term.name !== '_') this.#declare(term.name, 'assigned', term.span);
        return;
      case 'array':
        for (const item of term.items) this.#target(item);
        return;
      case 'object':
        for (const value of term.values) this.#target(value);
        return;
      case 'constant':
        this.#constantTarget(term.value, term.span);
        return;
      default:
        this.#error(term.span, `cannot assign to ${kindName(term)}`);
    }
  }

  /** Nothing in a constant takes a value; what is inside arrays and objects is named. */
  #constantTarget(value: Value, span: Span): void {
    if (isArray(value)) {
      for (const item of value) this.#constantTarget(item, span);
    } else if (value instanceof RegoObject) {
      for (const [, item] of value.entries()) this.#constantTarget(item, span);
    } else {
      this.#error(span, `cannot assign to ${typeName(value)}`);
    }
  }

  #someIn(literal: SomeIn): void {
    const patterns = literal.key === undefined ? [literal.value] : [literal.key, literal.value];
    for (const name of patternNames(patterns)) {
      this.#declare(name, 'declared', literal.span);
      // The pattern itself counts as a use.
      this.#scope.use(name);
    }
    for (const pattern of patterns) this.#term(pattern);
    this.#term(literal.domain);
    this.#withs(literal.with);
  }

  #every(literal: Every): void {
    this.#term(literal.domain);
    this.#withs(literal.with);
    this.#scope.inFrame(() => {
      const { key, value } = literal;
      for (const variable of key === undefined ? [value] : [key, value]) {
        if (variable.name !== '_') this.#declare(variable.name, 'declared', variable.span);
      }
      this.#body(literal.body, new Set());
    });
  }

  #comprehension(term: ComprehensionTerm): void {
    const heads = term.key === undefined ? [term.value] : [term.key, term.value];
    this.#scope.inFrame(() => {
      this.#body(term.body, varNames(heads));
      for (const head of heads) this.#term(head);
    });
  }

  #withs(modifiers: readonly With[]): void {
    for (const { target, value } of modifiers) {
      this.#term(target);
      this.#term(value);
    }
  }

  #term(term: Term): void {
    switch (term.kind) {
      case 'var':
        if (term.name !== '_') this.#scope.use(term.name);
        return;
      case 'ref':
        this.#term(term.head);
        for (const part of term.path) this.#term(part);
        return;
      case 'call':
        if (term.callee !== undefined && this.#scope.isDeclared(headName(term.callee))) {
          this.#error(term.span, `called function ${term.name} shadowed`);
        }
        this.#callee(term);
        for (const arg of term.args) this.#term(arg);
        return;
      case 'comprehension':
        this.#comprehension(term);
        return;
      case 'template':
        for (const part of term.parts) if (typeof part !== 'string') this.#literal(part);
        return;
      default:
        for (const part of partsOf(term)) this.#term(part);
    }
  }

  #callee({ callee }: CallTerm): void {
    if (callee !== undefined) this.#scope.use(headName(callee));
  }

  #declare(name: string, how: 'assigned' | 'declared', span: Span): void {
    const problem = this.#scope.declare(name, how);
    if (problem !== undefined) this.#error(span, problem);
  }

  #error(span: Span, message: string): void {
    this.#failed = true;
    this.#sink.error('rego_compile_error', span, message);
  }
}

const headName = (term: Term): string =>
  term.kind === 'var' ? term.name : term.kind === 'ref' ? headName(term.head) : '';

/** Everything of the head that may use the body's variables. */
function headTerms({ head }: Rule): readonly Term[] {
  const terms = [...head.path];
  if (head.key !== undefined) terms.push(head.key);
  if (head.value !== undefined) terms.push(head.value);
  return terms;
}

/** Names that terms use from outside, those that their comprehensions declare left out. */
function varNames(terms: readonly Term[]): Set<string> {
  const names = new Set<string>();
  walkTerms(terms, {
    term(term) {
      if (term.kind === 'var') names.add(term.name);
      if (term.kind !== 'comprehension') return undefined;
      const own = declaredNames(term.body);
      for (const name of usedNames(term)) if (!own.has(name)) names.add(name);
      return false;
    },
  });
  return names;
}

function usedNames(term: ComprehensionTerm): ReadonlySet<string> {
  const names = varNames(term.key === undefined ? [term.value] : [term.key, term.value]);
  for (const literal of term.body) {
    walkLiteral(literal, {
      term(inner) {
        if (inner.kind !== 'comprehension') {
          if (inner.kind === 'var') names.add(inner.name);
          return undefined;
        }
        for (const name of varNames([inner])) names.add(name);
        return false;
      },
    });
  }
  return names;
}

function declaredNames(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  for (const literal of body) {
    if (literal.kind === 'some') for (const { name } of literal.vars) names.add(name);
    if (literal.kind === 'some-in') {
      const patterns = literal.key === undefined ? [literal.value] : [literal.key, literal.value];
      for (const name of patternNames(patterns)) names.add(name);
    }
    if (literal.kind !== 'expr' || literal.term.kind !== 'call') continue;
    const [target] = literal.term.infix === ':=' ? literal.term.args : [];
    for (const name of target === undefined ? [] : patternNames([target])) names.add(name);
  }
  return names;
}

/** Variables that a pattern binds: those of nested arrays and of object values. */
function patternNames(patterns: readonly Term[]): Set<string> {
  const names = new Set<string>();
  const visit = (term: Term): void => {
    if (term.kind === 'var' && term.name !== '_') names.add(term.name);
    else if (term.kind === 'array') term.items.forEach(visit);
    else if (term.kind === 'object') term.values.forEach(visit);
  };
  patterns.forEach(visit);
  return names;
}

function introduces(literal: Literal, how: 'assigned' | 'declared', name: string): boolean {
  if (how === 'declared') {
    return literal.kind === 'some' && literal.vars.some((variable) => variable.name === name);
  }
  if (literal.kind !== 'expr' || literal.term.kind !== 'call') return false;
  const [target] = literal.term.infix === ':=' ? literal.term.args : [];
  return target !== undefined && patternNames([target]).has(name);
}
