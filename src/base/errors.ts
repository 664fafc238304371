/**
 * The one error type of the project. Rooms keep a catalogue (`errors.ts`) of functions that make
 * these; callers match on `code`, people read `message` and `hint`.
 */

/** A stable place in a text: what the CLI prints as `file:line:col`. Line and column count from 1. */
export interface ErrorLocation {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface KatasimErrorOptions {
  /** What to do next, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly location?: ErrorLocation;
  /** Lines to show under the message as they are: a source line with its caret. */
  readonly excerpt?: readonly string[];
}

export class KatasimError extends Error {
  override readonly name = 'KatasimError';
  /** Stable, upper case, room first: `INITDATA_NOT_GZIP`. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly location: ErrorLocation | undefined;
  readonly excerpt: readonly string[];

  constructor(code: string, message: string, options: KatasimErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.location = options.location;
    this.excerpt = options.excerpt ?? [];
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** True for a Node.js system error (`ENOENT`, `EADDRINUSE`, ...). */
export function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && typeof (thrown as NodeJS.ErrnoException).code === 'string';
}
