/**
 * Recorded requests at the wrong time, or with somebody else's ids: each is allowed where it was
 * recorded, so only a policy that keeps state can refuse it elsewhere.
 */
import type { Json } from '#wire';
import { put, renamed, textAt } from './edit.ts';
import type { Chance, MutationClass, Variant } from './mutation.ts';
import type { Step, Timeline } from './timeline.ts';

interface SequenceRow {
  readonly class: MutationClass;
  readonly name: string;
  readonly gain: string;
  readonly deny: string;
  readonly when: string;
  /** What to try: the request, in the state it is tried in. */
  readonly tries: (timeline: Index, chance: Chance) => readonly Try[];
}

interface Try {
  readonly step: Step;
  readonly state: Json;
  /** Default: the request as it was recorded. */
  readonly input?: Json;
}

/** Steps by what they do, and to which container. */
class Index {
  readonly timeline: Timeline;
  readonly creations: readonly Step[];
  readonly #steps = new Map<string, Step[]>();

  constructor(timeline: Timeline) {
    this.timeline = timeline;
    for (const step of timeline.steps) {
      const key = `${step.endpoint} ${step.container}`;
      const known = this.#steps.get(key);
      if (known === undefined) this.#steps.set(key, [step]);
      else known.push(step);
    }
    this.creations = timeline.subjects.filter(
      ({ endpoint }) => endpoint === 'CreateContainerRequest',
    );
  }

  of(endpoint: string, { container }: Step): readonly Step[] {
    return this.#steps.get(`${endpoint} ${container}`) ?? [];
  }

  first(endpoint: string): Step | undefined {
    return this.timeline.steps.find((step) => step.endpoint === endpoint);
  }

  /** For each container: some of its requests, in the state that `where` finds. */
  perContainer(endpoint: string, where: (creation: Step) => Json | undefined): readonly Try[] {
    return this.creations.flatMap((creation) => {
      const state = where(creation);
      const [step] = this.of(endpoint, creation);
      return state === undefined || step === undefined ? [] : [{ step, state }];
    });
  }
}

const beforeCreation = ({ stateBefore }: Step): Json => stateBefore;

const ORDER = 'acts on a container that has not been checked yet';
const KEEP = 'keep container ids in the state: add at CreateContainer, remove at RemoveContainer';

const rows: readonly SequenceRow[] = [
  ...(
    [
      ['StartContainerRequest', 'start-before-create'],
      ['ExecProcessRequest', 'exec-before-create'],
      ['SignalProcessRequest', 'signal-before-create'],
      ['RemoveContainerRequest', 'remove-before-create'],
    ] as const
  ).map(([endpoint, name]): SequenceRow => ({
    class: 'order',
    name,
    gain: ORDER,
    deny: KEEP,
    when: 'before CreateContainer',
    tries: (index) => index.perContainer(endpoint, beforeCreation),
  })),
  {
    class: 'order',
    name: 'exec-before-start',
    gain: 'a command runs before the workload can guard itself',
    deny: 'keep in the state that a container was started, and require it for exec',
    when: 'before StartContainer',
    tries: (index) =>
      index.perContainer(
        'ExecProcessRequest',
        (creation) => index.of('StartContainerRequest', creation)[0]?.stateBefore,
      ),
  },
  {
    class: 'order',
    name: 'start-twice',
    gain: 'the agent waits for ever, and so does every request',
    deny: 'keep in the state that a container was started, and refuse a second start',
    when: 'after StartContainer',
    tries: (index) =>
      index.perContainer(
        'StartContainerRequest',
        (creation) => index.of('StartContainerRequest', creation)[0]?.stateAfter,
      ),
  },
  ...(
    [
      ['ExecProcessRequest', 'exec-after-remove'],
      ['StartContainerRequest', 'start-after-remove'],
      ['RemoveContainerRequest', 'remove-twice'],
    ] as const
  ).map(([endpoint, name]): SequenceRow => ({
    class: 'order',
    name,
    gain: 'rights of a container that is gone are used again',
    deny: KEEP,
    when: 'after RemoveContainer',
    tries: (index) =>
      index.perContainer(
        endpoint,
        (creation) => index.of('RemoveContainerRequest', creation)[0]?.stateAfter,
      ),
  })),
  {
    class: 'order',
    name: 'container-before-sandbox',
    gain: 'a container that belongs to no sandbox',
    deny: 'keep the sandbox id in the state at CreateSandbox, and require it',
    when: 'before CreateSandbox',
    tries: (index) => {
      const sandbox = index.first('CreateSandboxRequest');
      const [creation] = index.creations;
      return sandbox === undefined || creation === undefined
        ? []
        : [{ step: creation, state: sandbox.stateBefore }];
    },
  },
  {
    class: 'order',
    name: 'second-sandbox',
    gain: 'files of the pod are wiped, and its checks begin anew',
    deny: 'keep in the state that the sandbox was created, and refuse a second time',
    when: 'after CreateSandbox',
    tries: (index) => {
      const sandbox = index.first('CreateSandboxRequest');
      return sandbox === undefined ? [] : [{ step: sandbox, state: sandbox.stateAfter }];
    },
  },
  {
    class: 'reuse',
    name: 'same-id-again',
    gain: 'a second container under an id that was checked before',
    deny: KEEP,
    when: 'again under the same id',
    tries: (index) => index.creations.map((step) => ({ step, state: step.stateAfter })),
  },
  {
    class: 'reuse',
    name: 'same-container-twice',
    gain: 'a second copy of the workload, fed by the attacker',
    deny: 'keep in the state which container rule an id was admitted by, and give each out once',
    when: 'again under another id',
    tries: (index, chance) =>
      index.creations.map((step) => ({
        step,
        state: step.stateAfter,
        input: renamed(step.input, step.container, chance.hex(64)),
      })),
  },
  {
    class: 'reuse',
    name: 'id-of-another',
    gain: 'a container takes the place and rights of another',
    deny: KEEP,
    when: 'under the id of another container',
    tries: (index) =>
      index.creations.slice(1).map((step, i) => {
        const other = index.creations[i];
        return {
          step,
          // Both are there when the recording creates them side by side.
          state: step.stateBefore,
          input: renamed(step.input, step.container, other?.container ?? ''),
        };
      }),
  },
  {
    class: 'exec',
    name: 'in-another-container',
    gain: 'a command meant for one container runs in another',
    deny: 'keep in the state which container an id is, and allow commands per container',
    when: 'in another container',
    tries: (index) => {
      const { subjects, steps } = index.timeline;
      const execs = subjects.filter(({ endpoint }) => endpoint === 'ExecProcessRequest');
      return execs.flatMap((step) => {
        const other = index.creations.find(
          ({ container }) =>
            container !== step.container &&
            !steps.some(
              (one) =>
                one.endpoint === 'ExecProcessRequest' &&
                one.container === container &&
                one.label.replace(/^.*?: /, '') === step.label.replace(/^.*?: /, ''),
            ),
        );
        return other === undefined
          ? []
          : [
              {
                step,
                state: step.stateBefore,
                input: put(step.input, 'container_id', other.container),
              },
            ];
      });
    },
  },
  {
    class: 'exec',
    name: 'in-an-unknown-container',
    gain: 'a command runs in a container that was never checked',
    deny: KEEP,
    when: 'in a container that was not created',
    tries: (index, chance) =>
      index.timeline.subjects
        .filter(({ endpoint }) => endpoint === 'ExecProcessRequest')
        .slice(0, 1)
        .map((step) => ({
          step,
          state: step.stateBefore,
          input: put(step.input, 'container_id', chance.hex(64)),
        })),
  },
  {
    class: 'stdin',
    name: 'input-elsewhere',
    gain: 'commands are typed into a process that takes none',
    deny: 'allow WriteStream only for processes recorded with input',
    when: 'into another process',
    tries: (index, chance) => {
      const step = index.first('WriteStreamRequest');
      if (step === undefined) return [];
      const isInit = ['', step.container].includes(textAt(step.input, 'exec_id'));
      const execId = isInit ? uuidOf(chance) : step.container;
      return [{ step, state: step.stateBefore, input: put(step.input, 'exec_id', execId) }];
    },
  },
];

const uuidOf = (chance: Chance): string =>
  [8, 4, 4, 4, 12].map((length) => chance.hex(length)).join('-');

export function sequenceVariants(timeline: Timeline, chance: Chance): readonly Variant[] {
  const index = new Index(timeline);
  return rows.flatMap(({ tries, class: group, name, gain, deny, when }) =>
    tries(index, chance).map(({ step, state, input = step.input }): Variant => ({
      class: group,
      name,
      gain,
      deny,
      when,
      endpoint: step.endpoint,
      label: step.label,
      input,
      from: step.input,
      state,
    })),
  );
}
