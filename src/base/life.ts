/**
 * Life cycle helpers. The opener closes; closing twice is allowed.
 */

/** Wraps an asynchronous close so that every caller gets the promise of the first call. */
export function runOnce(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= action());
}

/** A promise with its handles outside. Node 20 lacks `Promise.withResolvers`. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** A resource that must be closed; `await using` works with it. */
export interface Closable extends AsyncDisposable {
  close(): Promise<void>;
}

/** Closes in reverse order of opening, continues past failures and throws them together. */
export async function closeAll(resources: readonly { close(): Promise<void> }[]): Promise<void> {
  const failures: unknown[] = [];
  for (const resource of [...resources].reverse()) {
    try {
      await resource.close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some resources did not close');
}
