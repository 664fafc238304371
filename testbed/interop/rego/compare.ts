/**
 * Asks katasim and a peer the same and says how their answers differ. OPA is met in the `opa`
 * profile, regorus in that of the newest guest.
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

const FILE = 'p.rego';

export function profileFor(peer: PeerName): Profile {
  const profile = findProfile(peer === 'opa' ? 'opa' : 'kata');
  if (profile === undefined) throw new Error('the engine has lost a profile');
  return profile;
}

export async function compareSample(peer: Peer, sample: Sample): Promise<Difference | undefined> {
  const modules = [{ name: FILE, text: sample.module }];
  for (const rule of sample.rules) {
    const query = `data.p.${rule}`;
    const theirs = await peer.ask({
      op: 'eval',
      modules,
      query,
      input: sample.input,
      data: sample.data,
    });
    const profile = profileFor(peer.name);
    const ours = ask({
      profile,
      modules,
      query,
      input: sample.input,
      data: sample.data,
      prints: true,
    });
    const difference = differenceOf(peer.name, profile, ours, theirs);
    if (difference !== undefined) return { rule, ...difference };
  }
  return undefined;
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

/** The release of regorus shows the scopes behind an unsafe variable, the commit in the guest does not. */
function messageOf(peer: PeerName, text: string): string {
  if (peer === 'opa') return text;
  return text.replace(/ \(path \[.*\], scopes \[.*\]\)$/s, '').replaceAll(/\n\s*$/g, '');
}
