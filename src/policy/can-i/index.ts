/** Door of `policy can-i`: whether a kubectl verb works under a policy. */
export {
  type CallAnswer,
  type CallVerdict,
  canI,
  type CanIOptions,
  type StartRefusal,
  type VerbAnswer,
} from './can-i.ts';
export { type Verb, type VerbMode, verbNamed, verbNames, VERBS } from './verbs.ts';
