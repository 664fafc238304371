/** `if {}`: the braces are an empty object, which is true, not a body that never holds. */
import type { Body, Module } from '../ast.ts';
import { elseChain } from '../compile/walk.ts';
import type { AdviceContext } from './context.ts';

export function adviseEmptyBodies(module: Module, { report }: AdviceContext): void {
  for (const rule of module.rules) {
    for (const { body } of [rule, ...elseChain(rule)]) {
      const [literal] = body ?? [];
      if (literal?.kind !== 'expr' || !isEmptyObject(body)) continue;
      report(
        'warning',
        literal.span,
        'the empty braces are an object, not a body: the rule always holds',
        'Leave out `if {}`, or write the condition.',
      );
    }
  }
}

function isEmptyObject(body: Body | undefined): boolean {
  const [literal] = body ?? [];
  if (literal?.kind !== 'expr' || body?.length !== 1) return false;
  const { term } = literal;
  if (term.kind === 'object') return term.keys.length === 0;
  return (
    term.kind === 'constant' &&
    /^\{\s*\}$/.test(term.span.source.text.slice(term.span.start, term.span.end))
  );
}
