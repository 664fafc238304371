/** Door of corpora: requests in the order an agent saw them, from any format, decided in that order. */
export type { Corpus, CorpusEntry, CorpusFormat, CorpusProblem, RecordedVerdict } from './entry.ts';
export type { CaseExpectation, TextExpectation } from './expectation.ts';
export {
  type CorpusStream,
  openCorpus,
  readCorpus,
  type ReadCorpusOptions,
} from './read-corpus.ts';
export {
  decideCorpus,
  type DecidedEntry,
  decideEntry,
  openPolicy,
  type PolicyText,
} from './decide-corpus.ts';
export { START_ENDPOINTS } from './start-endpoints.ts';
