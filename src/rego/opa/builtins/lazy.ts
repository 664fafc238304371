/**
 * Libraries that only a few builtins need, loaded when the first call asks: a command that never meets
 * them does not pay for them. `require` because a builtin cannot wait.
 */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);
const loaded = new Map<string, unknown>();

/** The package of that name; the caller says what type it has. */
export function lazy(name: string): unknown {
  let module = loaded.get(name);
  if (module === undefined) {
    module = load(name);
    loaded.set(name, module);
  }
  return module;
}
