/** Fills the slot of opa-dialect.ts. */
import { loadOpa } from '#rego-opa';
import { provideOpa } from './opa-dialect.ts';

provideOpa(loadOpa);
