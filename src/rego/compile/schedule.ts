/**
 * Prepares a policy as regorus does: orders the bodies of every rule, then checks what its patterns bind.
 * The first error of the preparation is what every question is answered with.
 */
import { at as element } from '../at.ts';
import type { Body, ComprehensionTerm, Literal, Rule, Term } from '../ast.ts';
import type { Profile } from '../profile.ts';
import type { Arity } from './arity.ts';
import { type Branch, dataPath, type Policy, type ResolvedModule } from './policy.ts';
import type { ResolvedRule } from './policy.ts';
import { RuleAnalyzer } from './regorus-analyze.ts';
import { checkBindings } from './regorus-hoist.ts';
import { regorusOffset } from './regorus-offset.ts';
import { misplaced } from './regorus-place.ts';
import { RegorusRefusal } from './regorus-refusal.ts';
import { NameScope } from './regorus-scope.ts';
import { mapSame } from './same.ts';
import type { DiagnosticSink } from './sink.ts';
import { replaceRules } from './tree.ts';
import { eachClosure, mapClosures } from './vars.ts';

/** Puts the bodies of a resolved rule into the order found for those of its source. */
class Reorder {
  readonly #analyzer: RuleAnalyzer;
  readonly unscheduled = new Set<Term>();

  constructor(analyzer: RuleAnalyzer) {
    this.#analyzer = analyzer;
  }

  body(body: Body, source: Body): Body {
    const order = this.#analyzer.orders.get(source);
    const literals = body.map((literal, i) => this.#literal(literal, element(source, i)));
    return order === undefined ? literals : order.map((i) => element(literals, i));
  }

  /** Closures of a term, which stand in the same order as in its source. */
  term(term: Term, source: Term): Term {
    const sources: ComprehensionTerm[] = [];
    eachClosure(source, (closure) => sources.push(closure));
    let next = 0;
    return mapClosures(term, (closure) => {
      const own = element(sources, next++);
      const changed: Term = {
        ...closure,
        body: this.body(closure.body, own.body),
        ...(closure.key && own.key && { key: this.term(closure.key, own.key) }),
        value: this.term(closure.value, own.value),
      };
      if (!this.#analyzer.scheduled.has(own)) this.unscheduled.add(changed);
      return changed;
    });
  }

  #literal(literal: Literal, source: Literal): Literal {
    let next = 0;
    const modifiers = mapSame(literal.with, (one) => {
      const value = this.term(one.value, element(source.with, next++).value);
      return value === one.value ? one : { ...one, value };
    });
    if (literal.kind === 'expr' && source.kind === 'expr') {
      const term = this.term(literal.term, source.term);
      return term === literal.term && modifiers === literal.with
        ? literal
        : { ...literal, with: modifiers, term };
    }
    if (literal.kind === 'some-in' && source.kind === 'some-in') {
      return { ...literal, with: modifiers, domain: this.term(literal.domain, source.domain) };
    }
    if (literal.kind === 'every' && source.kind === 'every') {
      const domain = this.term(literal.domain, source.domain);
      return { ...literal, with: modifiers, domain, body: this.body(literal.body, source.body) };
    }
    return literal;
  }
}

interface Preparation {
  readonly profile: Profile;
  readonly globals: (module: ResolvedModule) => NameScope;
  readonly arity: Arity;
}

function scheduleRule(rule: ResolvedRule, { profile, globals, arity }: Preparation): ResolvedRule {
  const { source, module } = rule;
  const analyzer = new RuleAnalyzer({
    globals: globals(module),
    // A function of the package comes before a builtin of that name.
    arity: (name) => arity(dataPath(module.source.package.path) + `.${name}`) ?? arity(name),
    schedulesHeads: profile.schedulesHeads,
  });
  analyzer.rule(source);
  const reorder = new Reorder(analyzer);
  const { path, key } = source.head;
  const first = path.length - rule.dynamic.length;
  const inHead = (terms: readonly Term[]): readonly Term[] =>
    terms.map((term, i) => reorder.term(term, element(path, first + i)));
  const branches: Branch[] = [];
  let branchSource: { readonly body: Body | undefined; readonly value?: Term | undefined } = {
    body: source.body,
    value: source.head.value,
  };
  let next = source.else;
  for (const branch of rule.branches) {
    const { body, value } = branchSource;
    branches.push({
      ...branch,
      body: branch.body && body && reorder.body(branch.body, body),
      value: branch.value && value && reorder.term(branch.value, value),
      ...(branch.dynamic && { dynamic: inHead(branch.dynamic) }),
    });
    if (next !== undefined) {
      branchSource = next;
      next = next.else;
    }
  }
  return {
    ...rule,
    dynamic: inHead(rule.dynamic),
    key: rule.key && key && reorder.term(rule.key, key),
    branches,
    unscheduled: reorder.unscheduled,
  };
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

function refuseMisplaced(rule: Rule): void {
  const part = rule.default ? undefined : misplaced(rule);
  if (part === undefined) return;
  throw new RegorusRefusal(part.span, regorusOffset(part), 'not a valid ref');
}

/** Names that stand for rules or imports: those of a package for scheduling, those of a module for binding. */
class Globals {
  readonly #packages = new Map<string, { rules: Set<string>; scope: NameScope }>();
  readonly #modules = new Map<ResolvedModule, ReadonlySet<string>>();

  constructor({ modules }: Policy) {
    for (const module of modules) {
      const { rules, scope } = this.#package(module);
      for (const { source } of module.rules) {
        rules.add(source.head.name);
        scope.unscoped.add(source.head.name);
      }
      for (const name of importedNames(module)) scope.unscoped.add(name);
    }
  }

  ofPackage(module: ResolvedModule): NameScope {
    return this.#package(module).scope;
  }

  ofModule(module: ResolvedModule): ReadonlySet<string> {
    let names = this.#modules.get(module);
    if (names === undefined) {
      const { rules } = this.#package(module);
      names = new Set([...rules, ...importedNames(module), 'input', 'data']);
      this.#modules.set(module, names);
    }
    return names;
  }

  #package({ source }: ResolvedModule): { rules: Set<string>; scope: NameScope } {
    const path = dataPath(source.package.path);
    let names = this.#packages.get(path);
    if (names === undefined) {
      names = { rules: new Set(), scope: new NameScope() };
      this.#packages.set(path, names);
    }
    return names;
  }
}

const importedNames = ({ imports }: ResolvedModule): readonly string[] =>
  imports.map(({ source }) => source.name ?? source.path.at(-1) ?? '');

/** Orders every rule. The first error of the preparation goes to the sink, and nothing after it. */
export function schedulePolicy(
  policy: Policy,
  profile: Profile,
  arity: Arity,
  sink: DiagnosticSink,
): Policy {
  const scheduled = new Map<number, ResolvedRule>();
  try {
    checkArities(policy);
    const globals = new Globals(policy);
    const preparation: Preparation = {
      profile,
      arity,
      globals: (module) => globals.ofPackage(module),
    };
    for (const rule of policy.rules) scheduled.set(rule.id, scheduleRule(rule, preparation));
    for (const { source } of policy.rules) refuseMisplaced(source);
    if (profile.plansBindings) {
      for (const rule of scheduled.values()) checkBindings(rule, globals.ofModule(rule.module));
    }
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
