/** A row of the table of hostile changes. */
import type { Json } from '#wire';

export const MUTATION_CLASSES = [
  'image',
  'mount',
  'storage',
  'env',
  'args',
  'user',
  'capability',
  'privileged',
  'device',
  'namespace',
  'root',
  'hook',
  'identity',
  'exec',
  'file',
  'sandbox',
  'network',
  'order',
  'reuse',
  'stdin',
  'unrecorded',
] as const;

export type MutationClass = (typeof MUTATION_CLASSES)[number];

/** An allowed request of the recording, and the state it met and left. */
export interface Subject {
  readonly endpoint: string;
  readonly input: Json;
  /** What it is about, for people: `web`, `web: sh -c date`. */
  readonly label: string;
  readonly stateBefore: Json;
  readonly stateAfter: Json;
}

/** Where hostile values come from: the same seed gives the same ones. */
export interface Chance {
  hex(length: number): string;
}

export interface Mutation {
  /** `image-tag`; with the class in front it is unique. */
  readonly name: string;
  readonly class: MutationClass;
  /** What it applies to. */
  readonly endpoint: string;
  /** What an attacker who controls the host gains by it. */
  readonly gain: string;
  /** What the policy has to do to refuse it. */
  readonly deny: string;
  /** The changed request; the same value when it does not apply. */
  readonly change: (input: Json, chance: Chance) => Json;
}

/** A request to try, and what it was made from. */
export interface Variant {
  readonly class: MutationClass;
  readonly name: string;
  readonly endpoint: string;
  readonly gain: string;
  readonly deny: string;
  readonly label: string;
  readonly input: Json;
  /** The recorded request; undefined when there is none like it. */
  readonly from: Json | undefined;
  /** The state it meets. */
  readonly state: Json;
  /** What is hostile about it, where that is not a field: `before StartContainer`. */
  readonly when: string;
}
