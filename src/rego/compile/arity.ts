/** How many operands a callee declares. */
import { builtinOf } from '../builtins/registry.ts';
import type { Profile } from '../profile.ts';
import { dataPath, type Policy } from './policy.ts';

/** Declared operand count of a callee, or undefined when it is unknown or variadic. */
export type Arity = (name: string) => number | undefined;

/** Operand count of what a resolved call names: a function of the policy or a builtin. */
export function arityIn(policy: Policy, profile: Profile): Arity {
  const functions = new Map<string, number>();
  for (const rule of policy.rules) {
    if (rule.args !== undefined) functions.set(dataPath(rule.ground), rule.args.length);
  }
  return (name) => {
    const own = functions.get(name);
    if (own !== undefined) return own;
    const spec = builtinOf(profile, name);
    return spec?.variadic === undefined ? spec?.args.length : undefined;
  };
}
