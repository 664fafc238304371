/** Door of `policy learn`: a least-privilege policy from recorded requests. */
export { type Learned, type LearnOptions, learnPolicy } from './learn.ts';
