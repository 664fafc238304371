/** The parsed form of a regular expression, the same for both dialects. */
import type { CharSet } from './charset.ts';

export type Dialect = 'go' | 'rust';

export type AssertKind =
  | 'text-start'
  | 'text-end'
  | 'line-start'
  | 'line-end'
  | 'word-boundary'
  | 'not-word-boundary'
  | 'word-start'
  | 'word-end'
  | 'word-start-half'
  | 'word-end-half';

export type RegexNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assert'; readonly assert: AssertKind; readonly unicode: boolean }
  | { readonly kind: 'concat'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'alternate'; readonly items: readonly RegexNode[] }
  | {
      readonly kind: 'repeat';
      readonly node: RegexNode;
      readonly min: number;
      /** Infinity: unbounded. */
      readonly max: number;
      readonly greedy: boolean;
    }
  | { readonly kind: 'group'; readonly index: number; readonly node: RegexNode };

export interface ParsedRegex {
  readonly root: RegexNode;
  /** Group 0 is the whole match. */
  readonly groupCount: number;
  readonly names: ReadonlyMap<string, number>;
}

/** Why a pattern is not valid, in the words of Go's regexp/syntax. */
export class RegexError extends Error {
  override readonly name = 'RegexError';

  constructor(code: string, fragment?: string) {
    super(`error parsing regexp: ${code}${fragment === undefined ? '' : `: \`${fragment}\``}`);
  }
}
