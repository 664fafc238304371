/**
 * How fast a policy decides a corpus. Cold: a fresh engine (parse, resolve) and the first decision of
 * each endpoint on it. Warm: whole rounds over the corpus with the state carried along, after rounds
 * that warm up and do not count. Several policies take turns, round by round, so that what else
 * happens on the machine meets all of them.
 */
import { kataProfile, type AgentPolicy } from '#gate';
import { openPolicy, type PolicyText } from '../corpus/decide-corpus.ts';
import type { CorpusEntry } from '../corpus/entry.ts';
import { spread, type Spread } from './spread.ts';

export interface BenchOptions {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** For all policies together, cold and warm. */
  readonly durationMs: number;
  readonly signal?: AbortSignal;
}

export interface EndpointBench {
  readonly endpoint: string;
  /** Milliseconds of the first decision on a fresh engine, median of the cold rounds. */
  readonly coldMs: number;
  /** Milliseconds per decision. */
  readonly warm: Spread;
  readonly perSecond: number;
}

export interface BenchReport {
  readonly file: string;
  readonly kataVersion: string;
  /** Requests of one round. */
  readonly requests: number;
  readonly coldRounds: number;
  readonly warmRounds: number;
  /** Milliseconds to a fresh engine: of the first round in this process, and the median. */
  readonly compileMs: { readonly first: number; readonly median: number };
  /** Milliseconds of the first decision on a fresh engine. */
  readonly firstDecisionMs: { readonly first: number; readonly median: number };
  /** Decisions per second over all endpoints, by the time spent deciding. */
  readonly perSecond: number;
  readonly all: Spread;
  /** Slowest in sum first. */
  readonly endpoints: readonly EndpointBench[];
}

/** Shares of the time: fresh engines, then rounds that do not count. */
const COLD_SHARE = 0.25;
const WARM_UP_SHARE = 0.15;
const MIN_ROUNDS = 3;
const MAX_COLD_ROUNDS = 20;
/** Samples kept per policy: eight megabytes; past it the measurement ends early. */
const MAX_SAMPLES = 1_000_000;

/** One report per policy, in order. Throws the located error of a policy that does not parse. */
export function benchPolicies(
  policies: readonly PolicyText[],
  given: readonly CorpusEntry[],
  options: BenchOptions,
): readonly BenchReport[] {
  const { now, durationMs } = options;
  const entries = given.filter(({ masked }) => masked === undefined);
  const subjects = policies.map((policy) => new Subject(policy, entries, options));
  const start = now();
  const rounds = (untilMs: number, min: number, run: (subject: Subject) => void): void => {
    for (let done = 0; done < min || now() - start < untilMs; done++) {
      for (const subject of subjects) {
        options.signal?.throwIfAborted();
        run(subject);
      }
      if (subjects.some(({ isFull }) => isFull)) return;
    }
  };
  rounds(durationMs * COLD_SHARE, MIN_ROUNDS, (subject) => subject.cold());
  rounds(durationMs * (COLD_SHARE + WARM_UP_SHARE), 1, (subject) => subject.round(false));
  rounds(durationMs, MIN_ROUNDS, (subject) => subject.round(true));
  return subjects.map((subject) => subject.report());
}

class Subject {
  readonly #policy: PolicyText;
  readonly #entries: readonly CorpusEntry[];
  readonly #now: () => number;
  readonly #compileMs: number[] = [];
  readonly #firstMs: number[] = [];
  readonly #coldMs = new Map<string, number[]>();
  readonly #warmMs = new Map<string, number[]>();
  #agent: AgentPolicy | undefined;
  #samples = 0;
  #rounds = 0;

  constructor(policy: PolicyText, entries: readonly CorpusEntry[], { now }: BenchOptions) {
    this.#policy = policy;
    this.#entries = entries;
    this.#now = now;
  }

  get isFull(): boolean {
    return this.#samples >= MAX_SAMPLES;
  }

  cold(): void {
    if (this.#compileMs.length >= MAX_COLD_ROUNDS) return;
    const start = this.#now();
    const agent = openPolicy(this.#policy);
    this.#compileMs.push(this.#now() - start);
    const seen = new Set<string>();
    for (const { endpoint, input } of this.#entries) {
      const before = this.#now();
      agent.decide(endpoint, input);
      const elapsed = this.#now() - before;
      if (seen.size === 0) this.#firstMs.push(elapsed);
      if (!seen.has(endpoint)) add(this.#coldMs, endpoint, elapsed);
      seen.add(endpoint);
    }
    this.#agent = agent;
  }

  round(counts: boolean): void {
    const agent = (this.#agent ??= openPolicy(this.#policy));
    agent.restore({ pstate: {} });
    for (const { endpoint, input } of this.#entries) {
      const before = this.#now();
      agent.decide(endpoint, input);
      const elapsed = this.#now() - before;
      if (!counts) continue;
      add(this.#warmMs, endpoint, elapsed);
      this.#samples++;
    }
    if (counts) this.#rounds++;
  }

  report(): BenchReport {
    const { file, kata = kataProfile() } = this.#policy;
    const all = [...this.#warmMs.values()].flat();
    const endpoints = [...this.#warmMs].map(([endpoint, samples]): EndpointBench => {
      const cold = spread(this.#coldMs.get(endpoint) ?? []);
      const warm = spread(samples);
      return { endpoint, coldMs: cold.p50, warm, perSecond: perSecond(warm) };
    });
    const warm = spread(all);
    return {
      file,
      kataVersion: kata.version,
      requests: this.#entries.length,
      coldRounds: this.#compileMs.length,
      warmRounds: this.#rounds,
      compileMs: { first: this.#compileMs[0] ?? 0, median: spread(this.#compileMs).p50 },
      firstDecisionMs: { first: this.#firstMs[0] ?? 0, median: spread(this.#firstMs).p50 },
      perSecond: perSecond(warm),
      all: warm,
      endpoints: endpoints.sort((a, b) => b.warm.sum - a.warm.sum),
    };
  }
}

function add(samples: Map<string, number[]>, endpoint: string, ms: number): void {
  const known = samples.get(endpoint);
  if (known === undefined) samples.set(endpoint, [ms]);
  else known.push(ms);
}

const perSecond = ({ count, sum }: Spread): number => (sum === 0 ? 0 : (count / sum) * 1_000);
