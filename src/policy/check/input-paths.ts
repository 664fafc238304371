/**
 * Which part of the input a term shows, followed through assignments and the arguments of functions.
 * Sound in one direction: a path that is found is really shown; what is computed is not found.
 */
import {
  walkBody,
  walkTerm,
  type CallTerm,
  type ResolvedPolicy,
  type ResolvedRule,
  type Term,
} from '#rego';

/** Names from the root of the input; `[]` is all of it. Elements of lists are not followed. */
export type InputPath = readonly string[];

/** Functions within each other that are followed: generated policies pass the spec down five or six. */
const MAX_DEPTH = 12;

/** More callers than this and the argument is no one part of the input any more. */
const MAX_PATHS = 16;

/** Terms looked at for one: callers of callers multiply. */
const MAX_STEPS = 5_000;

export class InputPaths {
  readonly #policy: ResolvedPolicy;
  #calls: ReadonlyMap<string, readonly Call[]> | undefined;
  #steps = 0;

  constructor(policy: ResolvedPolicy) {
    this.#policy = policy;
  }

  /** Every part of the input that the term may be, as written in this rule. */
  of(term: Term, rule: ResolvedRule, depth = 0): readonly InputPath[] {
    this.#steps = depth === 0 ? 0 : this.#steps + 1;
    if (depth > MAX_DEPTH || this.#steps > MAX_STEPS) return [];
    if (term.kind === 'var') return this.#ofVar(term.name, rule, depth);
    if (term.kind !== 'ref') return [];
    const names = term.path.map((part) => (part.kind === 'string' ? part.value : undefined));
    if (names.includes(undefined)) return [];
    const rest = names as string[];
    return this.of(term.head, rule, depth + 1).map((path) => [...path, ...rest]);
  }

  #ofVar(name: string, rule: ResolvedRule, depth: number): readonly InputPath[] {
    if (name === 'input') return [[]];
    const position = rule.args?.findIndex((arg) => arg.kind === 'var' && arg.name === name) ?? -1;
    if (position >= 0) return this.#ofArgument(rule, position, depth);
    const given = assignedTo(name, rule);
    return given === undefined ? [] : this.of(given, rule, depth + 1);
  }

  #ofArgument(rule: ResolvedRule, position: number, depth: number): readonly InputPath[] {
    const name = `data.${rule.ground.join('.')}`;
    const found = new Map<string, InputPath>();
    for (const { call, from } of this.#callsOf(name)) {
      const arg = call.args[position];
      if (arg === undefined || from === rule) continue;
      for (const path of this.of(arg, from, depth + 1)) found.set(path.join('.'), path);
      if (found.size > MAX_PATHS) return [];
    }
    return [...found.values()];
  }

  #callsOf(name: string): readonly Call[] {
    this.#calls ??= collectCalls(this.#policy);
    return this.#calls.get(name) ?? [];
  }
}

interface Call {
  readonly call: CallTerm;
  readonly from: ResolvedRule;
}

function collectCalls({ rules }: ResolvedPolicy): ReadonlyMap<string, readonly Call[]> {
  const calls = new Map<string, Call[]>();
  for (const rule of rules) {
    forEachTerm(rule, (term) => {
      if (term.kind !== 'call') return;
      const list = calls.get(term.name);
      if (list === undefined) calls.set(term.name, [{ call: term, from: rule }]);
      else list.push({ call: term, from: rule });
    });
  }
  return calls;
}

/** The right side of `name := term`, when there is exactly one in the rule. */
function assignedTo(name: string, { branches }: ResolvedRule): Term | undefined {
  const found: Term[] = [];
  for (const { body = [] } of branches) {
    walkBody(body, {
      literal(literal) {
        if (literal.kind !== 'expr' || literal.term.kind !== 'call') return undefined;
        const { infix, args } = literal.term;
        const [left, right] = args;
        if ((infix === ':=' || infix === '=') && left?.kind === 'var' && left.name === name) {
          if (right !== undefined) found.push(right);
        }
        return undefined;
      },
    });
  }
  return found.length === 1 ? found[0] : undefined;
}

/** Every term of a rule: heads, values and bodies of all its branches. */
export function forEachTerm(rule: ResolvedRule, visit: (term: Term) => void): void {
  const visitor = {
    term(term: Term) {
      visit(term);
      return undefined;
    },
  };
  for (const term of [...rule.dynamic, ...(rule.key === undefined ? [] : [rule.key])])
    walkTerm(term, visitor);
  for (const { value, body } of rule.branches) {
    if (value !== undefined) walkTerm(value, visitor);
    if (body !== undefined) walkBody(body, visitor);
  }
}
