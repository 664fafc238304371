/** The text of prints, made when somebody reads it. */
import { rowOf } from '../position.ts';
import type { Profile } from '../profile.ts';
import { formatOperand } from '../text.ts';
import type { PrintRecord } from './evaluation.ts';

/** regorus puts `file:row: ` in front; OPA hands the place to the host apart. */
export function renderPrints(
  records: readonly PrintRecord[],
  { engine, traits }: Profile,
): readonly string[] {
  return records.map(({ call, operands }) => {
    const text = operands.map((operand) => formatOperand(operand, engine)).join(' ');
    if (traits.texts === 'opa') return text;
    const { source } = call.span;
    return `${source.name}:${String(rowOf(source, call.span.start))}: ${text}`;
  });
}
