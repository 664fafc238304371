/** Ways to a pod VM that the policy is too long for. */
import { budgetUse, longestLines, sizesOf } from '../encode/budgets.ts';
import { wrapPolicy } from '../encode/wrap.ts';
import type { CheckContext } from './finding.ts';

/** Below this no way is too short, whatever compression makes of the text. */
const SURELY_SHORT = 8_192;

export function findSizeProblems({ source, module, report }: CheckContext): void {
  const { text } = source;
  if (text.length < SURELY_SHORT) return;
  const over = budgetUse(sizesOf(text, wrapPolicy(text)), text).filter(({ fits }) => !fits);
  if (over.length === 0) return;
  const list = over.map(({ way, size, limit }) => `${way} (${size} of ${limit})`).join(', ');
  const [longest] = longestLines(text, 1);
  report('size-budget', module.package.span, {
    message: `the policy exceeds the size limit of ${list}`,
    hint: `Its longest line is line ${longest?.line ?? 1} with ${longest?.bytes ?? 0} bytes. \`katasim policy encode --sizes\` shows every budget.`,
  });
}
