/** regorus' minus sign: for numbers only, and it takes the rest of the arithmetic with it. */
import type { Module } from '../ast.ts';
import { textOf } from '../position.ts';
import { walkRule } from '../compile/walk.ts';
import type { AdviceContext } from './context.ts';

export function adviseUnaryMinus(module: Module, { report }: AdviceContext): void {
  for (const rule of module.rules) {
    walkRule(rule, {
      term(term) {
        if (term.kind !== 'unary' || term.operand.kind === 'number') return undefined;
        const operand = textOf(term.operand.span);
        report(
          'error',
          term.span,
          `the guest's engine reads this as -(${operand}) and takes a minus only before a number: a request that gets here fails`,
          `Write \`0 - ...\`.`,
        );
        return undefined;
      },
    });
  }
}
