/**
 * Test cases against a policy: every request is decided in order with the state carried along, also
 * those that `run` leaves out, and what the case demands is held against what came.
 */
import type { Clock } from '#base';
import type { Decision } from '#policy';
import { stringifyJson, type Json } from '#wire';
import { decideEntry, openPolicy, type PolicyText } from '../corpus/decide-corpus.ts';
import type { CorpusEntry } from '../corpus/entry.ts';
import type { TextExpectation } from '../corpus/expectation.ts';
import { explainRequest } from '../explain/explain-request.ts';
import type { Explained } from '../explain/explained.ts';
import { explanationLines } from '../explain/lines.ts';
import { sameJson } from './same-json.ts';

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
    const told = { entry, decision, stateBefore, stateAfter, durationMs };
    if (decision === undefined || entry.recorded === undefined) {
      const reason =
        decision === undefined
          ? `the request was masked when it was logged: ${entry.masked?.join(', ') ?? ''}`
          : 'no verdict was recorded';
      yield { ...told, status: 'skipped', unmet: [], skippedFor: reason, explained: undefined };
      continue;
    }
    const explain = (): Explained =>
      explainRequest({ ...policy, ...asked(entry), state: stateBefore });
    const unmet = unmetDemands(entry, decision, { stateAfter, explain });
    const failed = unmet.length > 0;
    yield {
      ...told,
      status: failed ? 'failed' : 'passed',
      unmet,
      skippedFor: undefined,
      explained: failed ? explain() : undefined,
    };
  }
}

const asked = ({ endpoint, input }: CorpusEntry): Pick<CorpusEntry, 'endpoint' | 'input'> => ({
  endpoint,
  input,
});

/** What a case demands and did not get, in the order it is written. */
function unmetDemands(
  { recorded, expected = {} }: CorpusEntry,
  decision: Decision,
  { stateAfter, explain }: { readonly stateAfter: Json; readonly explain: () => Explained },
): readonly Unmet[] {
  const unmet: Unmet[] = [];
  const add = (demand: Unmet['demand'], text: string): void => void unmet.push({ demand, text });
  if (recorded !== undefined && decision.verdict !== recorded) {
    const detail = decision.verdict === 'fault' ? `: ${decision.reason}` : '';
    add('verdict', `expected ${recorded}, got ${decision.verdict}${detail}`);
  }
  const { message, prints = [], explains = [], state, ops } = expected;
  if (message !== undefined && !isText(decision.reason, message)) {
    add('message', `expected message ${message.source}, got ${JSON.stringify(decision.reason)}`);
  }
  for (const print of prints) {
    if (!decision.prints.some((line) => holds(line, print))) {
      add('prints', `no print has ${print.source}`);
    }
  }
  const lines = explains.length > 0 ? explanationLines(explain(), { full: true }).join('\n') : '';
  for (const text of explains) {
    if (!holds(lines, text)) add('explains', `the explanation does not name ${text.source}`);
  }
  const pstate = (stateAfter as { readonly pstate?: Json } | null)?.pstate ?? null;
  if (state !== undefined && !sameJson(pstate, state)) {
    add('state', `expected state ${stringifyJson(state)}, got ${stringifyJson(pstate)}`);
  }
  const patch = (decision.ops ?? []) as unknown as Json;
  if (ops !== undefined && !sameJson(patch, ops)) {
    add('ops', `expected ops ${stringifyJson(ops)}, got ${stringifyJson(patch)}`);
  }
  return unmet;
}

const isText = (text: string, { source, pattern }: TextExpectation): boolean =>
  pattern === undefined ? text === source : pattern.test(text);

const holds = (text: string, { source, pattern }: TextExpectation): boolean =>
  pattern === undefined ? text.includes(source) : pattern.test(text);
