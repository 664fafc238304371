/**
 * The state of planning one rule: slots, what is bound so far, and the steps being collected.
 * `PlanUnit` gives it what it must know about the rest of the policy.
 */
import type { EvaluationTraits } from '../traits.ts';
import type { Body, Term } from '../ast.ts';
import type { BuiltinSpec } from '../builtins/registry.ts';
import { type ResolvedRule, sourceName } from '../compile/policy.ts';
import { eachVar } from '../compile/vars.ts';
import type { Profile } from '../profile.ts';
import type { Value } from '../value.ts';
import type { PlanBody, PlanExpr, PlanPattern, PlanScopes, PlanStep, ScanRefusal } from './plan.ts';

export type MetadataCall = 'rego.metadata.chain' | 'rego.metadata.rule';

const isMetadataCall = (name: string): name is MetadataCall =>
  name === 'rego.metadata.chain' || name === 'rego.metadata.rule';

/** What planning asks of the policy as a whole. */
export interface PlanUnit {
  readonly profile: Profile;
  /** Prints are planned; otherwise they vanish, as in OPA without a print hook. */
  readonly prints: boolean;
  builtin(name: string): BuiltinSpec | undefined;
  /** Operand count of a function of the policy. */
  functionArity(name: string): number | undefined;
  nextLiteral(): number;
  /** What the METADATA of a rule say, for `rego.metadata.*`. */
  metadata(rule: ResolvedRule, call: MetadataCall): Value;
}

export interface PlannedBody<T> {
  readonly body: PlanBody;
  readonly head: T;
  /** The last literal is the iteration of the head. */
  readonly headIterates: boolean;
}

/** The mutually recursive parts of planning; handed in, so that their files need not import each other. */
export interface PlanGrammar {
  term(p: Planner, term: Term): PlanExpr;
  pattern(p: Planner, term: Term): PlanPattern;
  body<T>(p: Planner, body: Body, planHead: () => T): PlannedBody<T>;
}

/** A scope of regorus while it is planned. */
interface OpenScope {
  /** Names and the slots of their values; undefined: declared only. */
  readonly names: Map<string, number | undefined>;
  /** Of a loop: slots that every run of the loop starts without. */
  readonly resets: number[] | undefined;
}

interface BodyOptions {
  /** A slot that ends loops over references. */
  readonly until?: number | undefined;
  /** A rule without a body evaluates its head outside of any scope. */
  readonly hasScope?: boolean | undefined;
}

export class Planner {
  readonly unit: PlanUnit;
  readonly package: readonly string[];
  readonly #grammar: PlanGrammar;
  readonly #rule: ResolvedRule | undefined;
  readonly #slots = new Map<string, number>();
  readonly #names: (string | undefined)[] = [];
  #iterates = true;
  #headLoops: ScanRefusal = 'nothing';
  #until: number | undefined;
  /** Scopes as regorus opens them: source names and slots. */
  #scopes: readonly OpenScope[] = [];
  #bound = new Set<string>();
  #steps: PlanStep[] = [];

  constructor(unit: PlanUnit, grammar: PlanGrammar, rule?: ResolvedRule) {
    this.unit = unit;
    this.#grammar = grammar;
    this.#rule = rule;
    this.package = rule?.module.source.package.path ?? [];
  }

  term(term: Term): PlanExpr {
    return this.#grammar.term(this, term);
  }

  pattern(term: Term): PlanPattern {
    return this.#grammar.pattern(this, term);
  }

  /** Plans a body and then its head, which may iterate too. */
  body<T>(
    body: Body,
    planHead: () => T,
    { until, hasScope = true }: BodyOptions = {},
  ): PlannedBody<T> {
    const outer = [this.#headLoops, this.#iterates, this.#until, this.#scopes] as const;
    if (hasScope) this.openScope();
    this.#headLoops = 'nothing';
    this.#iterates = true;
    this.#until = until;
    const planned = this.#grammar.body(this, body, planHead);
    [this.#headLoops, this.#iterates, this.#until, this.#scopes] = outer;
    return planned;
  }

  /** Opens a scope that lasts as long as the body. */
  openScope(resets?: number[]): void {
    this.#scopes = [...this.#scopes, { names: new Map(), resets }];
  }

  /** Opens the scope of a loop. The slots in the answer are to be cleared when the loop starts. */
  openLoop(): readonly number[] {
    const resets: number[] = [];
    this.openScope(resets);
    return resets;
  }

  /** Plans with a scope around it. */
  inScope<T>(plan: () => T): T {
    const outer = this.#scopes;
    this.openScope();
    const result = plan();
    this.#scopes = outer;
    return result;
  }

  get scopes(): PlanScopes {
    return this.#scopes.map(({ names }) =>
      [...names].map(([name, slot]) => ({ name, slot })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }

  /**
   * Says of `some x` whether the innermost scope has the name already. A loop keeps its scope from turn
   * to turn, so that the name is there in the second one: a slot counts.
   */
  declare(name: string): 'new' | 'duplicate' | { readonly slot: number } {
    const source = sourceName(name);
    const scope = this.#scopes.at(-1);
    if (scope === undefined) return 'new';
    if (scope.names.has(source)) return 'duplicate';
    scope.names.set(source, undefined);
    if (scope.resets === undefined) return 'new';
    const slot = this.temporary();
    scope.resets.push(slot);
    return { slot };
  }

  /** The slot that ends a loop over a reference planned now. */
  get until(): number | undefined {
    return this.#until;
  }

  get slotNames(): readonly (string | undefined)[] {
    return this.#names;
  }

  get traits(): EvaluationTraits {
    return this.unit.profile.traits;
  }

  /** The slot of a variable; each unique name has one for the whole rule. */
  slot(name: string): number {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = this.#names.push(sourceName(name) || undefined) - 1;
      this.#slots.set(name, slot);
    }
    return slot;
  }

  temporary(): number {
    return this.#names.push(undefined) - 1;
  }

  /** A variable that stands in no source: nobody is told of it. */
  hiddenName(): string {
    return `~${String(this.#names.length)}`;
  }

  isBound(name: string): boolean {
    return this.#bound.has(name);
  }

  /** A variable that nothing has bound and nothing declares: an error when regorus reaches it. */
  isUnsafe(name: string): boolean {
    if (this.traits.unsafeVariables === 'refused' || this.#bound.has(name)) return false;
    // What `some x` declares is there, without a value.
    const source = sourceName(name);
    return !this.#scopes.some(({ names }) => names.has(source));
  }

  /** The constant behind a call of `rego.metadata.*`; undefined for any other name. */
  metadata(name: string): Value | undefined {
    if (this.#rule === undefined || !isMetadataCall(name)) return undefined;
    return this.unit.metadata(this.#rule, name);
  }

  isUnscheduled(closure: Term): boolean {
    return this.#rule?.unscheduled?.has(closure) === true;
  }

  /** Plans where regorus does not iterate: an unbound operand fails when it is read. */
  withoutIteration<T>(plan: () => T): T {
    const outer = this.#iterates;
    this.#iterates = false;
    const result = plan();
    this.#iterates = outer;
    return result;
  }

  /** Plans a head: there regorus refuses to iterate what is no collection. */
  inHead<T>(plan: () => T): T {
    const outer = [this.#headLoops, this.#until] as const;
    if (this.traits.loops === 'taken-out') this.#headLoops = 'all-but-collections';
    this.#until = undefined;
    const result = plan();
    [this.#headLoops, this.#until] = outer;
    return result;
  }

  /** What a loop planned now refuses. */
  get headLoops(): ScanRefusal {
    return this.#headLoops;
  }

  get iterates(): boolean {
    return this.#iterates;
  }

  bind(name: string): number {
    this.#bound.add(name);
    const slot = this.slot(name);
    const source = sourceName(name);
    if (source !== '' && source !== '_') this.#scopes.at(-1)?.names.set(source, slot);
    return slot;
  }

  /** True when every variable of the term outside of closures is bound. */
  isKnown(term: Term): boolean {
    let known = true;
    eachVar(term, ({ name }) => (known &&= this.#bound.has(name)), false);
    return known;
  }

  emit(step: PlanStep): void {
    this.#steps.push(step);
  }

  /** Collects the steps that `plan` emits. */
  collect(plan: () => void): readonly PlanStep[] {
    const outer = this.#steps;
    this.#steps = [];
    plan();
    const collected = this.#steps;
    this.#steps = outer;
    return collected;
  }

  /** What is bound inside stays inside. */
  scoped<T>(plan: () => T): T {
    const outer = this.#bound;
    this.#bound = new Set(outer);
    const result = plan();
    this.#bound = outer;
    return result;
  }
}
