/** Door of `policy mutate`: hostile variants of recorded requests that a policy still allows. */
export { mutate, type MutateOptions, type MutationResult, type MutationScore } from './mutate.ts';
export { MUTATION_CLASSES, type MutationClass } from './mutation.ts';
export {
  type MutationGroup,
  mutationGroups,
  mutationReport,
  scoreSentence,
} from './mutate-report.ts';
