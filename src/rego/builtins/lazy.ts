/**
 * Libraries that only a few builtins need, loaded when the first call asks: a command that never meets
 * them does not pay for them. `require` because a builtin cannot wait.
 */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** `T` is the module's own type: `lazy<typeof import('yaml')>('yaml')`. */
export function lazy<T>(name: string): () => T {
  let module: T | undefined;
  return () => (module ??= load(name) as T);
}
