/** Door of `policy replay`: a recorded log decided again. */
export { replayCorpus, type ReplayedEntry, type ReplayOptions } from './replay.ts';
export { patchLines, pstateOf, stateDifferences } from './state.ts';
