/**
 * The way from the shared engine to `opa/`, the half that only the `opa` profiles need: its parser,
 * checks, formatter and builtins. It is loaded when the first of them is asked for, so a policy for an
 * agent with regorus is compiled and evaluated without it.
 *
 * A slot that `with-opa.ts` fills: `opa/` imports the shared engine, which therefore cannot import it.
 */
import type * as Opa from './opa/index.ts';

export type OpaDialect = typeof Opa;

let load: (() => OpaDialect) | undefined;

export function provideOpa(loader: () => OpaDialect): void {
  load = loader;
}

export function opaDialect(): OpaDialect {
  if (load === undefined)
    throw new Error('rego: import with-opa.ts before the OPA dialect is used');
  return load();
}
