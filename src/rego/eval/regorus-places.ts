/** Where rules stand that several definitions build together, and what of it is there without a value. */
import type { Term } from '../ast.ts';
import { placeOf } from '../compile/regorus-place.ts';
import { eachVar } from '../compile/vars.ts';
import { SetBuilder, type Value } from '../value.ts';
import type { Get } from './closure.ts';
import type { Definition } from './definition.ts';
import type { Draft } from './drafts.ts';
import type { Evaluation } from './evaluation.ts';
import { EvalFault } from './fault.ts';

/** What exists of a rule even when nothing comes of it. Source: regorus, eval_rule_impl. */
export function openRegorus(
  root: Draft,
  definition: Definition,
  prefix: readonly string[],
  ev: Evaluation,
): void {
  const { path, end } = openPath(definition, prefix, ev);
  // The names are put into the document at the beginning; `with` starts from one without them.
  if (end === undefined && (path.length === 0 || ev.outer.length > 0)) return;
  let draft = root;
  for (const part of path) {
    if (draft.isLeaf) return;
    draft = draft.child(part);
  }
  if (!draft.isEmpty) return;
  if (end === 'set') draft.set = new SetBuilder();
  else draft.isObject = true;
}

interface OpenPath {
  readonly path: readonly Value[];
  /** What stands at its end; undefined: names on the way to a rule. */
  readonly end: 'set' | 'object' | undefined;
}

/** The path of the set, or of the object that a key in brackets belongs to, where it has a value. */
function openPath(definition: Definition, prefix: readonly string[], ev: Evaluation): OpenPath {
  const { rule, branches } = definition;
  const terms = placeOf(rule);
  if (terms === undefined || terms.some(hasLocals)) {
    return { path: prefix.slice(0, -1), end: undefined };
  }
  const path: Value[] = [...prefix];
  for (let i = 0; i < terms.length; i++) {
    const key = keyOf(branches[0]?.dynamic[i], ev);
    if (key === undefined) return { path, end: 'object' };
    path.push(key);
  }
  return { path, end: rule.kind === 'multi' ? 'set' : 'object' };
}

/** What fails here is as good as undefined. */
function keyOf(get: Get | undefined, ev: Evaluation): Value | undefined {
  try {
    return get?.(ev, []);
  } catch (thrown) {
    if (thrown instanceof EvalFault && thrown.code !== 'eval_limit_error') return undefined;
    throw thrown;
  }
}

function hasLocals(term: Term): boolean {
  let found = false;
  eachVar(term, () => (found = true));
  return found;
}
