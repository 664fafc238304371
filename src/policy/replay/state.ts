/** Time travel over the policy state: what it was before a line, and what a line changed. */
import type { PatchOperation } from '#gate';
import { stringifyJson, type Json } from '#wire';
import type { DecidedEntry } from '../corpus/decide-corpus.ts';

/** `data.pstate` of a state document. */
export const pstateOf = (state: Json): Json =>
  (state as { readonly pstate?: Json } | null)?.pstate ?? {};

/** One line per operation: `+ /pstate/x = 1`, `- /pstate/x`. */
export function patchLines({
  decision,
  entry,
}: Pick<DecidedEntry, 'decision' | 'entry'>): readonly string[] {
  const ops = decision === undefined ? entry.recordedOps : decision.ops;
  return (ops ?? []).map(patchLine);
}

function patchLine(operation: PatchOperation): string {
  switch (operation.op) {
    case 'add':
      return `+ ${operation.path} = ${stringifyJson(operation.value)}`;
    case 'replace':
      return `~ ${operation.path} = ${stringifyJson(operation.value)}`;
    case 'remove':
      return `- ${operation.path}`;
    case 'test':
      return `? ${operation.path} = ${stringifyJson(operation.value)}`;
    case 'move':
    case 'copy':
      return `${operation.op} ${operation.from} to ${operation.path}`;
  }
}

/** What differs between two states, one line per path: `/a: 1 is not 2`. Empty when they are equal. */
export function stateDifferences(actual: Json, wanted: Json, path = ''): readonly string[] {
  if (isObject(actual) && isObject(wanted)) {
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(actual)])].sort();
    return keys.flatMap((key) => {
      const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (!Object.hasOwn(actual, key)) return [`${at} is missing`];
      if (!Object.hasOwn(wanted, key)) return [`${at} should not be there`];
      return stateDifferences(actual[key] ?? null, wanted[key] ?? null, at);
    });
  }
  const [left, right] = [stringifyJson(actual), stringifyJson(wanted)];
  return left === right ? [] : [`${path || '/'}: ${left} is not ${right}`];
}

const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
