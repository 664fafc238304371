/**
 * Asks katasim and a peer the same and says how their answers differ: every peer in the profile that
 * stands for it.
 */
import { findProfile, type Profile, stringifyValue } from '#rego';
import { type Answer, ask } from '../../conformance/engine.ts';
import type { Sample } from './generate.ts';
import type { Peer, PeerAnswer, PeerName } from './peer.ts';

export type Aspect = 'verdict' | 'value' | 'code' | 'text' | 'prints';

export interface Difference {
  readonly aspect: Aspect;
  readonly rule: string;
  readonly katasim: string;
  readonly peer: string;
}

/** The profile that a peer is compared with. */
const PROFILES: Readonly<Record<PeerName, string>> = {
  opa: 'opa',
  regorus: 'kata',
  'regorus-0.2.8': 'kata-3.29.0',
  'regorus-next': 'kata-next',
};

export function profileFor(peer: PeerName): Profile {
  const profile = findProfile(PROFILES[peer]);
  if (profile === undefined) throw new Error('the engine has lost a profile');
  return profile;
}

export async function compareSample(peer: Peer, sample: Sample): Promise<Difference | undefined> {
  const profile = profileFor(peer.name);
  const queries = sample.rules.map((rule) => `data.p.${rule}`);
  const theirs = await askPeer(peer, sample, queries, profile);
  const ours = askKatasim(sample, queries, profile);
  for (const [i, rule] of sample.rules.entries()) {
    const [a, b] = [ours[i], theirs[i]];
    if (a === undefined || b === undefined) throw new Error('a question without an answer');
    const difference = differenceOf(peer.name, profile, a, b);
    if (difference !== undefined) return { rule, ...difference };
  }
  return undefined;
}

async function askPeer(
  peer: Peer,
  { modules, input, data }: Sample,
  queries: readonly string[],
  { regoVersion }: Profile,
): Promise<readonly PeerAnswer[]> {
  const request = { op: 'eval', modules, input, data, v0: regoVersion === 'v0' } as const;
  if (peer.name !== 'opa') {
    const together = await peer.ask({ ...request, queries });
    // A process that ended takes all answers with it.
    return together.answers ?? queries.map(() => together);
  }
  const answers: PeerAnswer[] = [];
  for (const query of queries) answers.push(await peer.ask({ ...request, query }));
  return answers;
}

/** Like the peers: every question is asked of a policy that has not been asked before. */
function askKatasim(
  { modules, input, data }: Sample,
  queries: readonly string[],
  profile: Profile,
): readonly Answer[] {
  return queries.map((query) => ask({ profile, modules, query, input, data, prints: true }));
}

function differenceOf(
  peer: PeerName,
  profile: Profile,
  ours: Answer,
  theirs: PeerAnswer,
): Omit<Difference, 'rule'> | undefined {
  // A panic or the end of their process is a defect that we answer with a fault.
  const crashed = theirs.phase === 'panic' || theirs.phase === 'crash';
  const left = outcomeOf(ours);
  if (left !== theirs.outcome) {
    return {
      aspect: 'verdict',
      katasim: `${left} ${textOf(ours, profile)}`,
      peer: `${theirs.outcome} ${theirs.text ?? theirs.error ?? ''}`,
    };
  }
  if (crashed) return undefined;
  if (ours.kind === 'failed') {
    const code = theirs.code ?? '';
    if (peer === 'opa' && ours.code !== code) {
      return {
        aspect: 'code',
        katasim: `${ours.code} ${ours.text}`,
        peer: `${code} ${theirs.error ?? ''}`,
      };
    }
    const wanted = messageOf(peer, theirs.error ?? '');
    const got = messageOf(peer, ours.text);
    if (wanted !== got) return { aspect: 'text', katasim: got, peer: wanted };
  } else if (textOf(ours, profile) !== (theirs.text ?? '')) {
    return { aspect: 'value', katasim: textOf(ours, profile), peer: theirs.text ?? '' };
  }
  const katasim = ours.prints.join('\n');
  const printed = (theirs.prints ?? []).join('\n');
  return katasim === printed ? undefined : { aspect: 'prints', katasim, peer: printed };
}

function outcomeOf(answer: Answer): PeerAnswer['outcome'] {
  if (answer.kind === 'failed') return 'error';
  return answer.rows[0]?.expressions[0] === undefined ? 'undefined' : 'value';
}

function textOf(answer: Answer, profile: Profile): string {
  if (answer.kind === 'failed') return answer.text;
  const value = answer.rows[0]?.expressions[0];
  return value === undefined ? '' : stringifyValue(value, profile);
}

/** regorus ends its located messages with a line feed. */
const messageOf = (peer: PeerName, text: string): string =>
  peer === 'opa' ? text : text.replaceAll(/\n\s*$/g, '');
