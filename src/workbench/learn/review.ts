/** What a person has to look at before a learned policy guards anything. */
import { endpoints } from '#wire';
import { SECRET_NAME } from './fields.ts';
import type { Model } from './model.ts';
import { placesText } from './places.ts';
import type { Recording } from './recording.ts';
import type { Shape } from './shape.ts';
import { patterns } from './patterns.ts';

export interface ReviewOptions {
  readonly state: boolean;
  readonly kataVersion: string;
  readonly allow: readonly string[];
}

/** An agent's own log leaves these out. Source: log_eval_input in the agent's policy.rs. */
const NEVER_LOGGED = ['ReadStreamRequest', 'StatsContainerRequest'];
const END_OF_POD = ['SignalProcessRequest', 'WaitProcessRequest', 'RemoveContainerRequest'];

export function reviewOf(
  recording: Recording,
  model: Model,
  { state, kataVersion, allow }: ReviewOptions,
): readonly string[] {
  const recorded = new Set(recording.pods.flatMap(({ calls }) => calls.map((c) => c.endpoint)));
  const isOpen = (name: string): boolean => recorded.has(name) || allow.includes(name);
  const notes: string[] = [];
  if (!state) {
    notes.push(
      `Kata ${kataVersion} keeps no policy state: containers are told by the form of their ids only, and a container rule can be used any number of times.`,
    );
  }
  notes.push(...secretNotes(model), ...wideningNotes(model), ...imageNotes(model));
  const unknown = model.calls.filter(({ about }) => about.kind === 'unknown');
  if (unknown.length > 0) {
    const places = unknown.flatMap((rule) => rule.places);
    notes.push(
      `${places.length} requests are on containers that are not there, never created in the log or removed before (${placesText(places)}): they are allowed for any id of no known container.`,
    );
  }
  const closed = NEVER_LOGGED.filter((name) => !isOpen(name));
  if (closed.length > 0 && recorded.size > 0) {
    notes.push(
      `An agent's log never holds ${closed.join(' and ')}, so they are refused: no logs, no metrics. Allow them with ${closed.map((name) => `--allow ${name}`).join(' ')}.`,
    );
  }
  const missingEnd = END_OF_POD.filter((name) => !isOpen(name));
  if (model.containers.length > 0 && missingEnd.length > 0) {
    notes.push(
      `The end of the pod is not recorded: without ${missingEnd.join(', ')} it cannot be stopped in order. Record until the pod is deleted.`,
    );
  }
  const free = freeEndpoints(model);
  if (free.length > 0)
    notes.push(`Sizes, offsets and data are not compared in ${free.join(', ')}.`);
  if (recorded.has('SetPolicyRequest'))
    notes.push('SetPolicyRequest was recorded: exactly the recorded policy may be set again.');
  return notes;
}

function secretNotes({ containers }: Model): readonly string[] {
  return containers.flatMap(({ name, shape }) =>
    envNames(shape)
      .filter(([variable, isText]) => isText && SECRET_NAME.test(variable))
      .map(
        ([variable]) =>
          `${variable} of ${name} looks like a secret and is in the policy as text, which is no secret: --redact-env ${variable}.`,
      ),
  );
}

/** Variables, and whether their value can be read from the policy. */
function envNames(shape: Shape): readonly (readonly [string, boolean])[] {
  if (shape.kind === 'env') {
    return Array.from(shape.entries, ([name, { parts, seen }]) => [
      name,
      !parts.some((part) => part.kind === 'pattern' && part.pattern === patterns.anyText) &&
        seen.some((value) => value.length > name.length + 1),
    ]);
  }
  return shape.kind === 'object' ? [...shape.members.values()].flatMap(envNames) : [];
}

function wideningNotes({ containers }: Model): readonly string[] {
  const widened = containers.filter(({ widenings }) => widenings.length > 0);
  if (widened.length === 0) return [];
  const count = widened.reduce((sum, { widenings }) => sum + widenings.length, 0);
  const names = widened.map(({ name }) => name).join(', ');
  return [
    `${count} fields differ between recordings and were widened (${names}): see the comments.`,
  ];
}

function imageNotes({ containers }: Model): readonly string[] {
  const loose = containers.filter(({ image }) => image !== '' && !image.includes('@sha256:'));
  if (loose.length === 0) return [];
  const names = loose.map(({ name, image }) => `${name} (${image})`).join(', ');
  return [`Images without a digest are pinned by name only, and a name can be moved: ${names}.`];
}

function freeEndpoints({ calls }: Model): readonly string[] {
  const found = new Set(
    calls
      .filter(
        ({ shape }) =>
          shape.kind === 'object' &&
          [...shape.members.values()].some(({ kind }) => kind === 'free'),
      )
      .map(({ endpoint }) => endpoint),
  );
  return endpoints.map(({ endpoint }) => endpoint).filter((name) => found.has(name));
}
