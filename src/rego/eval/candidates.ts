/** The definitions of a group that are worth trying for the documents and operands at hand. */
import type { RuleNode } from '../compile/policy.ts';
import { type IndexRef, type Scalar, scalarOf } from '../plan/rule-index.ts';
import type { Value } from '../value.ts';
import type { Maker } from './closure.ts';
import type { Definition } from './definition.ts';
import type { Evaluation } from './evaluation.ts';
import type { GroupMaker } from './group.ts';
import { lookup } from './lookup.ts';

/** In source order; all definitions where there is no index. */
export type Candidates = (ev: Evaluation, args?: readonly Value[]) => readonly Definition[];

type Read = (ev: Evaluation, args: readonly Value[]) => Value | undefined;

const NONE: readonly never[] = [];

function reader(m: Maker, { from, keys }: IndexRef): Read {
  if (typeof from === 'number') {
    return (_, args) => keys.reduce<Value | undefined>(lookup, args[from]);
  }
  // It has no variables: nothing reads the slots.
  const get = m.expr(from);
  return (ev) => get(ev, []);
}

/** `definitions` are those of the node's rules, in their order. */
export function makeCandidates(
  maker: GroupMaker,
  node: RuleNode,
  definitions: readonly Definition[],
): Candidates {
  const index = maker.index(node);
  if (index === undefined) return () => definitions;
  const pick = (positions: readonly number[]): readonly Definition[] =>
    positions.flatMap((position) => definitions[position] ?? []);
  const tables = index.tables.map(({ ref, cases }) => ({
    read: reader(maker.maker, ref),
    cases: new Map<Scalar | undefined, readonly number[]>(cases),
  }));
  const [only, ...more] = tables;
  if (only !== undefined && more.length === 0 && index.always.length === 0) {
    const found = new Map(Array.from(only.cases, ([value, at]) => [value, pick(at)]));
    return (ev, args = NONE) => found.get(scalarOf(only.read(ev, args))) ?? NONE;
  }
  return (ev, args = NONE) => {
    const positions = [...index.always];
    for (const { read, cases } of tables) {
      for (const at of cases.get(scalarOf(read(ev, args))) ?? NONE) positions.push(at);
    }
    return pick(positions.sort((a, b) => a - b));
  };
}
