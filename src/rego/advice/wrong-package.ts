/** The agent asks `data.agent_policy.<Request>`; rules of another package are never asked for. */
import type { Module } from '../ast.ts';
import { nearest } from '#base';
import { refPathText } from '../compile/term-text.ts';
import type { AdviceContext } from './context.ts';

export function advisePackage(module: Module, context: AdviceContext): void {
  const want = context.package;
  const [root = '', ...rest] = module.package.path;
  const have = refPathText(root, rest);
  if (want === undefined || have === want) return;
  // A library beside the policy proper is fine; the agent itself loads one module only.
  if (context.modules.some(({ package: { path } }) => path.join('.') === want)) return;
  const slip = nearest(have, [want]) === undefined ? '' : ' (a slip of the pen?)';
  context.report(
    'error',
    module.package.span,
    `package is ${have}, but only data.${want} is asked for: every request is undefined${slip}`,
    `Write \`package ${want}\`.`,
  );
}
