/**
 * A policy ready to be asked. Immutable and shareable: every query has its own state; code is made
 * when it is first needed and kept.
 */
import { KatasimError } from '#base';
import type { Policy } from './compile/policy.ts';
import { Evaluation } from './eval/evaluation.ts';
import { EvalFault, regorusFaultText, opaFaultText } from './eval/fault.ts';
import { NearRecorder } from './explain/near-recorder.ts';
import { type NearMiss, REACHES, type Weigh } from './explain/near-miss.ts';
import { Program } from './eval/program.ts';
import type { Observer } from './eval/observer.ts';
import type { CoverageRecorder } from './coverage.ts';
import { together, type Watch, watchers } from './watch.ts';
import { fromJs, parseJson } from './json.ts';
import {
  faultOutcome,
  type FaultPhase,
  type QueryOutcome,
  type OutcomeSource,
  valueOutcome,
} from './outcome.ts';
import type { Profile } from './profile.ts';
import { type CompiledQuery, compileQuery, type QueryFailure } from './query.ts';
import type { Diagnostic } from './source.ts';
import { RegoObject, type Value } from './value.ts';

/** A document: a value, a plain JavaScript value (read in place), or JSON text. */
export type DocumentSource = { readonly json: string } | { readonly value: unknown };

export interface QueryOptions {
  readonly input?: DocumentSource;
  /** Default: the empty object. */
  readonly data?: DocumentSource;
  /** A failing builtin ends the evaluation. Default false. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  readonly budget?: Partial<Budget>;
  /** Nanoseconds since the epoch, for `time.now_ns`. Default 0: pass the time you want seen. */
  readonly nowNs?: bigint;
  readonly seed?: number;
  /** Answer of `opa.runtime`. */
  readonly runtime?: unknown;
  /** Record why: the outcome carries an `explanation`. */
  readonly explain?: boolean;
  /** Record a trace: the outcome carries `trace`. */
  readonly trace?: boolean;
  /** Counts into this recorder, which may watch many queries. */
  readonly coverage?: CoverageRecorder;
  readonly observer?: Observer;
}

export interface Budget {
  /** Loop turns and calls. */
  readonly steps: number;
  /** Elements and characters that builtins produce. */
  readonly produced: number;
  /** Rules and functions within each other. */
  readonly depth: number;
}

/** About ten seconds of loops on a present machine; regorus itself has no bound at all. */
export const DEFAULT_BUDGET: Budget = { steps: 200_000_000, produced: 500_000_000, depth: 1_000 };

export interface PolicySettings {
  readonly profile: Profile;
  readonly prints: boolean;
  /** regorus' preparation error, answered to every query. */
  readonly failure: Diagnostic | undefined;
}

/** The source of an outcome while the query runs: `phase` says how far it has come. */
type OpenOutcomeSource = { -readonly [K in keyof OutcomeSource]: OutcomeSource[K] } & {
  phase: FaultPhase;
};

/** Looking at what else differs may take as long as a second. */
const WHAT_IF_BUDGET: Partial<Budget> = { steps: 2_000_000 };

export interface NearMissOptions extends Pick<
  QueryOptions,
  'input' | 'data' | 'budget' | 'observer'
> {
  /** How much a difference at a field of the input counts; 1 unless it is said. */
  readonly weigh?: Weigh;
}

const MAX_CACHED_QUERIES = 256;

export class CompiledPolicy {
  readonly profile: Profile;
  /** For tools: the resolved rules. */
  readonly resolved: Policy;
  readonly prepareFailure: Diagnostic | undefined;
  readonly #prints: boolean;
  readonly #queries = new Map<string, CompiledQuery | QueryFailure>();
  #program: Program | undefined;
  #observed: Program | undefined;
  #whatIf: Program | undefined;

  constructor(policy: Policy, { profile, prints, failure }: PolicySettings) {
    this.resolved = policy;
    this.profile = profile;
    this.prepareFailure = failure;
    this.#prints = prints;
  }

  /** Answers a path such as `data.agent_policy.ExecProcessRequest`, or any query. */
  query(text: string, options: QueryOptions = {}): QueryOutcome {
    const source: OpenOutcomeSource = {
      profile: this.profile,
      ev: undefined,
      watch: watchers(options),
      startedMs: performance.now(),
      phase: 'input',
    };
    try {
      return this.#answer(text, options, source);
    } catch (thrown) {
      return faultOutcome({ phase: source.phase, ...this.#faulted(thrown) }, source);
    }
  }

  #answer(text: string, options: QueryOptions, source: OpenOutcomeSource): QueryOutcome {
    const input = options.input && this.#document(options.input);
    source.phase = 'data';
    const data = options.data === undefined ? RegoObject.empty : this.#document(options.data);
    source.phase = 'prepare';
    if (this.prepareFailure !== undefined) {
      return faultOutcome({ phase: 'prepare', ...diagnosed(this.prepareFailure) }, source);
    }
    source.phase = 'query';
    const query = this.#compiled(text, source.watch.observer !== undefined);
    if ('failure' in query) {
      return faultOutcome({ phase: 'query', ...diagnosed(query.failure) }, source);
    }
    source.phase = 'eval';
    const ev = this.#evaluation(input, data, options, source.watch);
    source.ev = ev;
    if (query.path !== undefined) return valueOutcome(query.path(ev), undefined, source);
    const rows = query.run(ev);
    return valueOutcome(rows[0]?.expressions[0], rows, source);
  }

  /** The program, for `rego plan`. */
  get program(): Program {
    return (this.#program ??= this.#make(false));
  }

  /**
   * How far the answer to a path was from another: evaluates it once more, going on after checks
   * that do not hold. Says nothing of the answer itself; `query` does.
   */
  nearMiss(path: string, options: NearMissOptions = {}): NearMiss {
    this.#whatIf ??= new Program(this.resolved, this.profile, {
      prints: false,
      observed: true,
      whatIf: true,
    });
    const input = options.input && this.#document(options.input);
    const data = options.data === undefined ? RegoObject.empty : this.#document(options.data);
    const query = compileQuery(path, this.#whatIf);
    const [near, far] = REACHES;
    const recorder = new NearRecorder(input, near, options.weigh);
    if ('failure' in query) return recorder.nearMiss(true);
    const isComplete = this.#watchNear(query, input, data, recorder, options);
    if (!isComplete || !recorder.isCut) return recorder.nearMiss(isComplete);
    const further = new NearRecorder(input, far, options.weigh);
    return further.nearMiss(this.#watchNear(query, input, data, further, options));
  }

  /** False when a bound was reached before its end. */
  #watchNear(
    query: CompiledQuery,
    input: Value | undefined,
    data: Value,
    recorder: NearRecorder,
    { budget, observer }: NearMissOptions,
  ): boolean {
    const watch = {
      observer: observer === undefined ? recorder : together([recorder, observer]),
      whatIf: recorder,
    };
    const bounds = { budget: { ...WHAT_IF_BUDGET, ...budget } };
    try {
      query.run(this.#evaluation(input, data, bounds, watch));
      return true;
    } catch (thrown) {
      if (thrown instanceof EvalFault || thrown instanceof RangeError) return false;
      throw thrown;
    }
  }

  #make(observed: boolean): Program {
    return new Program(this.resolved, this.profile, { prints: this.#prints, observed });
  }

  #document(source: DocumentSource): Value {
    const { numbers } = this.profile;
    return 'json' in source ? parseJson(source.json, numbers) : fromJs(source.value, numbers);
  }

  #compiled(text: string, observed: boolean): CompiledQuery | QueryFailure {
    if (observed) {
      this.#observed ??= this.#make(true);
      return compileQuery(text, this.#observed);
    }
    let query = this.#queries.get(text);
    if (query === undefined) {
      query = compileQuery(text, this.program);
      const [oldest] = this.#queries.keys();
      if (this.#queries.size >= MAX_CACHED_QUERIES && oldest !== undefined) {
        this.#queries.delete(oldest);
      }
      this.#queries.set(text, query);
    }
    return query;
  }

  #evaluation(
    input: Value | undefined,
    data: Value,
    options: QueryOptions,
    watch: Pick<Watch, 'observer'> & { readonly whatIf?: NearRecorder },
  ): Evaluation {
    const budget =
      options.budget === undefined ? DEFAULT_BUDGET : { ...DEFAULT_BUDGET, ...options.budget };
    return new Evaluation({
      profile: this.profile,
      input,
      data,
      strict: options.strict ?? false,
      maxSteps: budget.steps,
      maxCharge: budget.produced,
      maxDepth: budget.depth,
      signal: options.signal,
      nowNs: options.nowNs ?? 0n,
      seed: options.seed ?? 0,
      runtime:
        options.runtime === undefined ? undefined : fromJs(options.runtime, this.profile.numbers),
      observer: watch.observer,
      whatIf: watch.whatIf,
    });
  }

  #faulted(thrown: unknown): Faulted {
    if (thrown instanceof KatasimError) {
      const code = thrown.code === 'REGO_JSON' ? 'REGO_JSON' : 'REGO_BAD_VALUE';
      return { code, message: thrown.message, diagnostic: undefined };
    }
    const fault = thrown instanceof EvalFault ? thrown : stackFault(thrown);
    return {
      code: fault.code,
      message:
        this.profile.traits.texts === 'regorus' ? regorusFaultText(fault) : opaFaultText(fault),
      diagnostic: fault.place && {
        severity: 'error',
        code: 'rego_compile_error',
        message: fault.message,
        span: fault.place.span,
        details: [],
      },
    };
  }
}

type Faulted = Pick<Extract<QueryOutcome, { kind: 'fault' }>, 'code' | 'message' | 'diagnostic'>;

/** A runaway recursion ends regorus' process; here it is a fault. Anything else is a bug of ours. */
function stackFault(thrown: unknown): EvalFault {
  if (thrown instanceof RangeError) {
    return new EvalFault('eval_limit_error', `evaluation is nested too deeply: ${thrown.message}`);
  }
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new EvalFault('eval_internal_error', `internal error: ${text}`);
}

const diagnosed = (diagnostic: Diagnostic): Faulted => ({
  code: diagnostic.code,
  message: diagnostic.regorusText ?? diagnostic.message,
  diagnostic,
});
