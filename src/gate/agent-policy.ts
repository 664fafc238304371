/**
 * The gate's memory: one policy, its state, the fail flag and the prints that wait. `decide` is
 * synchronous, so decisions are made one at a time, in the order requests arrive, as under the
 * agent's lock. Source: kata-containers src/agent/policy/src/policy.rs, src/agent/src/policy.rs.
 *
 * Only an explicit `true` (or `allowed: true`) lets a request through; whatever breaks is a fault.
 */
import {
  messageOf,
  randomUuid,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type Logger,
  type Random,
} from '#base';
import { valueFromJs } from '#rego';
import type { Json } from '#wire';
import {
  DEFAULT_BUDGET,
  emptyEngine,
  type Budget,
  type EngineAnswer,
  type LoadText,
  type PolicyEngine,
} from './engine.ts';
import type { PatchOperation } from './json-patch.ts';
import { readMetadataResponse } from './metadata-response.ts';
import { policyLogLine } from './policy-log.ts';
import { INITIAL_STATE, patchState } from './policy-state.ts';
import { policyDigest, type PolicySource, type Provenance } from './provenance.ts';
import { EMPTY_QUERY_RESULTS, rustQueryResults, rustString } from './rust-text.ts';
import { GateCode, type Decision, type Verdict } from './decision.ts';
import { kataProfile, type KataProfile } from './versions.ts';
import { PolicyParseError, loadRego } from './rego-engine.ts';

/** Source: the agent names a policy that came by a call so. */
export const RUN_TIME_MODULE = 'agent_policy';
/** Source: the agent's default policy path. */
export const DEFAULT_POLICY_PATH = '/etc/kata-opa/default-policy.rego';

export interface AgentPolicyOptions {
  readonly kata?: KataProfile;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  readonly budget?: Partial<Budget>;
  /** Called with each line of the agent's debug log, newline included. */
  readonly policyLog?: ((line: string) => void) | undefined;
  /** How text becomes an engine; tests put their own in. */
  readonly loadText?: LoadText;
}

/** What to load: Rego text, or an engine made from a compiled module. */
export interface PolicyDocument {
  readonly source: PolicySource;
  readonly text: string | { readonly engine: PolicyEngine; readonly bytes: Uint8Array };
  /** The file's name for messages; run-time policies have none of their own. */
  readonly module?: string;
}

type Outcome = Pick<Decision, 'prints' | 'result' | 'ops' | 'ignoredFailure' | 'overBudget'> & {
  readonly verdict: Verdict;
  /** The fault's text, without the endpoint. */
  readonly fault: string;
};

type SetPolicyResult =
  | { readonly ok: true }
  /** The located parse error; the old policy is gone and no rule is left. */
  | { readonly ok: false; readonly message: string; readonly cause: unknown };

export class AgentPolicy {
  readonly kata: KataProfile;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Logger;
  readonly #budget: Budget;
  readonly #writePolicyLog: ((line: string) => void) | undefined;
  readonly #loadText: LoadText;
  readonly #listeners = new Set<(decision: Decision) => void>();
  #engine: PolicyEngine = emptyEngine;
  #data: Json = INITIAL_STATE;
  #allowFailures = false;
  /** Prints of evaluations that failed; the next one that does not takes them along. */
  #queuedPrints: readonly string[] = [];
  #provenance: Provenance;
  #text: string | undefined;
  #sequence = 0;

  private constructor(options: AgentPolicyOptions) {
    this.kata = options.kata ?? kataProfile();
    this.#clock = options.clock ?? systemClock;
    this.#random = pooled(options.random ?? systemRandom);
    this.#log = options.logger ?? silentLogger;
    this.#budget = { ...DEFAULT_BUDGET, ...options.budget };
    this.#writePolicyLog = options.policyLog;
    this.#loadText = options.loadText ?? loadRego;
    this.#provenance = this.#provenanceOf('image-default', RUN_TIME_MODULE, '', 'none');
  }

  /**
   * Loads the policies in order, each replacing the one before: the image's default, then initdata's.
   * Throws the located error of one that does not parse, as the agent refuses to start then.
   */
  static open(documents: readonly PolicyDocument[], options: AgentPolicyOptions = {}): AgentPolicy {
    const policy = new AgentPolicy(options);
    for (const document of documents) policy.#load(document);
    return policy;
  }

  get provenance(): Provenance {
    return this.#provenance;
  }

  /** The data document, `{"pstate": {...}}`. */
  get state(): Json {
    return this.#data;
  }

  /** The policy in force, when it is text. */
  get text(): string | undefined {
    return this.#text;
  }

  /** AllowRequestsFailingPolicy. */
  get allowsFailures(): boolean {
    return this.#allowFailures;
  }

  /** Calls `listener` with every decision; returns the function that stops it. */
  onDecision(listener: (decision: Decision) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Decides one request, applies its state patch, tells everyone who listens. */
  decide(endpoint: string, input: Json): Decision {
    const time = this.#clock.now();
    const start = this.#clock.monotonicNs();
    // Who decided, even if the request goes on to replace the policy.
    const policy = this.#provenance;
    const { verdict, fault, ...outcome } = this.#evaluate(endpoint, input);
    const evaluationNs = Number(this.#clock.monotonicNs() - start);
    const reason = reasonOf(endpoint, verdict, outcome.prints, fault);
    const decision: Decision = {
      id: randomUuid(this.#random),
      time,
      sequence: ++this.#sequence,
      endpoint,
      input,
      verdict,
      ...STATUS[verdict],
      reason,
      message: reason === '' ? '' : rustString(reason),
      ...outcome,
      policy,
      evaluationNs,
    };
    for (const listener of this.#listeners) this.#tell(listener, decision);
    return decision;
  }

  /**
   * Puts another state in place, as replay and what-if questions do: it must have been the `state` of
   * an agent once. Prints and the fail flag stay.
   */
  restore(state: Json): void {
    this.#data = state;
  }

  /**
   * Replaces the policy without asking the old one: what initdata may and SetPolicy may after its
   * gate. State, prints and engine start afresh; the fail flag is worked out under its old value,
   * so once true it stays.
   */
  replace(text: string, source: PolicySource): SetPolicyResult {
    try {
      this.#load({ source, text });
      return { ok: true };
    } catch (cause) {
      return { ok: false, message: parseErrorText(cause), cause };
    }
  }

  /** What a listener cannot do, such as write to a full disk, changes no verdict. */
  #tell(listener: (decision: Decision) => void, decision: Decision): void {
    try {
      listener(decision);
    } catch (error) {
      this.#log.error({ err: error, endpoint: decision.endpoint }, 'a decision was not recorded');
    }
  }

  #load({ source, text, module = RUN_TIME_MODULE }: PolicyDocument): void {
    const bytes = typeof text === 'string' ? text : text.bytes;
    this.#engine = emptyEngine;
    this.#data = INITIAL_STATE;
    this.#queuedPrints = [];
    this.#text = undefined;
    this.#provenance = this.#provenanceOf(source, module, bytes, 'none');
    this.#engine = typeof text === 'string' ? this.#loadText(text, module, this.kata) : text.engine;
    this.#text = typeof text === 'string' ? text : undefined;
    this.#provenance = this.#provenanceOf(source, module, bytes, this.#engine.kind);
    this.#allowFailures = this.#evaluate('AllowRequestsFailingPolicy', {}).verdict === 'allow';
    if (this.#allowFailures)
      this.#log.warn({}, 'policy: AllowRequestsFailingPolicy is enabled - will ignore errors');
  }

  #provenanceOf(
    source: PolicySource,
    module: string,
    bytes: string | Uint8Array,
    engine: Provenance['engine'],
  ): Provenance {
    return { source, module, digest: policyDigest(bytes), kataVersion: this.kata.version, engine };
  }

  /** The agent's allow_request: one query, the prints, then the result by its type. */
  #evaluate(rule: string, input: Json): Outcome {
    this.#log.debug({}, `policy check: ${rule}`);
    this.#logInput(rule, input);
    const answer = this.#ask(rule, input);
    if (answer.kind === 'error') {
      // The agent takes prints only after a query that worked; these wait for the next.
      this.#queuedPrints = [...this.#queuedPrints, ...answer.prints];
      return failed(answer.text, [], { overBudget: answer.overBudget });
    }
    const prints = [...this.#queuedPrints, ...answer.prints];
    this.#queuedPrints = [];
    if (answer.kind === 'undefined') {
      if (this.#allowFailures) return settled('allow', { prints, ignoredFailure: true });
      return failed(
        `policy check: unexpected eval_query result len ${EMPTY_QUERY_RESULTS}`,
        prints,
      );
    }
    return this.#judge(rule, answer, prints);
  }

  #ask(rule: string, input: Json): ReturnType<PolicyEngine['evaluate']> {
    try {
      return this.#engine.evaluate({ rule, input, data: this.#data, budget: this.#budget });
    } catch (error) {
      // An engine that breaks is a fault like any other: the gate stays shut.
      this.#log.error({ err: error, rule }, 'policy engine failed');
      return { kind: 'error', text: messageOf(error), prints: [], overBudget: false };
    }
  }

  #judge(
    rule: string,
    answer: Extract<EngineAnswer, { kind: 'value' }>,
    prints: readonly string[],
  ): Outcome {
    const result = answer.value;
    if (typeof result === 'boolean') return this.#settle(rule, result, { prints, result });
    const isObject = typeof result === 'object' && result !== null && !Array.isArray(result);
    const exact = answer.exact ?? valueFromJs(result, 'double');
    if (!isObject || !this.kata.state) {
      const found = rustQueryResults(rule, exact);
      const text = `policy check: unexpected eval_query result type ${found}`;
      return failed(text, prints, { result });
    }
    const response = readMetadataResponse(exact);
    if (response.written) this.#logInput(rule, result);
    if (!response.ok) return failed(response.error, prints, { result });
    if (!response.allowed || response.ops === undefined)
      return this.#settle(rule, response.allowed, { prints, result });
    const { state, error } = patchState(this.#data, response.ops);
    this.#data = state;
    if (error !== undefined) return failed(error, prints, { result });
    return this.#settle(rule, true, { prints, result, ops: response.ops });
  }

  #settle(
    rule: string,
    allowed: boolean,
    parts: { prints: readonly string[]; result: Json; ops?: readonly PatchOperation[] },
  ): Outcome {
    if (allowed || !this.#allowFailures) return settled(allowed ? 'allow' : 'deny', parts);
    this.#log.warn({}, `policy: ignoring error for ${rule}`);
    return settled('allow', { ...parts, ignoredFailure: true });
  }

  #logInput(rule: string, request: Json): void {
    if (this.#writePolicyLog === undefined) return;
    const line = policyLogLine(rule, request, this.kata.policyLog.format);
    if (line !== undefined) this.#writePolicyLog(line);
  }
}

/** Draws many bytes at once: asking the system for sixteen costs more than deciding. */
function pooled(random: Random): Random {
  let pool: Uint8Array = new Uint8Array();
  let at = 0;
  return {
    bytes(length) {
      if (at + length > pool.length) {
        pool = random.bytes(Math.max(length, 4096));
        at = 0;
      }
      at += length;
      return pool.subarray(at - length, at);
    },
  };
}

const STATUS = {
  allow: { code: GateCode.OK, codeName: 'OK' },
  deny: { code: GateCode.PERMISSION_DENIED, codeName: 'PERMISSION_DENIED' },
  fault: { code: GateCode.INTERNAL, codeName: 'INTERNAL' },
} as const;

function settled(
  verdict: 'allow' | 'deny',
  parts: Partial<Omit<Outcome, 'verdict' | 'fault'>>,
): Outcome {
  const { prints = [], result, ops, ignoredFailure = false } = parts;
  return { verdict, fault: '', prints, result, ops, ignoredFailure, overBudget: false };
}

function failed(
  fault: string,
  prints: readonly string[],
  { result, overBudget = false }: { result?: Json; overBudget?: boolean } = {},
): Outcome {
  return {
    verdict: 'fault',
    fault,
    prints,
    result,
    ops: undefined,
    ignoredFailure: false,
    overBudget,
  };
}

function reasonOf(
  endpoint: string,
  verdict: Verdict,
  prints: readonly string[],
  fault: string,
): string {
  switch (verdict) {
    case 'allow':
      return '';
    case 'deny':
      return `${endpoint} is blocked by policy: ${prints.join(' ')}`;
    case 'fault':
      return `${endpoint}: internal error ${fault}`;
  }
}

/** A parse error as the agent's engine prints it: place, line and caret, then the message. */
function parseErrorText(cause: unknown): string {
  return cause instanceof PolicyParseError ? cause.regorusText : messageOf(cause);
}
