/** Door of `policy bench`: how fast a policy decides a corpus. */
export { type BenchOptions, benchPolicies, type BenchReport, type EndpointBench } from './bench.ts';
export type { Spread } from './spread.ts';
