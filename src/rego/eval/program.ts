/**
 * A policy as code. Groups are planned and compiled when they are first used, so that a policy of
 * two thousand lines starts as fast as the rules a request needs.
 */
import { bindBuiltin, builtinOf, type BuiltinSpec, isBuiltinFault } from '../builtins/registry.ts';
import { opaDialect } from '../opa-dialect.ts';
import {
  dataPath,
  findNode,
  type Policy,
  type ResolvedRule,
  type RuleNode,
} from '../compile/policy.ts';
import type { DescribedIndex } from '../plan/describe.ts';
import type { PlanDoc, PlanExpr, PlanRule } from '../plan/plan.ts';
import type { MetadataCall, PlanUnit } from '../plan/planner.ts';
import { indexRules, type IndexUnit, type RuleIndex } from '../plan/rule-index.ts';
import { planRule } from '../plan/rules.ts';
import type { Profile } from '../profile.ts';
import type { Value } from '../value.ts';
import type { Get, Link, Maker, Run } from './closure.ts';
import { compileDefinition, constantOf } from './definition.ts';
import { baseAt, type Documents, makeDocuments } from './documents.ts';
import { type Evaluation, freshCaches } from './evaluation.ts';
import { makeExpr } from './expressions.ts';
import { makeExtent } from './extents.ts';
import { EvalFault } from './fault.ts';
import { type Group, type GroupMaker, IN_PROGRESS, UNDEFINED } from './group.ts';
import {
  CallFault,
  regorusComplete,
  regorusDefault,
  regorusFunction,
  regorusSet,
} from './regorus-groups.ts';
import { headPlace, recursion } from './regorus-rules.ts';
import { opaComplete, opaFunction, opaSet } from './opa-groups.ts';
import { makePattern } from './patterns.ts';
import { makeBody, makeSteps } from './steps.ts';

export interface ProgramOptions {
  readonly prints: boolean;
  readonly observed: boolean;
  /** See eval/what-if.ts. */
  readonly whatIf?: boolean;
}

type CallPlan = Extract<PlanExpr, { op: 'call' }>;
type BuiltinPlan = Extract<PlanExpr, { op: 'builtin' }>;

export class Program implements PlanUnit, Link, GroupMaker, IndexUnit {
  readonly policy: Policy;
  readonly profile: Profile;
  readonly prints: boolean;
  readonly maker: Maker;
  readonly documents: Documents;
  readonly #groups = new Map<RuleNode, Group | undefined>();
  readonly #functions = new Map<string, RuleNode>();
  readonly #plans = new Map<number, PlanRule>();
  #literals = 0;

  constructor(
    policy: Policy,
    profile: Profile,
    { prints, observed, whatIf = false }: ProgramOptions,
  ) {
    this.policy = policy;
    this.profile = profile;
    this.prints = prints;
    const maker: Maker = {
      traits: profile.traits,
      observed,
      whatIf,
      expr: (plan) => makeExpr(maker, plan),
      pattern: (plan) => makePattern(maker, plan),
      steps: (steps, next) => makeSteps(maker, steps, next),
      body: (body, next): Run => makeBody(maker, body, next),
      link: this,
    };
    this.maker = maker;
    this.documents = makeDocuments({
      tree: policy.tree,
      order: profile.order,
      traits: profile.traits,
      group: (node) => this.group(node),
    });
    this.#collectFunctions(policy.tree);
  }

  get order(): Profile['order'] {
    return this.profile.order;
  }

  #collectFunctions(node: RuleNode): void {
    if ([...node.rules, ...node.defaults].some((rule) => rule.kind === 'function')) {
      this.#functions.set(dataPath(node.path), node);
    }
    for (const child of node.children.values()) this.#collectFunctions(child);
  }

  // What planning asks.

  builtin(name: string): BuiltinSpec | undefined {
    return builtinOf(this.profile, name);
  }

  functionArity(name: string): number | undefined {
    const node = this.#functions.get(name);
    return node === undefined ? undefined : arityOf(node);
  }

  nextLiteral(): number {
    return this.#literals++;
  }

  metadata(rule: ResolvedRule, call: MetadataCall): Value {
    return opaDialect().metadataValue(this.policy, rule, call);
  }

  plan(rule: ResolvedRule): PlanRule {
    let plan = this.#plans.get(rule.id);
    if (plan === undefined) {
      plan = planRule(rule, this);
      this.#plans.set(rule.id, plan);
    }
    return plan;
  }

  define(
    ...[rule, plan, yields]: Parameters<GroupMaker['define']>
  ): ReturnType<GroupMaker['define']> {
    return compileDefinition(this.maker, rule, plan, yields);
  }

  // The index.

  /** Whoever observes an evaluation wants to see every definition fail. */
  index(node: RuleNode): RuleIndex | undefined {
    if (this.maker.observed || shapeOf(node) === 'extent') return undefined;
    return indexRules(
      node.rules.map((rule) => this.plan(rule)),
      this,
    );
  }

  /** For people: the indexes of all names that have one. */
  indexes(node: RuleNode = this.policy.tree): readonly DescribedIndex[] {
    const index = this.index(node);
    const ids = node.rules.map(({ id }) => id);
    const own = index === undefined ? [] : [{ path: node.path, ids, index }];
    return [...own, ...[...node.children.values()].flatMap((child) => this.indexes(child))];
  }

  /** Constant keys lead out of the tree of rules before any rule. regorus wants it at once. */
  isBase({ from, keys }: PlanDoc): boolean {
    let node = this.policy.tree;
    if (from !== undefined || keys.some(({ op }) => op !== 'const')) return false;
    for (const key of keys) {
      if (node.rules.length + node.defaults.length > 0) return false;
      const name = key.op === 'const' ? key.value : undefined;
      const child = typeof name === 'string' ? node.children.get(name) : undefined;
      if (child === undefined)
        return this.maker.traits.ownPackage === 'whole' || node === this.policy.tree;
      node = child;
    }
    return false;
  }

  // Groups.

  group(node: RuleNode): Group | undefined {
    if (this.#groups.has(node)) return this.#groups.get(node);
    const group =
      node.rules.length + node.defaults.length === 0 ? undefined : this.#makeGroup(node);
    this.#groups.set(node, group);
    return group;
  }

  #makeGroup(node: RuleNode): Group {
    const id = this.#groups.size;
    const isFunction = shapeOf(node) === 'function';
    const constant = this.maker.observed ? undefined : this.#constant(node);
    if (constant !== undefined) return this.#constantGroup(node, id, constant);
    let compute: Group['compute'] | undefined;
    let call: Group['call'] | undefined;
    const group: Group = {
      id,
      node,
      isFunction,
      constant,
      arity: arityOf(node),
      compute: (ev) => (compute ??= this.#compute(node))(ev),
      call: (ev, args) => (call ??= this.#callable(node, id))(ev, args),
      known: (ev) => {
        const cached = ev.caches.groups[id];
        return cached === UNDEFINED || cached === IN_PROGRESS
          ? undefined
          : (cached as Value | undefined);
      },
      value: (ev) => {
        const cached = ev.caches.groups[id];
        if (cached !== undefined) {
          if (cached === UNDEFINED) return undefined;
          if (cached === IN_PROGRESS) throw this.#cycle(ev, node);
          return cached as Value;
        }
        return this.#evaluate(ev, group);
      },
    };
    return group;
  }

  /** A lone default or fact: the same whatever is asked about. */
  #constant(node: RuleNode): Value | undefined {
    const [rule, ...more] = [...node.rules, ...node.defaults];
    if (rule === undefined || more.length > 0 || node.children.size > 0) return undefined;
    if (rule.kind !== 'single' || rule.dynamic.length > 0 || rule.branches.length > 1) {
      return undefined;
    }
    if ((rule.branches[0]?.body?.length ?? 0) > 0) return undefined;
    const value = this.plan(rule).branches[0]?.value;
    return value && constantOf(value);
  }

  #constantGroup(node: RuleNode, id: number, constant: Value): Group {
    const value =
      this.maker.traits.dataUnderRules === 'data'
        ? (ev: Evaluation): Value | undefined => {
            const base = baseAt(ev.data, node.path);
            if (base !== undefined) return base;
            if (ev.caches.lost?.has(id) === true) return undefined;
            ev.caches.touched?.add(id);
            return constant;
          }
        : (): Value => constant;
    const compute = (): Value => constant;
    return {
      id,
      node,
      isFunction: false,
      constant,
      arity: 0,
      value,
      known: value,
      compute,
      call: compute,
    };
  }

  #evaluate(ev: Evaluation, group: Group): Value | undefined {
    if (group.isFunction && group.arity > 0) return undefined;
    const { groups } = ev.caches;
    groups[group.id] = IN_PROGRESS;
    ev.enter();
    let value: Value | undefined;
    try {
      value = group.isFunction ? this.#nullary(ev, group) : group.compute(ev);
    } catch (thrown) {
      // A what-if evaluation goes on after a fault and may come here again.
      if (this.maker.whatIf) groups[group.id] = undefined;
      throw thrown;
    }
    ev.depth--;
    // In regorus, data that was there before the rule stays; the rule is evaluated all the same.
    if (this.maker.traits.dataUnderRules === 'data') {
      const base = baseAt(ev.data, group.node.path);
      if (base !== undefined) value = base;
    }
    groups[group.id] = value === undefined ? UNDEFINED : value;
    return value;
  }

  /** A function without operands reads as a rule. */
  #nullary(ev: Evaluation, group: Group): Value | undefined {
    try {
      return group.call(ev, []);
    } catch (thrown) {
      const [rule] = group.node.rules;
      if (!(thrown instanceof CallFault) || rule === undefined) throw thrown;
      const text = 'rules should not produce multiple outputs.';
      throw new EvalFault('eval_conflict_error', text, headPlace(rule));
    }
  }

  #cycle(ev: Evaluation, node: RuleNode): EvalFault {
    const ids = new Set(node.rules.map(({ id }) => id));
    const rule = ev.active.findLast(({ id }) => ids.has(id)) ?? node.rules[0];
    if (this.maker.traits.texts === 'regorus' && rule !== undefined) return recursion(ev, rule);
    const text = `rule ${dataPath(node.path)} is recursive`;
    return new EvalFault('eval_internal_error', text, rule && { span: rule.source.span });
  }

  #compute(node: RuleNode): Group['compute'] {
    const regorus = this.maker.traits.rules === 'regorus';
    switch (valueShapeOf(node)) {
      case 'complete':
        return regorus ? regorusComplete(this, node) : opaComplete(this, node);
      case 'set':
        return regorus ? regorusSet(this, node) : opaSet(this, node);
      case 'extent':
        return makeExtent(this, node);
    }
  }

  #callable(node: RuleNode, id: number): Group['call'] {
    return this.maker.traits.rules === 'regorus'
      ? regorusFunction(this, node)
      : opaFunction(this, node, id);
  }

  // What code asks.

  doc(...args: Parameters<Documents['doc']>): Get {
    return this.documents.doc(...args);
  }

  scanDoc(...args: Parameters<Documents['scanDoc']>): ReturnType<Documents['scanDoc']> {
    return this.documents.scanDoc(...args);
  }

  callFunction(plan: CallPlan, args: readonly Get[]): Get {
    const all = this.maker.traits.operands === 'all';
    return (ev, s) => {
      const operands = evaluateOperands(ev, s, args, all);
      if (operands !== undefined) ev.whatIf?.enterCall(plan);
      const replaced = ev.replacements?.get(plan.replacedAs);
      if (replaced !== undefined) return this.#replaced(ev, plan, replaced, operands);
      const value = this.#invoke(ev, plan, plan.name, operands);
      if (operands === undefined || ev.whatIf?.again(plan, value) !== true) return value;
      return this.#invoke(ev, plan, plan.name, operands);
    };
  }

  callBuiltin(plan: BuiltinPlan, args: readonly Get[]): Get {
    const all = this.maker.traits.operands === 'all';
    const { name } = plan.spec;
    const bound = this.#bound(plan);
    return (ev, s) => {
      const operands = evaluateOperands(ev, s, args, all);
      const replaced = ev.replacements?.get(name);
      if (replaced !== undefined) return this.#replaced(ev, plan, replaced, operands);
      return operands === undefined ? undefined : bound(ev, operands);
    };
  }

  #invoke(
    ev: Evaluation,
    plan: CallPlan | BuiltinPlan,
    name: string,
    operands: readonly Value[] | undefined,
  ): Value | undefined {
    const node = this.#functions.get(name);
    if (node === undefined) {
      const compute = this.#defaultOf(name);
      if (compute !== undefined) return operands && compute(ev);
      throw new EvalFault('eval_type_error', `could not find function ${name}`, plan);
    }
    if (operands === undefined) return undefined;
    const group = this.group(node);
    if (group === undefined) return undefined;
    if (operands.length !== group.arity && node.rules.length > 0) {
      const text = `mismatch in number of arguments. supplied ${String(operands.length)}, expected ${String(group.arity)}`;
      throw new EvalFault('eval_type_error', text, plan);
    }
    ev.enter();
    try {
      return group.call(ev, operands);
    } catch (thrown) {
      if (thrown instanceof CallFault) {
        throw new EvalFault('eval_conflict_error', thrown.message, plan);
      }
      throw thrown;
    } finally {
      ev.depth--;
    }
  }

  /** Called by name, a rule of regorus that is no function answers with its default. */
  #defaultOf(name: string): Group['compute'] | undefined {
    if (this.maker.traits.rules === 'opa') return undefined;
    const [rule] = findNode(this.policy.tree, name.split('.').slice(1))?.defaults ?? [];
    return rule && regorusDefault(this, rule);
  }

  #replaced(
    ev: Evaluation,
    plan: CallPlan | BuiltinPlan,
    by:
      | { readonly kind: 'value'; readonly value: Value }
      | { readonly kind: 'function'; readonly name: string },
    operands: readonly Value[] | undefined,
  ): Value | undefined {
    if (operands === undefined) return undefined;
    if (by.kind === 'value') return by.value;
    // Inside the replacement every name means the original again.
    const { replacements, caches } = ev;
    ev.replacements = undefined;
    ev.caches = freshCaches();
    const spec = this.builtin(by.name);
    const result =
      spec === undefined
        ? this.#invoke(ev, plan, by.name, operands)
        : this.#bound({ ...plan, op: 'builtin', spec })(ev, operands);
    ev.replacements = replacements;
    ev.caches = caches;
    return result;
  }

  #bound(plan: BuiltinPlan): (ev: Evaluation, operands: readonly Value[]) => Value | undefined {
    const bound = bindBuiltin(plan.spec.name, this.profile);
    return (ev, operands) => {
      const result = bound?.(ev, operands);
      if (!isBuiltinFault(result)) return result;
      if (!result.fatal && !ev.strict) return undefined;
      throw new EvalFault(result.code, result.message, plan);
    };
  }
}

/** Operands in order; unless `all`, stops at the first undefined one. */
function evaluateOperands(
  ev: Evaluation,
  s: unknown[],
  args: readonly Get[],
  all: boolean,
): readonly Value[] | undefined {
  const operands: Value[] = [];
  let defined = true;
  for (const arg of args) {
    const operand = arg(ev, s);
    if (operand !== undefined) operands.push(operand);
    else if (all) defined = false;
    else return undefined;
  }
  return defined ? operands : undefined;
}

const isGround = (rule: ResolvedRule): boolean => rule.dynamic.length === 0;

/** What the definitions of a node make when it is read: one value, a set, or anything else. */
function valueShapeOf({ rules, defaults, children }: RuleNode): 'complete' | 'set' | 'extent' {
  const isPlain = children.size === 0 && [...rules, ...defaults].every(isGround);
  if (isPlain && rules.every(({ kind }) => kind === 'single')) return 'complete';
  if (isPlain && rules.every(({ kind }) => kind === 'multi') && defaults.length === 0) return 'set';
  return 'extent';
}

const shapeOf = (node: RuleNode): ReturnType<typeof valueShapeOf> | 'function' =>
  [...node.rules, ...node.defaults].some(({ kind }) => kind === 'function')
    ? 'function'
    : valueShapeOf(node);

const arityOf = (node: RuleNode): number =>
  node.rules[0]?.args?.length ?? node.defaults[0]?.args?.length ?? 0;
