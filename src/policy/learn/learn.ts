/**
 * A least-privilege policy from what an agent was asked: it allows the recorded requests, and the same
 * pod started again under other ids, names and addresses. Everything else is refused.
 */
import { KatasimError } from '#base';
import { HIDDEN, kataProfile, type KataProfile } from '#gate';
import type { Corpus } from '../corpus/entry.ts';
import { modelOf } from './model.ts';
import { readRecording } from './recording.ts';
import { reviewOf } from './review.ts';
import { writePolicy } from './write-policy.ts';

export interface LearnOptions {
  readonly kata?: KataProfile;
  /** Keep names, addresses, sizes and data as recorded; only ids are generalised. */
  readonly exact?: boolean;
  /** Names of environment variables whose values must not be in the policy; `*` is any text. */
  readonly redactEnv?: readonly string[];
  /** Endpoints to allow although no request was recorded, for the containers that are known. */
  readonly allow?: readonly string[];
}

export interface Learned {
  /** The policy, in canonical form. */
  readonly text: string;
  /** What a person has to look at; also at the head of the policy. */
  readonly review: readonly string[];
  readonly requests: number;
  readonly pods: number;
  /** Names of the container rules. */
  readonly containers: readonly string[];
  /** Recorded as refused, and therefore not learned. */
  readonly refused: number;
}

/** Throws `POLICY_NOTHING_TO_LEARN` when no request is left to learn from. */
export function learnPolicy(corpora: readonly Corpus[], options: LearnOptions = {}): Learned {
  const { kata = kataProfile(), exact = false, redactEnv = [], allow = [] } = options;
  const recording = readRecording(corpora);
  const { pods, refused } = recording;
  const requests = pods.reduce((sum, { calls }) => sum + calls.length, 0);
  if (requests === 0) {
    throw new KatasimError('POLICY_NOTHING_TO_LEARN', 'there is no allowed request to learn from', {
      hint: 'Record a pod under a policy that allows everything: katasim agent --policy-log FILE.',
    });
  }
  const globs = redactEnv.map(globOf);
  const model = modelOf(recording, {
    exact,
    state: kata.state,
    isRedacted: (name) => globs.some((glob) => glob.test(name)),
    hidden: HIDDEN,
  });
  const review = reviewOf(recording, model, {
    state: kata.state,
    kataVersion: kata.version,
    allow,
  });
  const containers = model.containers.map(({ name }) => name);
  const files = [...new Set(corpora.map(({ file }) => file))].join(', ');
  const summary = [
    `Learned by katasim from ${files}: ${requests} requests of ${counted(pods.length, 'pod')},`,
    `${counted(containers.length, 'container')}. For Kata ${kata.version}.`,
  ];
  return {
    text: writePolicy(model, { kata, summary, review, allow }),
    review,
    requests,
    pods: pods.length,
    containers,
    refused,
  };
}

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

const globOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .split('*')
      .map((text) => text.replace(/[\\.+?()|[\]{}^$]/g, '\\$&'))
      .join('.*')}$`,
  );
