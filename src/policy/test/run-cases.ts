/**
 * Test cases against a policy: every request is decided in order with the state carried along, also
 * those that `run` leaves out, and what the case demands is held against what came.
 */
import type { Clock } from '#base';
import type { Decision } from '#gate';
import { stringifyJson, type Json } from '#wire';
import { decideEntry, openPolicy, type PolicyText } from '../corpus/decide-corpus.ts';
import type { CorpusEntry } from '../corpus/entry.ts';
import { unknownEndpoint } from '../corpus/complete-input.ts';
import { sameJson } from '../corpus/same-json.ts';
import { pstateOf } from '../replay/state.ts';
import type { TextExpectation } from '../corpus/expectation.ts';
import { explainRequest } from '../explain/explain-request.ts';
import type { Explained } from '../explain/explained.ts';
import { explanationLines } from '../explain/lines.ts';

export type CaseStatus = 'passed' | 'failed' | 'skipped';

export interface CaseResult {
  readonly entry: CorpusEntry;
  readonly status: CaseStatus;
  /** The demands that were not met. */
  readonly unmet: readonly Unmet[];
  /** Why the request was not asked or not judged. */
  readonly skippedFor: string | undefined;
  /** Undefined when the request could not be asked. */
  readonly decision: Decision | undefined;
  /** Of a failed case, as far as its request was decided. */
  readonly explained: Explained | undefined;
  /** `{"pstate": {...}}` before and after. */
  readonly stateBefore: Json;
  readonly stateAfter: Json;
  readonly durationMs: number;
}

/** One demand of a case with what came instead, as a sentence. */
export interface Unmet {
  readonly demand: 'verdict' | 'message' | 'prints' | 'explains' | 'state' | 'ops';
  readonly text: string;
}

export interface RunCasesOptions {
  /** Only cases whose description matches are reported; the others still change the state. */
  readonly run?: RegExp;
  /** Measures how long a case takes. */
  readonly clock: Clock;
}

/** Results in the order of the entries. Throws the located error of a policy that does not parse. */
export function* runCases(
  policy: PolicyText,
  entries: Iterable<CorpusEntry>,
  { run, clock }: RunCasesOptions,
): Generator<CaseResult> {
  const agent = openPolicy(policy);
  for (const entry of entries) {
    const start = clock.monotonicNs();
    const { decision, stateBefore, stateAfter } = decideEntry(agent, entry);
    const durationMs = Number(clock.monotonicNs() - start) / 1e6;
    if (run !== undefined && !run.test(entry.note)) continue;
    yield judged({ entry, decision, stateBefore, stateAfter, durationMs }, policy);
  }
}

type Decided = Pick<CaseResult, 'entry' | 'decision' | 'stateBefore' | 'stateAfter' | 'durationMs'>;

function judged(decided: Decided, policy: PolicyText): CaseResult {
  const { entry, decision, stateBefore } = decided;
  const unknown = unknownEndpoint(entry.endpoint);
  if (unknown !== undefined) {
    const unmet = [{ demand: 'verdict', text: unknown }] as const;
    return { ...decided, status: 'failed', unmet, skippedFor: undefined, explained: undefined };
  }
  const skippedFor = reasonToSkip(decided);
  if (decision === undefined || skippedFor !== undefined) {
    return { ...decided, status: 'skipped', unmet: [], skippedFor, explained: undefined };
  }
  const { endpoint, input } = entry;
  const explain = (): Explained =>
    explainRequest({ ...policy, endpoint, input, state: stateBefore });
  const unmet = [
    ...unmetOutcome(decided, decision),
    ...unmetTexts(entry, decision, policy.compiled ? undefined : explain),
  ];
  const failed = unmet.length > 0;
  return {
    ...decided,
    status: failed ? 'failed' : 'passed',
    unmet,
    skippedFor,
    explained: failed && policy.compiled === undefined ? explain() : undefined,
  };
}

function reasonToSkip({ entry, decision }: Decided): string | undefined {
  if (decision === undefined) {
    return `the request was masked when it was logged: ${entry.masked?.join(', ') ?? ''}`;
  }
  return entry.recorded === undefined
    ? 'the log has no verdict for it; policy replay decides it'
    : undefined;
}

/** The verdict, and what it did to the state. */
function unmetOutcome({ entry, stateAfter }: Decided, decision: Decision): readonly Unmet[] {
  const { recorded, expected = {} } = entry;
  const { verdict, reason } = decision;
  const unmet: Unmet[] = [];
  if (verdict !== recorded) {
    const detail = verdict === 'fault' ? `: ${reason}` : '';
    unmet.push({ demand: 'verdict', text: `expected ${recorded ?? ''}, got ${verdict}${detail}` });
  }
  const compare = (demand: 'state' | 'ops', wanted: Json | undefined, given: Json): void => {
    if (wanted === undefined || sameJson(given, wanted)) return;
    const text = `expected ${demand} ${stringifyJson(wanted)}, got ${stringifyJson(given)}`;
    unmet.push({ demand, text });
  };
  compare('state', expected.state, pstateOf(stateAfter));
  compare('ops', expected.ops, decision.ops ?? []);
  return unmet;
}

/** What the caller, the log and the explanation say. */
function unmetTexts(
  { expected = {} }: CorpusEntry,
  { reason, prints: printed }: Decision,
  explain: (() => Explained) | undefined,
): readonly Unmet[] {
  const { message, prints = [], explains = [] } = expected;
  const unmet: Unmet[] = [];
  if (message !== undefined && !isText(reason, message)) {
    const text = `expected message ${message.source}, got ${JSON.stringify(reason)}`;
    unmet.push({ demand: 'message', text });
  }
  for (const print of prints) {
    if (printed.some((line) => holds(line, print))) continue;
    unmet.push({ demand: 'prints', text: `no print has ${print.source}` });
  }
  const lines =
    explains.length > 0 && explain !== undefined
      ? explanationLines(explain(), { full: true }).join('\n')
      : '';
  for (const wanted of explains) {
    if (holds(lines, wanted)) continue;
    unmet.push({ demand: 'explains', text: `the explanation does not name ${wanted.source}` });
  }
  return unmet;
}

const isText = (text: string, { source, pattern }: TextExpectation): boolean =>
  pattern === undefined ? text === source : pattern.test(text);

const holds = (text: string, { source, pattern }: TextExpectation): boolean =>
  pattern === undefined ? text.includes(source) : pattern.test(text);
