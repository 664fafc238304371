/**
 * Rules and functions as regorus evaluates them: every definition, in order, whatever the
 * earlier ones gave; errors end the evaluation except inside functions another clause answers for.
 * Source: regorus src/interpreter.rs, eval_rule_bodies and eval_call_impl.
 */
import type { ResolvedRule, RuleNode } from '../compile/policy.ts';
import { equalValues } from '../order.ts';
import type { PlanRule } from '../plan/plan.ts';
import type { Span } from '../source.ts';
import type { Term } from '../ast.ts';
import { regorusOffset } from '../compile/regorus-offset.ts';
import { regorusDebug } from '../text.ts';
import { RegoSet, SetBuilder, type Value } from '../value.ts';
import { makeCandidates } from './candidates.ts';
import { bindArgs, type Definition, runBranches, type Yield } from './definition.ts';
import { EvalFault } from './fault.ts';
import { lose, refuseAfterLoss } from './regorus-lost.ts';
import {
  conflictWith,
  headPlace,
  runRegorusBranches,
  solutionOf,
  withActive,
} from './regorus-rules.ts';
import type { Group, GroupMaker } from './group.ts';

function once(rule: ResolvedRule, plan: PlanRule): Yield {
  return ({ value, plan: branch }) => {
    const solved = solutionOf(branch);
    return (ev, s) => {
      const found = value(ev, s);
      if (found === undefined) {
        lose(s, plan.slots);
        return false;
      }
      refuseAfterLoss(s, plan.slots);
      const before = s[plan.slots] as Value | undefined;
      if (before === undefined) s[plan.slots] = found;
      else if (!equalValues(before, found)) {
        const text = 'rules must not produce multiple outputs';
        throw new EvalFault('eval_conflict_error', text, headPlace(rule));
      }
      return solved(s);
    };
  };
}

export function regorusComplete(maker: GroupMaker, node: RuleNode): Group['compute'] {
  const definitions = node.rules.map((rule) => {
    const plan = maker.plan(rule);
    return maker.define(rule, plan, once(rule, plan));
  });
  const [defaultRule] = node.defaults;
  const fallback = defaultRule && regorusDefault(maker, defaultRule);
  const candidates = makeCandidates(maker, node, definitions);
  return (ev) => {
    let result: Value | undefined;
    let from: ResolvedRule | undefined;
    for (const definition of candidates(ev)) {
      const s: unknown[] = new Array<unknown>(definition.result + 1);
      withActive(ev, definition.rule, () => {
        runRegorusBranches(definition, ev, s);
      });
      const value = s[definition.result] as Value | undefined;
      if (value === undefined) continue;
      if (from !== undefined && result !== undefined && !equalValues(result, value)) {
        throw conflictWith(definition.rule, from);
      }
      result = value;
      from = definition.rule;
    }
    return result === undefined ? fallback?.(ev) : result;
  };
}

/** The value of a default rule: literals, collections of them, comprehensions. */
export function regorusDefault(maker: GroupMaker, rule: ResolvedRule): Group['compute'] {
  const plan = maker.plan(rule);
  const definition = maker.define(rule, plan, once(rule, plan));
  const value = rule.branches[0]?.value;
  const refused =
    maker.maker.traits.rules === 'regorus' && value !== undefined
      ? refusedDefault(value)
      : undefined;
  return (ev) => {
    if (refused !== undefined) {
      const text = `invalid \`${refused.kind}\` in default value`;
      throw new EvalFault('eval_type_error', text, refused);
    }
    const s: unknown[] = new Array<unknown>(definition.result + 1);
    runBranches(definition, ev, s);
    return s[definition.result] as Value | undefined;
  };
}

const DEFAULT_KINDS: Readonly<Partial<Record<Term['kind'], string>>> = {
  var: 'var',
  ref: 'ref',
  call: 'call',
  unary: 'unaryexpr',
};

/** The first part of a default value that regorus does not take. */
function refusedDefault(term: Term): { kind: string; span: Span; at: number } | undefined {
  const kind = DEFAULT_KINDS[term.kind];
  if (kind !== undefined) return { kind, span: term.span, at: regorusOffset(term) };
  const parts =
    term.kind === 'array' || term.kind === 'set'
      ? term.items
      : term.kind === 'object'
        ? [...term.keys, ...term.values]
        : [];
  for (const part of parts) {
    const refused = refusedDefault(part);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

export function regorusSet(maker: GroupMaker, node: RuleNode): Group['compute'] {
  const definitions = node.rules.map((rule) => {
    const plan = maker.plan(rule);
    return maker.define(rule, plan, ({ key, value, plan: branch }) => {
      const element = key ?? value;
      const solved = solutionOf(branch);
      return (ev, s) => {
        const found = element(ev, s);
        if (found === undefined) {
          lose(s, plan.slots);
          return false;
        }
        refuseAfterLoss(s, plan.slots);
        s[plan.slots] ??= new SetBuilder();
        (s[plan.slots] as SetBuilder).add(found);
        return solved(s);
      };
    });
  });
  const candidates = makeCandidates(maker, node, definitions);
  return (ev) => {
    let members: SetBuilder | undefined;
    for (const definition of candidates(ev)) {
      const s: unknown[] = new Array<unknown>(definition.result + 1);
      withActive(ev, definition.rule, () => {
        runRegorusBranches(definition, ev, s);
      });
      const own = s[definition.result] as SetBuilder | undefined;
      if (members === undefined) members = own;
      else if (own !== undefined) for (const member of own.build().values()) members.add(member);
    }
    return members?.build() ?? RegoSet.empty;
  };
}

/** A clause that gave different values; the call is refused with all of them. */
class Outputs {
  readonly values = new SetBuilder();
}

/** The value of one clause of a function, or all of them when they differ. */
function clause(maker: GroupMaker, rule: ResolvedRule): Definition {
  const plan = maker.plan(rule);
  const slot = plan.slots;
  return maker.define(rule, plan, ({ value }) => (ev, s) => {
    const found = value(ev, s);
    if (found === undefined) return false;
    const before = s[slot] as Value | Outputs | undefined;
    if (before === undefined) {
      s[slot] = found;
    } else if (before instanceof Outputs) {
      before.values.add(found);
    } else if (!equalValues(before, found)) {
      const outputs = new Outputs();
      outputs.values.add(before);
      outputs.values.add(found);
      s[slot] = outputs;
    }
    return false;
  });
}

/** Faults carry the place of the call, which the caller adds. */
export class CallFault extends Error {}

export function regorusFunction(maker: GroupMaker, node: RuleNode): Group['call'] {
  const clauses = node.rules.map((rule) => clause(maker, rule));
  const defaults = node.defaults.map((rule) => regorusDefault(maker, rule));
  const candidates = makeCandidates(maker, node, clauses);
  return (ev, args) => {
    const results: Value[] = [];
    let error: EvalFault | undefined;
    for (const definition of candidates(ev, args)) {
      const s: unknown[] = new Array<unknown>(definition.result + 1);
      const { depth } = ev;
      const active = ev.active.length;
      try {
        if (!bindArgs(definition, ev, s, args)) continue;
        runBranches(definition, ev, s);
      } catch (thrown) {
        if (!(thrown instanceof EvalFault) || !isTolerable(thrown)) throw thrown;
        ev.depth = depth;
        ev.active.length = active;
        error ??= thrown;
        continue;
      }
      const output = s[definition.result] as Value | Outputs | undefined;
      if (output instanceof Outputs) throw multipleOutputs(output.values.build());
      if (output !== undefined) results.push(output);
    }
    if (ev.strict && error !== undefined) throw error;
    if (results.length === 0 && error === undefined) {
      for (const compute of defaults) {
        const value = compute(ev);
        if (value !== undefined) results.push(value);
      }
    }
    const [first] = results;
    if (first === undefined) {
      if (error !== undefined) throw error;
      return undefined;
    }
    if (results.some((result) => !equalValues(result, first))) {
      throw new CallFault('functions must not produce multiple outputs for same inputs');
    }
    return first;
  };
}

const multipleOutputs = (values: RegoSet): CallFault =>
  new CallFault(`function produced multiple outputs ${regorusDebug(values)}`);

/** Our own bounds and cancellation are never tolerated. */
const isTolerable = ({ code }: EvalFault): boolean =>
  code !== 'eval_limit_error' && code !== 'eval_cancel_error';
