/**
 * A resolved policy: what the passes check and the planner plans.
 *
 * Resolved rules use the node kinds of ast.ts, with names settled:
 * - a global is a `ref` whose head is the var `data` (full path: `data.pkg.rule`, through imports and
 *   package names), or `input` (a `ref` on the var `input`, or that var alone);
 * - every other var is a local of the rule, with a name unique in the rule: `x`, `x~1`, and one name
 *   per wildcard (`_~2`). `sourceName` gives back what the author wrote;
 * - the name of a call is a builtin's name or `data.pkg.f`.
 * Bodies keep source order here; the safety pass orders them (`OrderedRule` of safety.ts).
 */
import type { Body, Head, Import, Module, Rule, Term } from '../ast.ts';
import type { Span } from '../source.ts';

export type DeclaredBy =
  /** In the argument list of a function. */
  | 'arg'
  /** By `:=`. */
  | 'assign'
  /** By `some x`. */
  | 'some'
  /** By `some .. in`. */
  | 'some-in'
  | 'every'
  /** Merely used; bound by unification or iteration. */
  | 'implicit'
  | 'wildcard';

export interface Local {
  /** Unique in the rule. */
  readonly name: string;
  /** As written. */
  readonly source: string;
  readonly declaredBy: DeclaredBy;
  /** Where it is declared, or first used. */
  readonly span: Span;
  /** Nesting of the body it belongs to: arguments 0, the rule's bodies 1, closures in them 2, ... */
  readonly depth: number;
  /** Uses after the declaration; 0 means unused. */
  uses: number;
}

/** A body that shares the head: the rule's own, then its `else` branches. */
export interface Branch {
  /** Absent: `true`. */
  readonly value: Term | undefined;
  /** `undefined`: always holds. */
  readonly body: Body | undefined;
  readonly span: Span;
  /** Of an `else` branch: `dynamic` of the rule with the variables of this branch (regorus). */
  readonly dynamic?: readonly Term[] | undefined;
}

export interface ResolvedRule {
  /** Unique in the policy, in source order. */
  readonly id: number;
  readonly source: Rule;
  readonly module: ResolvedModule;
  /** `['pkg', 'rule', 'a']`: package path, name and the string parts up to the first computed one. */
  readonly ground: readonly string[];
  /** Head parts after `ground`: variables, computed keys, non-string constants. */
  readonly dynamic: readonly Term[];
  readonly kind: Head['kind'];
  readonly args: readonly Term[] | undefined;
  /** Of a multi-value rule. */
  readonly key: Term | undefined;
  /** The first is the rule itself, the others its else chain. Never empty. */
  readonly branches: readonly Branch[];
  readonly default: boolean;
  /** By unique name. Else branches share the arguments and have locals of their own. */
  readonly locals: ReadonlyMap<string, Local>;
  /** Comprehensions that regorus does not schedule: evaluating one is an error. */
  readonly unscheduled?: ReadonlySet<Term>;
}

export interface ResolvedModule {
  readonly source: Module;
  /** File label. */
  readonly name: string;
  readonly rules: readonly ResolvedRule[];
  readonly imports: readonly { readonly source: Import; uses: number }[];
}

/** One name of the virtual document tree; rules of several modules meet here. */
export interface RuleNode {
  /** With the leading `data`-less path: `['pkg', 'rule']`. */
  readonly path: readonly string[];
  readonly children: ReadonlyMap<string, RuleNode>;
  /** Definitions whose `ground` is this path, without defaults, in module and source order. */
  readonly rules: readonly ResolvedRule[];
  readonly defaults: readonly ResolvedRule[];
  /** True when this path is the package of some module. */
  readonly isPackage: boolean;
}

export interface Policy {
  readonly modules: readonly ResolvedModule[];
  /** The root stands for `data`. */
  readonly tree: RuleNode;
  readonly rules: readonly ResolvedRule[];
}

/** What the author wrote for a resolved variable. */
export function sourceName(name: string): string {
  const mark = name.indexOf('~');
  return mark < 0 ? name : name.slice(0, mark);
}

const LOCAL_CALLEE = 'local ';

/** The name of a call whose callee is a local: no function is called that. */
export const localCallee = (name: string): string => LOCAL_CALLEE + name;

/** The callee as its author wrote it. */
export const calleeText = (name: string): string =>
  name.startsWith(LOCAL_CALLEE) ? name.slice(LOCAL_CALLEE.length) : name;

/** `["pkg", "f"]` of a callee's name `data.pkg.f`; `undefined` for a builtin's name. */
export function calleePath(name: string): readonly string[] | undefined {
  if (name !== 'data' && !name.startsWith('data.') && !name.startsWith('data[')) return undefined;
  const parts: string[] = [];
  for (const match of name.slice(4).matchAll(/\.([^.[\]]+)|\[("(?:[^"\\]|\\.)*")\]/g)) {
    parts.push(match[2] === undefined ? (match[1] ?? '') : (JSON.parse(match[2]) as string));
  }
  return parts;
}

/** `data.pkg.rule` of a path, bracketed where a part is no identifier. */
export function dataPath(path: readonly string[]): string {
  return path.reduce(
    (text, part) =>
      /^[A-Za-z_]\w*$/.test(part) ? `${text}.${part}` : `${text}[${JSON.stringify(part)}]`,
    'data',
  );
}

/** The node of a path, if any rule or package stands there or below. */
export function findNode(tree: RuleNode, path: readonly string[]): RuleNode | undefined {
  let node: RuleNode | undefined = tree;
  for (const part of path) {
    node = node.children.get(part);
    if (node === undefined) return undefined;
  }
  return node;
}
