/** Uses of one command in one container: one rule, which explains all of them. */
import type { CallRule } from './model.ts';
import { latest, mergeShapes, shapeKey, type Shape, type Generalization } from './shape.ts';

/** The same command in the same containers is one rule: what differs between its uses is widened. */
export function mergedExecs(rules: readonly CallRule[]): readonly CallRule[] {
  const merged: CallRule[] = [];
  const byCommand = new Map<string, number[]>();
  for (const rule of rules) {
    const command = rule.endpoint === 'ExecProcessRequest' ? commandOf(rule.shape) : undefined;
    if (command === undefined) {
      merged.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.about, rule.stdin, command]);
    const known = byCommand.get(key) ?? [];
    byCommand.set(key, known);
    if (!known.some((at) => mergeInto(merged, at, rule))) known.push(merged.push(rule) - 1);
  }
  return merged;
}

function mergeInto(merged: CallRule[], at: number, rule: CallRule): boolean {
  const known = merged[at];
  if (known === undefined) return false;
  const generalizations: Generalization[] = [];
  const shape = mergeShapes(known.shape, rule.shape, '', generalizations);
  if (shape === undefined) return false;
  merged[at] = {
    ...known,
    shape,
    places: [...known.places, ...rule.places],
    generalizations: latest([...known.generalizations, ...generalizations]),
  };
  return true;
}

function commandOf(shape: Shape): string | undefined {
  const process = shape.kind === 'object' ? shape.members.get('process') : undefined;
  const args = process?.kind === 'object' ? process.members.get('Args') : undefined;
  return args && shapeKey(args);
}
