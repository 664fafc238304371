/**
 * How strong is a policy: hostile variants of the requests it allows, and which of them it still
 * allows. Each is decided by the gate's own code, in the state that its original met.
 */
import { KatasimError, randomHex, seededRandom } from '#base';
import { kataProfile } from '#gate';
import { stringifyJson, type Json } from '#wire';
import { openPolicy, type PolicyText } from '../corpus/decide-corpus.ts';
import type { Corpus } from '../corpus/entry.ts';
import { diffJson, type JsonDifference } from '../diff/diff-json.ts';
import { containerMutations } from './container-mutations.ts';
import type { Chance, Mutation, MutationClass, Variant } from './mutation.ts';
import { otherMutations } from './other-mutations.ts';
import { processMutations } from './process-mutations.ts';
import { sequenceVariants } from './sequence-variants.ts';
import { timelineOf, type Timeline } from './timeline.ts';
import { unrecordedVariants } from './unrecorded-variants.ts';

export interface MutateOptions {
  /** Only these classes. */
  readonly only?: readonly MutationClass[];
  /** Default 1. */
  readonly seed?: number;
}

/** One hostile variant, decided. */
export interface MutationResult {
  readonly class: MutationClass;
  /** `image/other-digest` */
  readonly name: string;
  readonly endpoint: string;
  /** The container, command or file it was made from. */
  readonly label: string;
  readonly gain: string;
  /** How to refuse it. */
  readonly deny: string;
  /** What is hostile when it is not a field: `before CreateContainer`; else empty. */
  readonly when: string;
  readonly allowed: boolean;
  /** From the recorded request to the hostile one. */
  readonly differences: readonly JsonDifference[];
}

export interface MutationScore {
  readonly results: readonly MutationResult[];
  readonly allowed: number;
  /** Recorded requests that the policy refuses: nothing was made from them. */
  readonly refused: number;
}

/** Throws the located error of a policy that does not parse. */
export function mutate(
  policy: PolicyText,
  corpora: readonly Corpus[],
  { only, seed = 1 }: MutateOptions = {},
): MutationScore {
  const random = seededRandom(seed);
  const chance: Chance = { hex: (length) => randomHex(random, length / 2) };
  const isWanted = (variant: Variant): boolean =>
    only === undefined || only.includes(variant.class);
  const agent = openPolicy(policy);
  const results: MutationResult[] = [];
  let refused = 0;
  const recorded = new Set(
    corpora.flatMap(({ entries }) =>
      entries.filter((entry) => entry.recorded !== 'deny').map(({ endpoint }) => endpoint),
    ),
  );
  const tried = new Set<string>();
  for (const corpus of corpora) {
    const timeline = timelineOf(policy, corpus.entries);
    refused += timeline.refused;
    for (const variant of variantsOf(timeline, recorded, policy, chance)) {
      const key = `${variant.class}/${variant.name} ${variant.endpoint} ${variant.label} ${variant.when}`;
      // Several recordings of one pod say the same thing once.
      if (tried.has(key) || !isWanted(variant)) continue;
      tried.add(key);
      agent.restore(variant.state);
      const { verdict } = agent.decide(variant.endpoint, variant.input);
      results.push(resultOf(variant, verdict === 'allow'));
    }
  }
  if (results.length === 0) throw nothingToMutate(refused);
  return { results, allowed: results.filter(({ allowed }) => allowed).length, refused };
}

function variantsOf(
  timeline: Timeline,
  recorded: ReadonlySet<string>,
  { kata = kataProfile() }: PolicyText,
  chance: Chance,
): readonly Variant[] {
  const known = new Set(timeline.steps.map(({ endpoint, input }) => keyOf(endpoint, input)));
  const changed = timeline.subjects.flatMap((subject) =>
    [...containerMutations, ...processMutations, ...otherMutations]
      .filter(({ endpoint }) => endpoint === subject.endpoint)
      .flatMap((mutation): readonly Variant[] => {
        const input = mutation.change(subject.input, chance);
        // Unchanged, or allowed on purpose elsewhere in the recording: not hostile.
        if (known.has(keyOf(subject.endpoint, input))) return [];
        return [fieldVariant(mutation, subject, input)];
      }),
  );
  return [
    ...changed,
    ...sequenceVariants(timeline, chance),
    ...unrecordedVariants(timeline, recorded, kata.missingMethods),
  ];
}

const fieldVariant = (
  { class: group, name, gain, deny }: Mutation,
  { endpoint, label, input: from, stateBefore }: Timeline['subjects'][number],
  input: Json,
): Variant => ({
  class: group,
  name,
  gain,
  deny,
  endpoint,
  label,
  input,
  from,
  state: stateBefore,
  when: '',
});

const keyOf = (endpoint: string, input: Json): string => `${endpoint} ${stringifyJson(input)}`;

function resultOf(variant: Variant, allowed: boolean): MutationResult {
  const { class: group, name, endpoint, label, gain, deny, when, from, input } = variant;
  return {
    class: group,
    name: `${group}/${name}`,
    endpoint,
    label,
    gain,
    deny,
    when,
    allowed,
    differences: from === undefined ? [] : diffJson(from, input),
  };
}

const nothingToMutate = (refused: number): KatasimError =>
  new KatasimError('POLICY_NOTHING_TO_MUTATE', 'there is no allowed request to make variants of', {
    hint:
      refused > 0
        ? `The policy refuses all ${refused} recorded requests: \`katasim policy test\` says why.`
        : 'Give a recording with allowed requests, or other classes with --only.',
  });
