/**
 * Dialling with a growing delay, as the retry helper of the adaptor and the forwarder does it:
 * base, doubled each time, a little jitter, an upper bound. Sources: github.com/avast/retry-go
 * v4.6.1; cloud-api-adaptor v0.22.0 pkg/adaptor/proxy/proxy.go and
 * pkg/forwarder/interceptor/interceptor.go.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '#base';

export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const realSleep: Sleep = async (ms, signal) => {
  await delay(ms, undefined, { signal });
};

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly jitterMs: number;
}

/** Delay before attempt `n + 2`, counting retries from 0. */
function backoffDelay(retry: number, backoff: Backoff, random: Random): number {
  const jitter = Math.floor(((random.bytes(1)[0] ?? 0) / 256) * backoff.jitterMs);
  // 2^retry overflows no number before the bound takes over.
  return Math.min(backoff.firstMs * 2 ** Math.min(retry, 30), backoff.maxMs) + jitter;
}

interface RetryOptions {
  readonly backoff: Backoff;
  /** Attempts in all; without it, until the signal. */
  readonly attempts?: number;
  readonly signal: AbortSignal;
  readonly sleep: Sleep;
  readonly random: Random;
  /** Called before each delay with what went wrong. */
  readonly onRetry?: (error: unknown, retry: number) => void;
  /** Errors that another attempt cannot fix. */
  readonly isFinal?: (error: unknown) => boolean;
}

type RetryResult<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The attempts are used up, or an error was final. */
  | { readonly kind: 'failed'; readonly errors: readonly unknown[] }
  | { readonly kind: 'aborted'; readonly errors: readonly unknown[] };

/** The last errors that are kept for the message. */
const KEPT_ERRORS = 10;

export async function retry<T>(
  action: (signal: AbortSignal) => Promise<T>,
  options: RetryOptions,
): Promise<RetryResult<T>> {
  const errors: unknown[] = [];
  for (let attempt = 1; ; attempt++) {
    if (options.signal.aborted) return { kind: 'aborted', errors };
    try {
      return { kind: 'done', value: await action(options.signal) };
    } catch (error) {
      if (isAborted(options.signal)) return { kind: 'aborted', errors };
      errors.push(error);
      if (errors.length > KEPT_ERRORS) errors.shift();
      if (options.isFinal?.(error) === true || attempt === options.attempts) {
        return { kind: 'failed', errors };
      }
      options.onRetry?.(error, attempt - 1);
    }
    try {
      await options.sleep(
        backoffDelay(attempt - 1, options.backoff, options.random),
        options.signal,
      );
    } catch (error) {
      if (isAborted(options.signal)) return { kind: 'aborted', errors };
      throw error;
    }
  }
}

/** A function, because the signal changes while we wait and TypeScript would not believe it. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;
