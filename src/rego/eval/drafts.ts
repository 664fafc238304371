/** A document being built by several rules: a leaf, a set, or members. */
import type { Term } from '../ast.ts';
import type { ResolvedRule } from '../compile/policy.ts';
import { equalValues } from '../order.ts';
import { mapKey, type MapKey, ObjectBuilder, SetBuilder, type Value } from '../value.ts';
import { EvalFault } from './fault.ts';
import { conflictWith } from './regorus-rules.ts';

export class Draft {
  value: Value | undefined;
  set: SetBuilder | undefined;
  isObject = false;
  /** The rule whose value stands at exactly this path. */
  owner: ResolvedRule | undefined;
  readonly members = new Map<MapKey, { readonly key: Value; readonly draft: Draft }>();

  child(key: Value): Draft {
    this.isObject = true;
    const at = mapKey(key);
    let member = this.members.get(at);
    if (member === undefined) {
      member = { key, draft: new Draft() };
      this.members.set(at, member);
    }
    return member.draft;
  }

  get isLeaf(): boolean {
    return this.value !== undefined || this.set !== undefined;
  }

  get isEmpty(): boolean {
    return !this.isLeaf && !this.isObject;
  }

  build(): Value | undefined {
    if (this.value !== undefined) return this.value;
    if (this.set !== undefined) return this.set.build();
    if (!this.isObject) return undefined;
    const builder = new ObjectBuilder();
    for (const { key, draft } of this.members.values()) {
      const member = draft.build();
      if (member !== undefined) builder.set(key, member);
    }
    return builder.build();
  }
}

/** One solution of a rule: where it goes below the node, and what. */
export interface Solution {
  readonly path: readonly Value[];
  readonly value: Value;
}

export type Insert = (root: Draft, solution: Solution, rule: ResolvedRule) => void;

const SCALARS: ReadonlySet<Term['kind']> = new Set(['null', 'boolean', 'number', 'string']);

/** A head of scalars alone, such as `p[1].x`, is one complete rule to OPA. */
const opaConflict = (rule: ResolvedRule): EvalFault => {
  const text = rule.dynamic.every(({ kind }) => SCALARS.has(kind))
    ? 'complete rules must not produce multiple outputs'
    : 'object keys must be unique';
  return new EvalFault('eval_conflict_error', text, { span: rule.source.span });
};

export const insertOpa: Insert = (root, { path, value }, rule) => {
  let draft = root;
  for (const key of path) {
    if (draft.isLeaf) throw opaConflict(rule);
    draft = draft.child(key);
  }
  put(draft, value, rule, opaConflict);
};

/** Puts a value where nothing disagrees; members that other rules gave count as a value. */
function put(
  draft: Draft,
  value: Value,
  rule: ResolvedRule,
  conflict: (rule: ResolvedRule) => EvalFault,
): void {
  if (rule.kind === 'multi') {
    if (draft.value !== undefined || draft.isObject) throw conflict(rule);
    draft.set ??= new SetBuilder();
    draft.set.add(value);
    return;
  }
  const before = draft.build();
  if (before === undefined) draft.value = value;
  else if (!equalValues(before, value)) throw conflict(rule);
}

/** regorus looks for rules at the same path and above, never below. */
export const insertRegorus: Insert = (root, { path, value }, rule) => {
  let draft = root;
  for (const key of path) {
    if (draft.owner !== undefined) throw conflictWith(rule, draft.owner);
    draft = draft.child(key);
  }
  const { owner } = draft;
  if (owner !== undefined && rule.kind !== 'multi') {
    const before = draft.build();
    if (before === undefined || !equalValues(before, value)) throw conflictWith(rule, owner);
  }
  put(draft, value, rule, regorusConflict);
  draft.owner = rule;
};

const regorusConflict = (rule: ResolvedRule): EvalFault =>
  new EvalFault('eval_conflict_error', 'complete rules should not produce multiple outputs', {
    span: rule.source.head.span,
  });
