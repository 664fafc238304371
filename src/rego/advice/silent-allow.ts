/**
 * The silent-allow trap. A v0 guest (Kata 3.5.0 to 3.29.0) knows `if` only after an import. Without it
 * `x if { false }` is two rules, `x` without a body, which is true, and one named `if`. A policy that
 * denies by default then allows everything, and nothing complains.
 */
import type { Module, Rule } from '../ast.ts';
import type { AdviceContext } from './context.ts';

export function adviseKeywordImports(module: Module, context: AdviceContext): void {
  module.rules.forEach((rule, i) => {
    const { name } = rule.head;
    if (name !== 'if') return;
    const before = module.rules[i - 1];
    if (before?.body !== undefined || before === undefined || !isFollowedBy(before, rule)) return;
    context.report(
      'error',
      rule.head.nameSpan,
      `\`${name}\` is not a keyword here: rule ${before.head.name} has no body and always holds`,
      'Add `import rego.v1`: every Kata release then reads the policy as it is meant.',
    );
  });
}

/** Nothing but blanks lies between the two. */
function isFollowedBy(before: Rule, rule: Rule): boolean {
  const { source, end } = before.span;
  return source.text.slice(end, rule.span.start).trim() === '';
}
