/**
 * How far an evaluation was from another answer: per definition the ways through its body, each with
 * the checks that did not hold, fewest first. Of the many iterations of a loop the nearest are kept.
 */
import type { Span } from '../source.ts';
import type { PlanRule } from '../plan/plan.ts';
import type { Value } from '../value.ts';
import type { OriginKey } from './origins.ts';
import type { Seen } from './seen.ts';

export type FailureKind =
  /** A literal was false. */
  | 'false'
  /** Something in it has no value. */
  | 'undefined'
  /** A value does not fit a pattern. */
  | 'mismatch'
  /** What is negated holds. */
  | 'negated'
  /** Nothing to iterate. */
  | 'nothing'
  /** No rule of a name lets it pass; see `ways`. */
  | 'no-way'
  /** The evaluation fails there. */
  | 'fault';

export interface Failure {
  readonly kind: FailureKind;
  /** The literal. */
  readonly span: Span;
  /** The expression that decided. */
  readonly seen: Seen | undefined;
  /** Ways through the rules of a call or document, nearest first. */
  readonly ways: readonly Way[];
  /** The fault's text. */
  readonly text: string | undefined;
  /** How much differs below it; 0 for what only follows from another failure. */
  readonly distance: number;
  /** The places of the request that it looks at. */
  readonly fields: readonly FieldKeys[];
}

export type FieldKeys = readonly OriginKey[];

/** How much a difference at a place of the request counts; 1 is any field. */
export type Weigh = (field: FieldKeys) => number;

/** One turn of a loop on the way. */
export interface Turn {
  readonly span: Span;
  readonly key: Value | undefined;
  readonly value: Value | undefined;
  /** The collection. */
  readonly over: Seen;
}

/** One way through a body. */
export interface Way {
  readonly rule: PlanRule;
  readonly branch: number;
  readonly distance: number;
  /** 0 to 1: how much the values that differ have in common. */
  readonly likeness: number;
  /** Literals before the first that failed. */
  readonly progress: number;
  readonly turns: readonly Turn[];
  readonly failures: readonly Failure[];
  /** It was given up before its end: more may differ. */
  readonly partial: boolean;
  /** What the rule would have given. */
  readonly value: Value | undefined;
}

/**
 * How far is looked: a way is given up when it is further. Most requests differ in little, and what is
 * far from them need not be known exactly; only when all are far is the search repeated.
 */
export const REACHES = [12, 64] as const;

export interface Definition {
  readonly rule: PlanRule;
  readonly branch: number;
  /** It gave a value. */
  readonly held: boolean;
  /** Nearest first; at most a few. */
  readonly ways: readonly Way[];
  /** How many ways were looked at. */
  readonly tried: number;
}

/** Definitions kept of one name. */
export const MAX_DEFINITIONS = 64;

export interface NearMiss {
  /** Definitions of what was asked, nearest first. */
  readonly definitions: readonly Definition[];
  /** Definitions looked at and left out. */
  readonly omitted: number;
  /** A bound was reached before everything had been looked at. */
  readonly truncated: boolean;
}

/** Fewest differences first, then what has most in common, then what got furthest. */
export const nearestFirst = (a: Way, b: Way): number =>
  a.distance - b.distance ||
  Number(a.partial) - Number(b.partial) ||
  b.likeness - a.likeness ||
  b.progress - a.progress;

/** The few nearest of many. */
export class Nearest {
  readonly #max: number;
  readonly #ways: Way[] = [];
  tried = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get ways(): readonly Way[] {
    return this.#ways;
  }

  /** Nothing as far as this is kept any more. */
  get limit(): number {
    return this.#ways.length < this.#max
      ? Number.POSITIVE_INFINITY
      : (this.#ways.at(-1)?.distance ?? Number.POSITIVE_INFINITY);
  }

  /** A way of this distance would be kept. */
  admits(distance: number, likeness: number): boolean {
    const worst = this.#ways.at(-1);
    if (worst === undefined || this.#ways.length < this.#max) return true;
    return distance < worst.distance || (distance === worst.distance && likeness > worst.likeness);
  }

  add(way: Way): void {
    // In front of the first that is further away; equals stay in the order they came.
    const found = this.#ways.findIndex((kept) => nearestFirst(way, kept) < 0);
    const at = found < 0 ? this.#ways.length : found;
    if (at >= this.#max) return;
    this.#ways.splice(at, 0, way);
    if (this.#ways.length > this.#max) this.#ways.pop();
  }
}
