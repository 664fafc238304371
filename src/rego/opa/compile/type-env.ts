/**
 * What is known about types at one place: locals of the body and of the bodies around it, and the
 * virtual documents that were checked before. Locals have names unique in their rule, so a scope only
 * keeps what is learnt in a closure from leaking out of it.
 */
import type { RefTerm, Term } from '../../ast.ts';
import { builtinType } from './builtin-types.ts';
import { calleePath } from '../../compile/policy.ts';
import { isScalar, termValue } from './term-value.ts';
import type { TypeNode } from './type-tree.ts';
import { ANY, type FunctionType, type MaybeType, type Type } from './types.ts';
import { jsonKey } from './type-of-value.ts';
import { selectType, valuesOf } from './type-access.ts';

export class TypeEnv {
  readonly #documents: TypeNode;
  readonly #locals = new Map<string, Type>();
  readonly #outer: TypeEnv | undefined;

  constructor(documents: TypeNode, outer?: TypeEnv) {
    this.#documents = documents;
    this.#outer = outer;
  }

  get documents(): TypeNode {
    return this.#documents;
  }

  inner(): TypeEnv {
    return new TypeEnv(this.#documents, this);
  }

  local(name: string): MaybeType {
    return this.#locals.get(name) ?? this.#outer?.local(name);
  }

  setLocal(name: string, type: MaybeType): void {
    if (type !== undefined) this.#locals.set(name, type);
  }

  /** The type of a user's function or a builtin; of anything else that a call may name by mistake. */
  callee(name: string): MaybeType {
    const path = calleePath(name);
    return path === undefined ? builtinType(name) : this.#at(path)?.value;
  }

  functionAt(path: readonly string[]): FunctionType | undefined {
    const type = this.#at(path)?.value;
    return type?.kind === 'function' ? type : undefined;
  }

  #at(path: readonly string[]): TypeNode | undefined {
    let node: TypeNode | undefined = this.#documents;
    for (const part of path) node = node?.child(part);
    return node;
  }

  /** The type of a reference into `data`, without complaints. */
  document(ref: RefTerm): MaybeType {
    let node = this.#documents;
    for (const [i, part] of ref.path.entries()) {
      const key = termValue(part);
      const child: TypeNode | undefined = key === undefined ? undefined : node.child(key);
      if (child === undefined) {
        if (node.value !== undefined) return select(node.value, ref.path.slice(i));
        return key === undefined ? select(node.extent(), ref.path.slice(i)) : ANY;
      }
      node = child;
    }
    return node.extent();
  }
}

/** The type found by following path parts into a type. */
export function select(type: MaybeType, path: readonly Term[]): MaybeType {
  let found = type;
  for (const part of path) {
    if (found === undefined) return undefined;
    const key = isScalar(part) ? termValue(part) : undefined;
    found = key === undefined ? valuesOf(found) : selectType(found, jsonKey(key));
  }
  return found;
}
