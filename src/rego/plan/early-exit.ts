/**
 * Where a definition stops at its first solution. regorus calls a head constant when it consists of
 * literals; before 0.14 it leaves out the key of a head without a value: `names[x] if ...` keeps the
 * first key of each definition.
 * Source: regorus src/interpreter.rs, eval_output_expr_in_loop and is_constant_output.
 */
import type { Term } from '../ast.ts';
import type { Profile } from '../profile.ts';

export interface EarlyExit {
  /** Set by the first solution. */
  readonly slot: number;
  /** Loops of `some .. in` end, too. */
  readonly endsAll: boolean;
}

/** A head as it is written, without its constant beginning. */
export interface ExitHead {
  readonly dynamic: readonly Term[];
  readonly key: Term | undefined;
  readonly value: Term | undefined;
}

const LITERALS: ReadonlySet<Term['kind']> = new Set([
  'string',
  'number',
  'boolean',
  'null',
] as const);

/** regorus' simple literals. */
export const isConstantTerm = ({ kind }: Term): boolean => LITERALS.has(kind);

/** A head without a value is constant whatever its last part is. */
export const isExitOfValueless = (path: readonly Term[]): boolean =>
  path.slice(0, -1).every(isConstantTerm);

const isConstant = ({ dynamic, key, value }: ExitHead): boolean =>
  dynamic.every(isConstantTerm) &&
  [key, value].every((term) => term === undefined || isConstantTerm(term));

export function hasEarlyExit(head: ExitHead, { earlyExit }: Profile): boolean {
  switch (earlyExit) {
    case 'ground-heads':
      return false; // OPA's is decided for all definitions of a name: see opa-groups.ts.
    case 'literal-heads':
      return isConstant(head);
    case 'literal-or-valueless-heads': {
      const { dynamic, key, value } = head;
      if (key !== undefined || value !== undefined) return isConstant(head);
      return isExitOfValueless(dynamic);
    }
  }
}

/** The head may turn out undefined, which ends loops without being a solution. */
export const mayBeUndefined = ({ dynamic, key, value }: ExitHead): boolean =>
  !isConstant({ dynamic, key, value });
