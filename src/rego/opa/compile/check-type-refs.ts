/**
 * References against types: each part must be a possible key of what comes before it. Variables in a
 * reference learn their type from the keys.
 */
import type { RefTerm, Term } from '../../ast.ts';
import { compareValues } from '../../order.ts';
import type { Span } from '../../source.ts';
import { formatTerm } from '../../text.ts';
import type { Value } from '../../value.ts';
import { refText, termText } from '../../compile/term-text.ts';
import type { TypeEnv } from './type-env.ts';
import { isScalar, termValue } from './term-value.ts';
import type { TypeNode } from './type-tree.ts';
import { typeText } from './type-text.ts';
import { ANY, type MaybeType, STRING, type Type } from './types.ts';
import { jsonKey } from './type-of-value.ts';
import { keysOf, selectType, valuesOf } from './type-access.ts';
import { unifies } from './unify-types.ts';

export interface RefProblem {
  readonly message: string;
  readonly span: Span;
  readonly details: readonly string[];
}

/** What the checker of terms provides: types of key terms, and matching of composite keys. */
export interface RefContext {
  readonly env: TypeEnv;
  typeOf(term: Term): MaybeType;
  matches(pattern: Term, type: MaybeType): boolean;
}

/** `head` is the type of a head that is neither `data` nor `input` (`undefined`: not known). */
export function checkRef(
  ref: RefTerm,
  head: MaybeType,
  context: RefContext,
): RefProblem | undefined {
  if (isVar(ref.head, 'data')) {
    return checkFunctionUse(ref, context.env) ?? walkDocuments(ref, context);
  }
  if (isVar(ref.head, 'input')) return walkType(ANY, ref, 0, context);
  if (head === undefined && ref.head.kind === 'var') context.env.setLocal(ref.head.name, ANY);
  return walkType(head ?? ANY, ref, 0, context);
}

const isVar = (term: Term, name: string): boolean => term.kind === 'var' && term.name === name;

/** Functions are no values. */
function checkFunctionUse(ref: RefTerm, env: TypeEnv): RefProblem | undefined {
  let node: TypeNode | undefined = env.documents;
  for (const [i, part] of ref.path.entries()) {
    node = part.kind === 'string' ? node.child(part.value) : undefined;
    if (node === undefined) return undefined;
    if (node.value?.kind !== 'function') continue;
    const message = `function ${refText(ref)} used as reference, not called`;
    return { message, span: ref.span, details: underlined(ref, i + 1, node.value) };
  }
  return undefined;
}

/**
 * Parts that OPA's type checker meets as variables: the compiler has moved the term into a literal of
 * its own. Source: OPA v1/ast/compile.go, rewriteDynamicTerms.
 */
const COMPUTED: ReadonlySet<Term['kind']> = new Set([
  'var',
  'ref',
  'call',
  'unary',
  'comprehension',
  'template',
]);

function walkDocuments(ref: RefTerm, context: RefContext): RefProblem | undefined {
  let node = context.env.documents;
  for (const [i, part] of ref.path.entries()) {
    // Nothing is typed yet: to OPA's checker there is no `data` then.
    if (node.size === 0) {
      meetAny(ref.path.slice(i), context);
      return undefined;
    }
    if (i < 2 && !COMPUTED.has(part.kind) && part.kind !== 'string') {
      const oneOf = Array.from(node.children(), (child) => child.key);
      return invalid(ref, i, context.typeOf(part), STRING, oneOf);
    }
    if (COMPUTED.has(part.kind)) {
      return meetKey(part, node.keys(), context)
        ? undefined
        : invalid(ref, i, context.typeOf(part), node.keys(), childKeys(node));
    }
    const key = isScalar(part) ? termValue(part) : undefined;
    const child = key === undefined ? undefined : node.child(key);
    if (child === undefined) {
      // What no rule defines may be a base document, with any keys.
      meetAny(ref.path.slice(i), context);
      return undefined;
    }
    if (child.value !== undefined) return walkType(child.value, ref, i + 1, context);
    node = child;
  }
  return undefined;
}

function meetAny(path: readonly Term[], context: RefContext): void {
  for (const part of path) meetKey(part, ANY, context);
}

const childKeys = (node: TypeNode): readonly Value[] =>
  Array.from(node.children(), (child) => child.key);

/** A variable used as a key: learns the keys' type, or must agree with it. */
function meetKey(part: Term, keys: MaybeType, context: RefContext): boolean {
  const { env } = context;
  const known = context.typeOf(part);
  if (known !== undefined) return unifies(known, keys);
  if (part.kind === 'var') env.setLocal(part.name, keys);
  return true;
}

/** Follows the reference from path part `index` on into a type. */
function walkType(
  start: Type,
  ref: RefTerm,
  index: number,
  context: RefContext,
): RefProblem | undefined {
  let type: Type = start;
  for (let i = index; i < ref.path.length; i++) {
    const part = ref.path[i];
    if (part === undefined) return undefined;
    const keys = keysOf(type);
    if (keys === undefined) return unsupported(ref, i, type);
    let next: MaybeType;
    if (isScalar(part)) {
      const key = termValue(part) ?? null;
      next = selectType(type, jsonKey(key));
      if (next === undefined) return invalid(ref, i, undefined, keys, knownKeys(type));
    } else {
      const composite = part.kind === 'array' || part.kind === 'object' || part.kind === 'set';
      const fits =
        composite || part.kind === 'constant'
          ? context.matches(part, keys)
          : meetKey(part, keys, context);
      if (!fits) {
        const oneOf = composite || part.kind === 'constant' ? [] : knownKeys(type);
        return invalid(ref, i, context.typeOf(part), keys, oneOf);
      }
      next = valuesOf(type);
    }
    if (next === undefined) return undefined;
    type = next;
  }
  return undefined;
}

function knownKeys(type: MaybeType): readonly Value[] {
  if (type?.kind === 'object') return type.static.map(({ key }) => key);
  if (type?.kind === 'any') return type.of.flatMap(knownKeys);
  return [];
}

function unsupported(ref: RefTerm, index: number, have: Type): RefProblem {
  return { message: undefinedRef(ref), span: ref.span, details: underlined(ref, index, have) };
}

const underlined = (ref: RefTerm, length: number, have: Type): readonly string[] => [
  refText(ref),
  '^'.repeat(width(refText(ref, length))),
  `have: ${typeText(have)}`,
];

/** At most this many keys are listed; a generated document may have thousands. */
const MAX_KEYS = 1000;

function invalid(
  ref: RefTerm,
  index: number,
  have: MaybeType,
  want: MaybeType,
  oneOf: readonly Value[],
): RefProblem {
  const indent = ' '.repeat(width(refText(ref, index)) + 1);
  const part = ref.path[index];
  const keys = [
    ...new Set(
      oneOf
        .slice(0, MAX_KEYS)
        .sort((a, b) => compareValues(a, b, 'opa'))
        .map(formatTerm),
    ),
  ];
  return {
    message: undefinedRef(ref),
    span: ref.span,
    details: [
      refText(ref),
      `${indent}^`,
      have === undefined
        ? `${indent}have: ${part === undefined ? '' : termText(part)}`
        : `${indent}have (type): ${typeText(have)}`,
      keys.length > 0
        ? `${indent}want (one of): [${keys.join(' ')}]`
        : `${indent}want (type): ${typeText(want)}`,
    ],
  };
}

const undefinedRef = (ref: RefTerm): string => `undefined ref: ${refText(ref)}`;

/** Go counts bytes here, as carets under a line of text would. */
const width = (text: string): number => new TextEncoder().encode(text).length;
