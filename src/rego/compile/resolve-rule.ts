/**
 * Resolution inside one rule (or one query): walks bodies in source order, so that a declaration
 * holds from its own place on.
 */
import type {
  Body,
  CallTerm,
  ComprehensionTerm,
  ExprLiteral,
  Literal,
  RefTerm,
  StringTerm,
  Term,
  VarTerm,
  With,
} from '../ast.ts';
import type { Span } from '../source.ts';
import { isBuiltinName } from '../builtins/registry.ts';
import { globalPath, type ModuleNames } from './names.ts';
import type { DiagnosticSink } from './sink.ts';
import { dataPath, type Local, localCallee } from './policy.ts';
import { mapSame } from './same.ts';
import { directNames, Scopes, type Sighting } from './scope.ts';

const DECLARED_SIGHTING: Readonly<Record<'assign' | 'some' | 'some-in' | 'every', Sighting>> = {
  assign: 'assigned',
  some: 'declared',
  'some-in': 'declared',
  every: 'declared',
};

export class RuleResolver {
  readonly #names: ModuleNames;
  readonly #sink: DiagnosticSink;
  readonly #scopes = new Scopes();

  constructor(names: ModuleNames, sink: DiagnosticSink) {
    this.#names = names;
    this.#sink = sink;
    this.#scopes.enter(new Set());
  }

  get locals(): ReadonlyMap<string, Local> {
    return this.#scopes.locals;
  }

  /** Declares the variables of argument patterns; the rest of a pattern is resolved around them. */
  args(args: readonly Term[]): readonly Term[] {
    for (const arg of args) {
      for (const { name, span } of patternVars(arg)) {
        if (!this.#scopes.isDeclaredHere(name)) this.#scopes.declare(name, span, 'arg', 'arg');
      }
    }
    return args.map((arg) => this.term(arg));
  }

  /** A body with its own locals; `value` resolves what is evaluated after it. */
  branch(
    body: Body | undefined,
    direct: ReadonlySet<string>,
    value: () => Term | undefined,
  ): { body: Body | undefined; value: Term | undefined } {
    this.#scopes.enter(direct);
    const resolved = body === undefined ? undefined : this.body(body);
    const result = { body: resolved, value: value() };
    this.#scopes.leave();
    return result;
  }

  body(body: Body): Body {
    return mapSame(body, (literal) => this.#literal(literal));
  }

  #literal(literal: Literal): Literal {
    // `with` values see the body as it is before the literal.
    const modifiers =
      literal.with.length === 0 ? literal.with : literal.with.map((one) => this.#with(one));
    switch (literal.kind) {
      case 'some':
        for (const { name, span } of literal.vars) this.#declare(name, span, 'some');
        return { ...literal, vars: literal.vars.map((v) => this.#variable(v, false)) };
      case 'some-in': {
        const domain = this.term(literal.domain);
        const patterns = literal.key === undefined ? [literal.value] : [literal.key, literal.value];
        for (const pattern of patterns) {
          for (const { name, span } of patternVars(pattern)) this.#declareOnce(name, span);
        }
        return {
          ...literal,
          with: modifiers,
          domain,
          ...(literal.key !== undefined && { key: this.#pattern(literal.key) }),
          value: this.#pattern(literal.value),
        };
      }
      case 'every': {
        const domain = this.term(literal.domain);
        this.#scopes.enter(directNames(literal.body, []));
        const key = literal.key && this.#boundBy(literal.key);
        const value = this.#boundBy(literal.value);
        const body = this.body(literal.body);
        this.#scopes.leave();
        return { ...literal, with: modifiers, domain, ...(key && { key }), value, body };
      }
      case 'not-body': {
        this.#scopes.enter(directNames(literal.body, []));
        const body = this.body(literal.body);
        this.#scopes.leave();
        return { ...literal, with: modifiers, body };
      }
      case 'expr': {
        const term = this.#expression(literal);
        return term === literal.term && modifiers === literal.with
          ? literal
          : { ...literal, with: modifiers, term };
      }
    }
  }

  #boundBy(variable: VarTerm): VarTerm {
    if (variable.name === '_') {
      return { ...variable, name: this.#scopes.wildcard(variable.span) };
    }
    const name = this.#scopes.declare(variable.name, variable.span, 'every', 'declared');
    return { ...variable, name };
  }

  #expression(literal: ExprLiteral): Term {
    const { term } = literal;
    if (term.kind !== 'call' || term.infix !== ':=') return this.term(term);
    const [target, source] = term.args;
    if (target === undefined || source === undefined) return this.term(term);
    const value = this.term(source);
    if (literal.negated && this.#names.profile.engine === 'opa') {
      this.#error(literal.span, 'cannot assign vars inside negated expression');
    }
    if (!isPattern(target)) {
      if (this.#names.profile.engine === 'opa') {
        this.#error(target.span, `cannot assign to ${kindName(target)}`);
      }
    } else {
      const seen = new Set<string>();
      for (const { name, span } of patternVars(target)) {
        if (!seen.has(name)) this.#declare(name, span, 'assign');
        else if (this.#names.profile.engine === 'opa') {
          this.#error(span, `var ${name} assigned above`);
        }
        seen.add(name);
      }
    }
    return { ...term, args: [this.#pattern(target), value] };
  }

  #declareOnce(name: string, span: Span): void {
    // In regorus the variables of an `every` are in a scope around its body.
    const ofEvery =
      this.#names.profile.engine === 'regorus' &&
      this.locals.get(this.#scopes.declared(name) ?? '')?.declaredBy === 'every';
    if (
      ofEvery ||
      !this.#scopes.isDeclaredHere(name) ||
      this.#scopes.sighting(name) !== 'declared'
    ) {
      this.#declare(name, span, 'some-in');
    }
  }

  #declare(name: string, span: Span, by: 'assign' | 'some' | 'some-in'): void {
    const sighting = this.#scopes.sighting(name);
    if (this.#names.profile.engine === 'opa') {
      if (sighting !== undefined) {
        this.#error(span, `var ${name} ${sighting} above`);
      } else if (by === 'assign' && this.#scopes.isArgument(name) && this.#isRuleBody(name)) {
        this.#error(span, `arg ${name} redeclared`);
      }
    } else if (this.#scopes.isDeclaredHere(name) && by === 'assign' && sighting === 'declared') {
      // regorus gives `some x; x := 1` its value in place.
      return;
    }
    this.#scopes.declare(name, span, by, DECLARED_SIGHTING[by]);
  }

  /** True when the name still means the argument: no body between has declared it. */
  #isRuleBody(name: string): boolean {
    return this.locals.get(this.#scopes.declared(name) ?? '')?.declaredBy === 'arg';
  }

  #with(modifier: With): With {
    const { target } = modifier;
    const root = target.kind === 'var' ? target : target.head;
    const name = root.kind === 'var' ? root.name : '';
    if (name === 'input' || name === 'data') {
      const resolved = this.term(target) as With['target'];
      return { ...modifier, target: resolved, value: this.term(modifier.value) };
    }
    const resolved = this.#calleeName(nameParts(target), root.span);
    return {
      ...modifier,
      target: { kind: 'var', name: resolved, span: target.span },
      value: this.#replacement(modifier.value),
    };
  }

  /** What replaces a function: another function by name, or any value. */
  #replacement(value: Term): Term {
    const root = value.kind === 'ref' ? value.head : value;
    if (root.kind !== 'var' || this.#scopes.declared(root.name) !== undefined) {
      return this.term(value);
    }
    const name = dottedName(value);
    const isBuiltin = name === 'print' || isBuiltinName(name);
    if (isBuiltin && globalPath(this.#names, root.name) === undefined) {
      return { kind: 'var', name, span: value.span };
    }
    return this.term(value);
  }

  term(term: Term): Term {
    switch (term.kind) {
      case 'var':
        return this.#reference(term, true);
      case 'ref':
        return this.#ref(term);
      case 'call':
        return this.#call(term);
      case 'unary':
        return { ...term, operand: this.term(term.operand) };
      case 'array':
      case 'set': {
        const items = this.#terms(term.items);
        return items === term.items ? term : { ...term, items };
      }
      case 'object': {
        const keys = this.#terms(term.keys);
        const values = this.#terms(term.values);
        return keys === term.keys && values === term.values ? term : { ...term, keys, values };
      }
      case 'comprehension':
        return this.#comprehension(term);
      case 'template':
        return {
          ...term,
          parts: term.parts.map((part) =>
            typeof part === 'string'
              ? part
              : {
                  ...part,
                  with: part.with.map((modifier) => this.#with(modifier)),
                  term: this.term(part.term),
                },
          ),
        };
      default:
        return term;
    }
  }

  #terms(terms: readonly Term[]): readonly Term[] {
    return mapSame(terms, (term) => this.term(term));
  }

  /** A pattern's variables are locals even where a rule has their name. */
  #pattern(term: Term): Term {
    switch (term.kind) {
      case 'var':
        return this.#variable(term, false);
      case 'array':
        return { ...term, items: term.items.map((item) => this.#pattern(item)) };
      case 'object':
        return {
          ...term,
          keys: term.keys.map((key) => this.term(key)),
          values: term.values.map((value) => this.#pattern(value)),
        };
      default:
        return this.term(term);
    }
  }

  #comprehension(term: ComprehensionTerm): Term {
    const heads = term.key === undefined ? [term.value] : [term.key, term.value];
    this.#scopes.enter(directNames(term.body, heads));
    const body = this.body(term.body);
    const key = term.key && this.term(term.key);
    const value = this.term(term.value);
    this.#scopes.leave();
    return { ...term, body, ...(key && { key }), value };
  }

  /** A local, never a global. */
  #variable(term: VarTerm, isUse: boolean): VarTerm {
    if (term.name === '_') return { ...term, name: this.#scopes.wildcard(term.span) };
    const name = this.#scopes.declared(term.name) ?? this.#scopes.implicit(term.name, term.span);
    if (isUse) this.#scopes.use(name);
    return name === term.name ? term : { ...term, name };
  }

  #reference(term: VarTerm, isUse: boolean): Term {
    if (term.name !== '_' && this.#scopes.declared(term.name) === undefined) {
      const path = globalPath(this.#names, term.name);
      if (path !== undefined) {
        this.#scopes.see(term.name);
        return globalTerm(path, term.span, term.span.start);
      }
    }
    if (term.name !== '_') this.#scopes.see(term.name);
    return this.#variable(term, isUse);
  }

  #ref(term: RefTerm): Term {
    const head = this.term(term.head);
    const path = this.#terms(term.path);
    if (head === term.head && path === term.path) return term;
    return head.kind === 'ref' && term.head.kind === 'var'
      ? { ...term, head: head.head, path: [...head.path, ...path] }
      : { ...term, head, path };
  }

  #call(term: CallTerm): Term {
    const args = this.#terms(term.args);
    let { name } = term;
    if (term.callee !== undefined) {
      const root = term.callee.kind === 'var' ? term.callee : term.callee.head;
      name = this.#calleeName(nameParts(term.callee), root.span);
    }
    return args === term.args && name === term.name ? term : { ...term, args, name };
  }

  /** The parts are those of the source: one of them may hold a dot of its own. */
  #calleeName(name: readonly string[], span: Span): string {
    const [root = '', ...rest] = name;
    if (this.#scopes.declared(root) !== undefined && root !== 'data') {
      if (this.#names.profile.engine === 'opa') {
        this.#error(span, `called function ${root} shadowed`);
        return localCallee(name.join('.'));
      }
      return name.join('.');
    }
    if (root === 'data') return dataPath(rest);
    if (root === 'input') return name.join('.');
    if (this.#names.profile.engine === 'regorus') {
      // regorus looks for a function of the package, then for a builtin; imports do not count.
      const kind = this.#names.rules.get(root);
      const isOwn =
        kind === 'function' || kind === 'default' || (kind !== undefined && rest.length > 0);
      return isOwn ? dataPath([...this.#names.package, root, ...rest]) : name.join('.');
    }
    const path = globalPath(this.#names, root);
    if (path === undefined) return name.join('.');
    const [document = 'data', ...parts] = path;
    return dataPath([...parts, ...rest]).replace(/^data/, document);
  }

  #error(span: Span, message: string): void {
    this.#sink.error('rego_compile_error', span, message);
  }
}

/** `data.pkg.rule` or `input` as a term at the place where its short name stands. */
function globalTerm(path: readonly string[], span: Span, at: number): Term {
  const [root = 'data', ...rest] = path;
  const head: VarTerm = { kind: 'var', name: root, span };
  if (rest.length === 0) return head;
  const parts = rest.map((value): StringTerm => ({ kind: 'string', value, raw: false, span }));
  return { kind: 'ref', head, path: parts, at, span };
}

/** The parts of a name: its root and the strings after it. */
function nameParts(term: Term): readonly string[] {
  if (term.kind === 'var') return [term.name];
  if (term.kind !== 'ref') return [''];
  const parts = term.path.map((part) => (part.kind === 'string' ? part.value : '?'));
  return [...nameParts(term.head), ...parts];
}

const dottedName = (term: Term): string => nameParts(term).join('.');

/** Variables that a pattern binds: not those in keys, references or calls. Wildcards left out. */
export function patternVars(term: Term): readonly VarTerm[] {
  switch (term.kind) {
    case 'var':
      return term.name === '_' || term.name.startsWith('_~') ? [] : [term];
    case 'array':
      return term.items.flatMap(patternVars);
    case 'object':
      return term.values.flatMap(patternVars);
    default:
      return [];
  }
}

/** What may stand on the left of `:=`. */
const isPattern = (term: Term): boolean =>
  term.kind === 'var' || term.kind === 'array' || term.kind === 'object';

const KIND_NAMES: Readonly<Partial<Record<Term['kind'], string>>> = {
  comprehension: 'comprehension',
  constant: 'composite',
};
const kindName = (term: Term): string =>
  term.kind === 'comprehension'
    ? `${term.shape}comprehension`
    : (KIND_NAMES[term.kind] ?? term.kind);
