/**
 * Door of `policy`: what a policy author asks of a policy. Public as `katasim/policy`, together
 * with the few names of `gate` that its answers are made of. Each question has a door of its own,
 * `#policy/check` and so on: a command loads what it uses.
 */
export {
  AgentPolicy,
  kataProfile,
  type AgentPolicyOptions,
  type Decision,
  type KataProfile,
  type PolicyDocument,
  type Verdict,
} from '#gate';
export { kataReleases, NEWEST_KATA_VERSION, type KataRelease } from '#base';
export * from './source/index.ts';
export * from './corpus/index.ts';
export * from './check/index.ts';
export * from './explain/index.ts';
export * from './test/index.ts';
export * from './can-i/index.ts';
export * from './replay/index.ts';
export * from './diff/index.ts';
export * from './coverage/index.ts';
export * from './learn/index.ts';
export * from './mutate/index.ts';
export * from './bench/index.ts';
export * from './encode/index.ts';
export * from './format/index.ts';
export * from './report/index.ts';
