/** The type of a term by itself, before anything is known about its variables. */
import type { Term } from '../../ast.ts';
import { termValue } from './term-value.ts';
import {
  ANY,
  arrayType,
  type DynamicProperty,
  type MaybeType,
  objectType,
  setType,
  type StaticProperty,
  unionAll,
} from './types.ts';
import { typeOfValue } from './type-of-value.ts';

/** Builds the type of a collection from those of its parts. */
export function collectionType(
  term: Extract<Term, { kind: 'array' | 'object' | 'set' }>,
  typeOf: (term: Term) => MaybeType,
): MaybeType {
  switch (term.kind) {
    case 'array':
      return term.items.length === 0 ? arrayType([], ANY) : arrayType(term.items.map(typeOf));
    case 'set':
      return setType(term.items.length === 0 ? ANY : unionAll(term.items.map(typeOf)));
    case 'object':
      return objectTypeOf(term.keys, term.values, typeOf);
  }
}

function objectTypeOf(
  keys: readonly Term[],
  values: readonly Term[],
  typeOf: (term: Term) => MaybeType,
): MaybeType {
  if (keys.length === 0) return objectType([], { key: ANY, value: ANY });
  const fixed: StaticProperty[] = [];
  let dynamic: DynamicProperty | undefined;
  keys.forEach((keyTerm, i) => {
    const valueTerm = values[i];
    const value = valueTerm === undefined ? undefined : typeOf(valueTerm);
    const key = termValue(keyTerm);
    if (key === undefined) dynamic = { key: typeOf(keyTerm), value };
    else fixed.push({ key, value });
  });
  return objectType(fixed, dynamic);
}

export function roughType(term: Term): MaybeType {
  const value = termValue(term);
  if (value !== undefined) return typeOfValue(value);
  switch (term.kind) {
    case 'array':
    case 'object':
    case 'set':
      return collectionType(term, roughType);
    case 'ref': {
      const isDocument =
        term.head.kind === 'var' && (term.head.name === 'data' || term.head.name === 'input');
      return isDocument ? ANY : undefined;
    }
    default:
      return undefined;
  }
}
