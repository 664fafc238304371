/** Rules and functions of one name as OPA evaluates them: early exit, memory, conflicts. */
import type { ResolvedRule, RuleNode } from '../compile/policy.ts';
import { equalValues, keyOf } from '../order.ts';
import { SetBuilder, type Value } from '../value.ts';
import { type Candidates, makeCandidates } from './candidates.ts';
import { bindArgs, constantOf, type Definition, runBranches, type Yield } from './definition.ts';
import type { Evaluation } from './evaluation.ts';
import { EvalFault } from './fault.ts';
import type { Group, GroupMaker } from './group.ts';

const conflict = (message: string, rule: ResolvedRule): EvalFault =>
  new EvalFault('eval_conflict_error', message, { span: rule.source.span });

/** Keeps one value; a different second one is a conflict. */
function single(message: string, rule: ResolvedRule, slot: number, stop: boolean): Yield {
  return ({ value }) =>
    (ev, s) => {
      const found = value(ev, s);
      if (found === undefined) return false;
      const before = s[slot] as Value | undefined;
      if (before === undefined) s[slot] = found;
      else if (!equalValues(before, found)) throw conflict(message, rule);
      return stop;
    };
}

/** The value that every definition gives when it gives one, if it is a single constant. */
function commonValue(
  definitions: readonly { branches: readonly { value: Value | undefined }[] }[],
): boolean {
  const values = definitions.flatMap(({ branches }) => branches.map(({ value }) => value));
  const [first] = values;
  return (
    first !== undefined && values.every((value) => value !== undefined && equalValues(value, first))
  );
}

interface Compiled {
  readonly candidates: Candidates;
  readonly early: boolean;
  readonly fallback: Definition | undefined;
}

function compile(maker: GroupMaker, node: RuleNode, message: string): Compiled {
  const plans = node.rules.map((rule) => maker.plan(rule));
  const early = commonValue(
    plans.map(({ branches }) => ({
      branches: branches.map(({ value }) => ({ value: constantOf(value) })),
    })),
  );
  const definitions = node.rules.map((rule, i) => {
    const plan = plans[i] ?? maker.plan(rule);
    return maker.define(rule, plan, single(message, rule, plan.slots, early));
  });
  const [defaultRule] = node.defaults;
  const fallback =
    defaultRule &&
    maker.define(
      defaultRule,
      maker.plan(defaultRule),
      single(message, defaultRule, maker.plan(defaultRule).slots, true),
    );
  return { candidates: makeCandidates(maker, node, definitions), early, fallback };
}

/** First value of the definitions in order; all must agree. */
function solve(
  { candidates, early, fallback }: Compiled,
  ev: Evaluation,
  args: readonly Value[] | undefined,
  message: string,
): Value | undefined {
  let result: Value | undefined;
  for (const definition of candidates(ev, args)) {
    const s: unknown[] = new Array<unknown>(definition.result + 1);
    if (args !== undefined && !bindArgs(definition, ev, s, args)) continue;
    runBranches(definition, ev, s);
    const value = s[definition.result] as Value | undefined;
    if (value === undefined) continue;
    if (early) return value;
    if (result === undefined) result = value;
    else if (!equalValues(result, value)) throw conflict(message, definition.rule);
  }
  if (result !== undefined || fallback === undefined) return result;
  const s: unknown[] = new Array<unknown>(fallback.result + 1);
  runBranches(fallback, ev, s);
  return s[fallback.result] as Value | undefined;
}

const COMPLETE = 'complete rules must not produce multiple outputs';
const FUNCTION = 'functions must not produce multiple outputs for same inputs';

export function opaComplete(maker: GroupMaker, node: RuleNode): Group['compute'] {
  const compiled = compile(maker, node, COMPLETE);
  return (ev) => solve(compiled, ev, undefined, COMPLETE);
}

export function opaSet(maker: GroupMaker, node: RuleNode): Group['compute'] {
  const definitions = node.rules.map((rule) => {
    const plan = maker.plan(rule);
    return maker.define(rule, plan, ({ key, value }) => {
      const element = key ?? value;
      return (ev, s) => {
        const found = element(ev, s);
        if (found !== undefined) (s[plan.slots] as SetBuilder).add(found);
        return false;
      };
    });
  });
  const candidates = makeCandidates(maker, node, definitions);
  return (ev) => {
    const members = new SetBuilder();
    for (const { branches, result } of candidates(ev)) {
      const s: unknown[] = new Array<unknown>(result + 1);
      s[result] = members;
      branches[0]?.run(ev, s);
    }
    return members.build();
  };
}

/** Operands that are cheap to write down; others are not worth remembering a result for. */
const isScalar = (value: Value): boolean => value === null || typeof value !== 'object';

export function opaFunction(maker: GroupMaker, node: RuleNode, id: number): Group['call'] {
  const compiled = compile(maker, node, FUNCTION);
  // A print tells whether a call was answered from memory.
  const always = maker.prints;
  return (ev, args) => {
    if (!always && !args.every(isScalar)) return solve(compiled, ev, args, FUNCTION);
    const key = `${String(id)}(${args.map(keyOf).join(',')})`;
    const calls = (ev.caches.calls ??= new Map());
    if (calls.has(key)) return calls.get(key) as Value | undefined;
    const result = solve(compiled, ev, args, FUNCTION);
    calls.set(key, result);
    return result;
  };
}
