/** How regorus' parser gives up: the first error ends the parse. */
import { regorusMessage, regorusPosition } from '../../position.ts';
import type { Position, Source } from '../../source.ts';

export interface FailureOptions {
  /** Columns to add to the position of `offset`: a few messages point one to the left. */
  readonly shift?: number;
  /** Where the engine's own counting departs from ours. */
  readonly position?: Position;
}

/**
 * Thrown inside this folder only; `parseModule` turns it into a diagnostic. The engine's whole text is
 * made when it is asked for, because look-aheads throw many of these and show none.
 */
export class RegorusSyntaxError extends Error {
  readonly offset: number;
  readonly #render: () => string;

  /** `words` is the engine's text without location. */
  constructor(offset: number, words: string, render: () => string) {
    super(words);
    this.offset = offset;
    this.#render = render;
  }

  /** The engine's whole text, byte for byte. */
  get full(): string {
    return this.#render();
  }
}

/** An error at `offset` with the engine's layout around `text`. */
export function failure(
  source: Source,
  offset: number,
  text: string,
  options: FailureOptions = {},
): RegorusSyntaxError {
  return new RegorusSyntaxError(offset, text.split('\n')[0] ?? text, () => {
    const found = options.position ?? regorusPosition(source, offset);
    const position = { row: found.row, col: Math.max(0, found.col + (options.shift ?? 0)) };
    return regorusMessage(source, position, 'error', text);
  });
}
