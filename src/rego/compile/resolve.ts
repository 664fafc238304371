/**
 * Settles every name of a policy: globals become full references, locals get a name of their own,
 * calls name a builtin or a function by its path. See policy.ts for what the result looks like.
 */
import type { Body, Import, Literal, Module, Rule, Term } from '../ast.ts';
import type { Profile } from '../profile.ts';
import type { ModuleNames, RuleKind } from './names.ts';
import type { DiagnosticSink } from './sink.ts';
import type { Branch, Policy, ResolvedModule, ResolvedRule } from './policy.ts';
import { RuleResolver } from './resolve-rule.ts';
import { directNames } from './scope.ts';
import { buildTree } from './tree.ts';

const packageKey = (path: readonly string[]): string => JSON.stringify(path);

function rulesByPackage(
  modules: readonly Module[],
): ReadonlyMap<string, ReadonlyMap<string, RuleKind>> {
  const packages = new Map<string, Map<string, RuleKind>>();
  for (const module of modules) {
    const key = packageKey(module.package.path);
    const rules = packages.get(key) ?? new Map<string, RuleKind>();
    packages.set(key, rules);
    for (const { head, default: isDefault } of module.rules) {
      const before = rules.get(head.name);
      if (before === 'function' || before === 'default') continue;
      rules.set(head.name, head.kind === 'function' ? 'function' : isDefault ? 'default' : 'value');
    }
  }
  return packages;
}

export function resolvePolicy(
  modules: readonly Module[],
  profile: Profile,
  sink: DiagnosticSink,
): Policy {
  const packages = rulesByPackage(modules);
  const rules: ResolvedRule[] = [];
  const resolved = modules.map((module): ResolvedModule => {
    const imports = new Map<string, { readonly source: Import; uses: number }>();
    for (const source of module.imports) {
      if (source.name !== undefined) imports.set(source.name, { source, uses: 0 });
    }
    const names: ModuleNames = {
      package: module.package.path,
      rules: packages.get(packageKey(module.package.path)) ?? new Map(),
      imports,
      profile,
    };
    const own: ResolvedRule[] = [];
    const result: ResolvedModule = {
      source: module,
      name: module.span.source.name,
      rules: own,
      imports: [...imports.values()],
    };
    for (const rule of module.rules) {
      const one = resolveRule(rule, result, names, rules.length, sink);
      own.push(one);
      rules.push(one);
    }
    return result;
  });
  return { modules: resolved, rules, tree: buildTree(resolved, rules) };
}

/** Head parts up to the first computed one are the rule's place in the tree. */
function splitHead(rule: Rule): { ground: string[]; dynamic: readonly Term[] } {
  const { name, path } = rule.head;
  const cut = path.findIndex((part) => part.kind !== 'string');
  const strings = cut < 0 ? path : path.slice(0, cut);
  return {
    ground: [name, ...strings.map((part) => (part.kind === 'string' ? part.value : ''))],
    dynamic: cut < 0 ? [] : path.slice(cut),
  };
}

/** A template string as an argument pattern is compared in the body, where its variables are bound. */
function takeTemplates(args: readonly Term[] | undefined): {
  args: readonly Term[] | undefined;
  literals: readonly Literal[];
} {
  const literals: Literal[] = [];
  const patterns = args?.map((arg, i): Term => {
    if (arg.kind !== 'template') return arg;
    const { span } = arg;
    const variable: Term = { kind: 'var', name: `template argument ${String(i)}`, span };
    const at = span.start;
    const term: Term = { kind: 'call', name: 'eq', infix: '=', args: [variable, arg], at, span };
    literals.push({ kind: 'expr', negated: false, term, with: [], span });
    return variable;
  });
  return { args: patterns, literals };
}

function resolveRule(
  rule: Rule,
  module: ResolvedModule,
  names: ModuleNames,
  id: number,
  sink: DiagnosticSink,
): ResolvedRule {
  const resolver = new RuleResolver(names, sink);
  const { head } = rule;
  const { ground, dynamic } = splitHead(rule);
  const { args: patterns, literals } = takeTemplates(head.args);
  const args = patterns && resolver.args(patterns);
  const bodyOf = (body: Body | undefined): Body | undefined =>
    literals.length === 0 ? body : [...literals, ...(body ?? [])];
  let key: Term | undefined;
  let resolvedDynamic: readonly Term[] = dynamic;
  const branches: Branch[] = [];

  // The head's own terms see the variables of the first body.
  const headTerms = [...dynamic, ...(head.key === undefined ? [] : [head.key])];
  const values = head.value === undefined ? [] : [head.value];
  const firstBody = bodyOf(rule.body);
  const first = resolver.branch(
    firstBody,
    directNames(firstBody, [...headTerms, ...values]),
    () => {
      resolvedDynamic = dynamic.map((term) => resolver.term(term));
      key = head.key === undefined ? undefined : resolver.term(head.key);
      return head.value === undefined ? undefined : resolver.term(head.value);
    },
  );
  branches.push({ ...first, span: rule.span });
  for (let branch = rule.else; branch !== undefined; branch = branch.else) {
    const { value, span } = branch;
    const body = bodyOf(branch.body);
    const names = directNames(body, value === undefined ? dynamic : [...dynamic, value]);
    let ownDynamic: readonly Term[] = dynamic;
    const resolved = resolver.branch(body, names, () => {
      ownDynamic = dynamic.map((term) => resolver.term(term));
      return value === undefined ? undefined : resolver.term(value);
    });
    branches.push({ ...resolved, span, dynamic: ownDynamic });
  }
  return {
    id,
    source: rule,
    module,
    ground: [...names.package, ...ground],
    dynamic: resolvedDynamic,
    kind: head.kind,
    args,
    key,
    branches,
    default: rule.default,
    locals: resolver.locals,
  };
}
