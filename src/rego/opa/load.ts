/**
 * `#rego-opa` where modules run from their TypeScript sources (tests, tsx): loaded with the engine,
 * because nothing there can be loaded later without waiting. See load-late.ts.
 */
import * as opa from './index.ts';

export const loadOpa = (): typeof opa => opa;
