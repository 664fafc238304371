/**
 * The place of a head: what regorus reads of it before it evaluates anything, and where it points.
 * Source: regorus src/parser.rs, get_path_ref_components_into; src/interpreter.rs, gather_rules.
 */
import type { Head, Term } from '../ast.ts';
import { regorusJson } from '../text.ts';
import type { ResolvedRule } from './policy.ts';

/** `.name`, not `["name"]`. */
export const isField = ({ kind, span }: Term): boolean =>
  kind === 'string' && !/["`]/.test(span.source.text.charAt(span.start));

/** The computed head parts of the collection itself, without its key; undefined for other rules. */
export function placeOf({ kind, dynamic }: ResolvedRule): readonly Term[] | undefined {
  if (kind === 'multi') return dynamic;
  const last = dynamic.at(-1);
  return last === undefined || isField(last) ? undefined : dynamic.slice(0, -1);
}

/** The first part of a head that is no place: neither a name nor a scalar in its JSON spelling. */
export function misplaced({ head }: { readonly head: Head }): Term | undefined {
  const last = head.path.at(-1);
  const parts = last === undefined || isField(last) ? head.path : head.path.slice(0, -1);
  return parts.find((part) => !isPlace(part));
}

function isPlace(term: Term): boolean {
  switch (term.kind) {
    case 'var':
    case 'boolean':
    case 'null':
      return true;
    case 'string':
      return !term.raw;
    case 'number':
      return regorusJson(Number(term.text)) === term.text;
    case 'ref':
      return isPlace(term.head) && term.path.every(isPlace);
    default:
      return false;
  }
}

/** Where regorus points for a head: at its last `.` or `[`, or at its name. */
export function placeOffset({ path, span, key, hasContains }: Head): number {
  const last = key !== undefined && !hasContains ? key : path.at(-1);
  if (last === undefined) return span.start;
  const before = span.source.text.slice(span.start, last.span.start);
  return span.start + Math.max(before.lastIndexOf('.'), before.lastIndexOf('['), 0);
}

/** The same for the collection that the last part in brackets is a key of. */
export function collectionOffset(head: Head): number {
  const last = head.path.at(-1);
  return last === undefined || isField(last)
    ? placeOffset(head)
    : placeOffset({ ...head, path: head.path.slice(0, -1) });
}
