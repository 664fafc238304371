/**
 * Decides the entries of a corpus in order with one fresh agent's policy: the state that one leaves
 * is what the next one meets. The clock steps, so that two runs give equal decisions.
 */
import { seededRandom, steppingClock } from '#base';
import { AgentPolicy, applyPatch, type Decision, type KataProfile, type PolicyEngine } from '#gate';
import type { Json } from '#wire';
import type { CorpusEntry } from './entry.ts';

/** The policy under test: its text and the name that messages call it by. */
export interface PolicyText {
  readonly text: string;
  readonly file: string;
  /** Default: the newest release. */
  readonly kata?: KataProfile | undefined;
  /** A WebAssembly module: it decides instead of the text, and nothing of it can be explained. */
  readonly compiled?: { readonly engine: PolicyEngine; readonly bytes: Uint8Array } | undefined;
}

export interface DecidedEntry {
  readonly entry: CorpusEntry;
  /** Undefined for an entry whose input was masked when it was logged: it cannot be asked again. */
  readonly decision: Decision | undefined;
  /** `{"pstate": {...}}` as the request met it. */
  readonly stateBefore: Json;
  readonly stateAfter: Json;
}

/**
 * A fresh agent with this policy; `engine` is one made of the text already. Throws the located error
 * of a policy that does not parse.
 */
export function openPolicy(
  { text, file, kata, compiled }: PolicyText,
  engine?: PolicyEngine,
): AgentPolicy {
  return AgentPolicy.open([{ source: 'image-default', text: compiled ?? text, module: file }], {
    ...(kata !== undefined && { kata }),
    clock: steppingClock(0),
    random: seededRandom(1),
    ...(engine !== undefined && { loadText: () => engine }),
  });
}

/** One entry by an agent that has decided those before it. */
export function decideEntry(policy: AgentPolicy, entry: CorpusEntry): DecidedEntry {
  const stateBefore = policy.state;
  if (entry.masked === undefined) {
    const decision = policy.decide(entry.endpoint, entry.input);
    return { entry, decision, stateBefore, stateAfter: policy.state };
  }
  // What it asked is gone; what it did to the state was recorded.
  const patched = applyPatch(stateBefore, entry.recordedOps ?? []);
  if (patched.ok) policy.restore(patched.document);
  return { entry, decision: undefined, stateBefore, stateAfter: policy.state };
}

/** All of them, one by one as they are asked for. */
export function* decideCorpus(
  policy: PolicyText,
  entries: Iterable<CorpusEntry>,
): Generator<DecidedEntry> {
  const agent = openPolicy(policy);
  for (const entry of entries) yield decideEntry(agent, entry);
}
