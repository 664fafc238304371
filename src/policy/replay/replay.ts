/**
 * A log decided again, line by line with the state carried along, and held against what the agent
 * recorded. What an agent's own log does not say is read from what it leaves out: an answer that is
 * an object leaves a line of its own.
 */
import type { AgentPolicy, PatchOperation } from '#gate';
import { stringifyJson, type Json } from '#wire';
import { unknownEndpoint } from '../corpus/complete-input.ts';
import { sameJson } from '../corpus/same-json.ts';
import {
  decideEntry,
  openPolicy,
  type DecidedEntry,
  type PolicyText,
} from '../corpus/decide-corpus.ts';
import type { CorpusEntry } from '../corpus/entry.ts';

export interface ReplayedEntry extends DecidedEntry {
  /** What went otherwise than recorded, one sentence; undefined when nothing did or nothing is known. */
  readonly divergence: string | undefined;
  /** A fault that the log does not say it was one, as a sentence: there is no verdict to hold it against. */
  readonly faulted: string | undefined;
  /** The policy that decided: another than the one given after a SetPolicy that was followed. */
  readonly policy: PolicyText;
}

export interface ReplayOptions {
  /** Let an allowed SetPolicyRequest replace the policy, as it does in an agent. Default false. */
  readonly followSetPolicy?: boolean;
}

const SET_POLICY = 'SetPolicyRequest';

/** Keeps nothing but the state. Throws the located error of a policy that does not parse. */
export async function* replayCorpus(
  policy: PolicyText,
  entries: Iterable<CorpusEntry> | AsyncIterable<CorpusEntry>,
  options: ReplayOptions = {},
): AsyncGenerator<ReplayedEntry> {
  const agent = openPolicy(policy);
  let inForce = policy;
  for await (const entry of entries) {
    const decided = decideEntry(agent, entry);
    yield {
      ...decided,
      policy: inForce,
      divergence: divergenceOf(decided),
      faulted: faultOf(decided),
    };
    const text = options.followSetPolicy === true ? newPolicy(decided) : undefined;
    if (text !== undefined) inForce = follow(agent, text, inForce);
  }
}

/** The text that an allowed SetPolicyRequest carries. */
function newPolicy({ entry, decision }: DecidedEntry): string | undefined {
  if (entry.endpoint !== SET_POLICY || decision?.verdict !== 'allow') return undefined;
  const { policy } = entry.input as { readonly policy?: Json };
  return typeof policy === 'string' ? policy : undefined;
}

/** One that does not parse leaves the agent without rules, as it does in the guest. */
function follow(agent: AgentPolicy, text: string, before: PolicyText): PolicyText {
  const { ok } = agent.replace(text, 'set-policy');
  return { ...before, text: ok ? text : '', file: 'agent_policy' };
}

function faultOf({ entry, decision }: DecidedEntry): string | undefined {
  if (decision?.verdict !== 'fault' || entry.recorded !== undefined) return undefined;
  const reason = unknownEndpoint(entry.endpoint) ?? decision.reason;
  return `a fault, and the log does not say that it was one: ${reason}`;
}

function divergenceOf({ entry, decision }: DecidedEntry): string | undefined {
  if (decision === undefined) return undefined;
  const { recorded, recordedOps } = entry;
  const { verdict, ops, result } = decision;
  if (recorded !== undefined && verdict !== recorded) return `recorded ${recorded}, now ${verdict}`;
  if (entry.unanswered === true && typeof result === 'object' && result !== null) {
    return `the agent logged no answer of its rule, now it is ${verdict} with an answer`;
  }
  if (recordedOps === undefined || recorded !== 'allow' || sameJson(json(recordedOps), json(ops))) {
    return undefined;
  }
  return `the state changes otherwise: recorded ${told(recordedOps)}, now ${told(ops ?? [])}`;
}

/** `add /pstate/a and 2 more` */
function told(ops: readonly PatchOperation[]): string {
  const [first, ...others] = ops;
  if (first === undefined) return 'nothing';
  const value = 'value' in first ? ` = ${stringifyJson(first.value)}` : '';
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return `${first.op} ${first.path}${value}${more}`;
}

const json = (ops: readonly PatchOperation[] | undefined): Json => ops ?? [];
