/**
 * `#rego-opa` in the bundle and in the library: loaded at the first call. `require` because compiling a
 * policy cannot wait. The bundler follows the first of the two and runs what it finds only when it is
 * called; a module of the library has no `require` of its own (Node 20.19 lets one load ES modules).
 */
import { createRequire } from 'node:module';
import type * as Opa from './index.ts';

let opa: typeof Opa | undefined;

export const loadOpa = (): typeof Opa =>
  (opa ??= (
    typeof require === 'function'
      ? // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
        require('./index.ts')
      : createRequire(import.meta.url)('./index.js')
  ) as typeof Opa);
