/**
 * The intermediate plan: what is left of a policy once names, order and binding are settled. Locals
 * are numbered slots, every variable has one place that binds it, iteration is explicit. Plain data:
 * `rego plan` prints it, the evaluator turns it into closures. Every node knows its source span.
 */
import type { BuiltinSpec } from '../builtins/registry.ts';
import type { InfixOperator } from '../ast.ts';
import type { Span } from '../source.ts';
import type { Value } from '../value.ts';
import type { EarlyExit } from './early-exit.ts';

interface Node {
  readonly span: Span;
  /** Where regorus points for this expression. */
  readonly at: number;
}

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|';

/** An expression: one value or undefined; iteration has been moved into steps before it. */
export type PlanExpr =
  | (Node & { readonly op: 'const'; readonly value: Value })
  | (Node & { readonly op: 'local'; readonly slot: number; readonly name: string })
  | (Node & { readonly op: 'input' })
  | PlanDoc
  | (Node & { readonly op: 'get'; readonly base: PlanExpr; readonly key: PlanExpr })
  | (Node & { readonly op: 'array' | 'set'; readonly items: readonly PlanExpr[] })
  | (Node & {
      readonly op: 'object';
      readonly keys: readonly PlanExpr[];
      readonly values: readonly PlanExpr[];
    })
  | (Node & {
      readonly op: 'builtin';
      readonly spec: BuiltinSpec;
      readonly args: readonly PlanExpr[];
    })
  | (Node & {
      readonly op: 'call';
      readonly name: string;
      /** The name by which `with` finds the call. */
      readonly replacedAs: string;
      readonly args: readonly PlanExpr[];
    })
  | (Node & {
      readonly op: 'compare';
      readonly operator: CompareOperator;
      readonly left: PlanExpr;
      readonly right: PlanExpr;
    })
  | (Node & {
      readonly op: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: PlanExpr;
      readonly right: PlanExpr;
    })
  | (Node & {
      readonly op: 'member';
      readonly key: PlanExpr | undefined;
      readonly value: PlanExpr;
      readonly collection: PlanExpr;
    })
  | PlanComprehension
  | (Node & {
      readonly op: 'template';
      readonly parts: readonly (string | PlanComprehension)[];
    })
  | (Node & { readonly op: 'print'; readonly args: readonly PlanExpr[] })
  /** Ends the evaluation with a text of regorus when it is reached. */
  | (Node & {
      readonly op: 'fail';
      readonly message: string;
      /** What regorus shows behind the message. */
      readonly scopes?: PlanScopes | undefined;
      /** Holds the first time; this slot says that it was. */
      readonly onceSlot?: number | undefined;
      /** Some of its messages point nowhere. */
      readonly isUnlocated?: boolean | undefined;
    });

/** Scopes from the outside in: source names with the slots of their values. */
export type PlanScopes = readonly (readonly {
  readonly name: string;
  /** Undefined: declared and without a value. */
  readonly slot: number | undefined;
}[])[];

/** A reference into `data`: from the root or from where a `scan-doc` stands, by keys. */
export type PlanDoc = Node & {
  readonly op: 'doc';
  /** Slot of a document cursor, or undefined for the root. */
  readonly from: number | undefined;
  readonly keys: readonly PlanExpr[];
};

export type PlanComprehension = Node & {
  readonly op: 'comprehension';
  readonly shape: 'array' | 'set' | 'object';
  readonly body: PlanBody;
  readonly key: PlanExpr | undefined;
  readonly value: PlanExpr;
  /** Slot of the collection being built. */
  readonly slot: number;
};

export type PlanPattern =
  | { readonly match: 'any' }
  | { readonly match: 'bind'; readonly slot: number; readonly name: string }
  | { readonly match: 'equal'; readonly expr: PlanExpr }
  | { readonly match: 'array'; readonly items: readonly PlanPattern[] }
  | {
      readonly match: 'object';
      readonly keys: readonly PlanExpr[];
      readonly values: readonly PlanPattern[];
      /** OPA wants the same keys, regorus only those of the pattern. */
      readonly exact: boolean;
    };

/**
 * What regorus refuses to iterate: `some .. in` what is no collection, and a loop in a head
 * also what is undefined.
 */
export type ScanRefusal = 'nothing' | 'non-collections' | 'all-but-collections';

export type PlanStep =
  | { readonly op: 'test'; readonly expr: PlanExpr }
  | { readonly op: 'bind'; readonly slot: number; readonly name: string; readonly expr: PlanExpr }
  | { readonly op: 'match'; readonly pattern: PlanPattern; readonly expr: PlanExpr }
  | {
      readonly op: 'scan';
      readonly over: PlanExpr;
      readonly key: PlanPattern;
      readonly value: PlanPattern;
      readonly refuses: ScanRefusal;
      /** Where regorus points when it refuses. */
      readonly at: number;
      /** A slot that ends the loop once it is set. */
      readonly until?: number | undefined;
      /** Slots that the loop starts without. */
      readonly resets?: readonly number[] | undefined;
    }
  /** Iterates the names under a document; the slot holds a cursor. */
  | {
      readonly op: 'scan-doc';
      readonly doc: PlanDoc;
      readonly key: PlanPattern;
      readonly slot: number;
      readonly until?: number | undefined;
      /** Slots that the loop starts without. */
      readonly resets?: readonly number[] | undefined;
    }
  /** Every result of a relation such as `walk`. */
  | {
      readonly op: 'relation';
      readonly call: PlanExpr;
      readonly pattern: PlanPattern;
      readonly until?: number | undefined;
      /** Slots that the loop starts without. */
      readonly resets?: readonly number[] | undefined;
    }
  | { readonly op: 'not'; readonly body: PlanBody }
  | {
      readonly op: 'every';
      readonly domain: PlanExpr;
      readonly key: PlanPattern;
      readonly value: PlanPattern;
      readonly body: PlanBody;
      /** Whether the body had a solution for the element at hand. */
      readonly slot: number;
    }
  | {
      readonly op: 'with';
      readonly modifiers: readonly PlanModifier[];
      readonly steps: readonly PlanStep[];
    };

export type PlanModifier =
  | {
      readonly target: 'input' | 'data';
      readonly path: readonly string[];
      readonly value: PlanExpr;
      readonly span: Span;
    }
  | {
      readonly target: 'function';
      readonly name: string;
      /** The name of the function that takes over, or a value. */
      readonly by: string | PlanExpr;
      readonly span: Span;
    }
  /** Ends the evaluation when it is reached: regorus finds nothing to replace. */
  | { readonly target: 'nothing'; readonly span: Span; readonly at: number };

/** One literal of the source. */
export interface PlanLiteral {
  /** Unique in the policy: what coverage and explanations count by. */
  readonly id: number;
  readonly span: Span;
  readonly negated: boolean;
  readonly steps: readonly PlanStep[];
}

export type PlanBody = readonly PlanLiteral[];

/** A body with what it yields; `else` branches follow in order. */
export interface PlanBranch {
  readonly body: PlanBody;
  readonly value: PlanExpr;
  /** Computed head parts, and the element of a multi-value rule. */
  readonly dynamic: readonly PlanExpr[];
  readonly key: PlanExpr | undefined;
  readonly span: Span;
  /** Undefined: every solution counts. */
  readonly exit?: EarlyExit | undefined;
  /** The last literal of the body is the iteration of the head. */
  readonly headIterates: boolean;
}

export interface PlanRule {
  readonly id: number;
  /** Its place under `data`. */
  readonly path: readonly string[];
  readonly isDefault: boolean;
  readonly isFunction: boolean;
  readonly headSpan: Span;
  readonly span: Span;
  /** Reads operands into slots, in order. */
  readonly args: readonly PlanPattern[] | undefined;
  readonly branches: readonly PlanBranch[];
  readonly slots: number;
  /** Names behind the slots, for people. */
  readonly slotNames: readonly (string | undefined)[];
}

export const COMPARE_OPERATORS: ReadonlySet<InfixOperator> = new Set<InfixOperator>([
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
]);
export const ARITHMETIC_OPERATORS: ReadonlySet<InfixOperator> = new Set<InfixOperator>([
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '|',
]);
