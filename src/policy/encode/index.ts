/** Door of `policy encode`: a policy as the annotation or initdata that carries it, and its sizes. */
export { budgetUse, type BudgetUse, longestLines, type PolicySizes, sizesOf } from './budgets.ts';
export {
  annotationPatch,
  decodeInitdataText,
  ENCODE_FORMS,
  type EncodedPolicy,
  type EncodeForm,
  type EncodeOptions,
  encodePolicy,
} from './encode.ts';
