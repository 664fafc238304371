/** What a person has to look at before a learned policy guards anything. */
import { endpoints, stringifyJson } from '#wire';
import type { CorpusEntry } from '../corpus/entry.ts';
import { SECRET_NAME } from './fields.ts';
import type { Model } from './model.ts';
import { placesText } from './places.ts';
import { memberOf, type Recording } from './recording.ts';
import type { Shape } from './shape.ts';
import { patterns } from './patterns.ts';

export interface ReviewOptions {
  readonly state: boolean;
  readonly kataVersion: string;
  readonly allow: readonly string[];
}

/** An agent's own log leaves these out. Source: log_eval_input in the agent's policy.rs. */
const NEVER_LOGGED = [
  ['ReadStreamRequest', 'logs'],
  ['StatsContainerRequest', 'metrics'],
] as const;
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
  notes.push(...unansweredNotes(recording.unanswered));
  notes.push(...secretNotes(model), ...wideningNotes(model), ...imageNotes(model));
  const unknown = model.calls.filter(({ about }) => about.kind === 'unknown');
  if (unknown.length > 0) {
    const places = unknown.flatMap((rule) => rule.places);
    notes.push(
      `${places.length} requests are on containers that are not there, never created in the log or removed before (${placesText(places)}): they are allowed for any id of no known container.`,
    );
  }
  const closed = NEVER_LOGGED.filter(([name]) => !isOpen(name));
  if (closed.length > 0 && recorded.size > 0) {
    const names = closed.map(([name]) => name);
    const [they, them] = closed.length === 1 ? ['it is', 'it'] : ['they are', 'them'];
    notes.push(
      `An agent's log never holds ${names.join(' and ')}, so ${they} refused: ${closed.map(([, lost]) => `no ${lost}`).join(', ')}. Allow ${them} with ${names.map((name) => `--allow ${name}`).join(' ')}.`,
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

/** Kinds of requests that a note names. */
const UNANSWERED_SHOWN = 6;

function unansweredNotes(unanswered: Recording['unanswered']): readonly string[] {
  const [refused, open] = [true, false].map((isRefused) =>
    unanswered.filter((one) => one.isRefused === isRefused).map(({ entry }) => entry),
  ) as [CorpusEntry[], CorpusEntry[]];
  const notes: string[] = [];
  if (refused.length > 0) {
    const [are, their] = refused.length === 1 ? ['is', 'its'] : ['are', 'their'];
    notes.push(
      `${counted(refused.length, 'request')} got no answer where others of ${their} endpoint got one, and ${are} left out as refused: ${toldEntries(refused)}.`,
    );
  }
  if (open.length > 0) {
    const files = [...new Set(open.map(({ place }) => place.file))].join(', ');
    notes.push(
      `${files} was recorded under a policy that gives answers. ${counted(open.length, 'request')} got none: allowed by a plain true, or refused and allowed from now on: ${toldEntries(open)}. Delete the lines of what was refused, and learn again.`,
    );
  }
  return notes;
}

/** Execs first and with their command: they are what somebody typed. */
function toldEntries(entries: readonly CorpusEntry[]): string {
  const texts = new Map<string, CorpusEntry[]>();
  for (const entry of [...entries].sort((a, b) => Number(isExec(b)) - Number(isExec(a)))) {
    const args = isExec(entry) ? memberOf(memberOf(entry.input, 'process'), 'Args') : undefined;
    const name = entry.endpoint.replace(/Request$/, '');
    const text = args === undefined ? name : `${name} ${stringifyJson(args)}`;
    texts.set(text, [...(texts.get(text) ?? []), entry]);
  }
  const told = Array.from(texts, ([text, same]) => {
    const [first] = same;
    const place = `${first?.place.file ?? ''}:${first?.place.line ?? 0}`;
    return `${text} (${place}${same.length > 1 ? ` and ${same.length - 1} more` : ''})`;
  });
  const more = told.length - UNANSWERED_SHOWN;
  return told.slice(0, UNANSWERED_SHOWN).join(', ') + (more > 0 ? ` and ${more} other kinds` : '');
}

const isExec = ({ endpoint }: CorpusEntry): boolean => endpoint === 'ExecProcessRequest';

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

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
  const widened = containers.filter(({ generalizations }) => generalizations.length > 0);
  if (widened.length === 0) return [];
  const count = widened.reduce((sum, { generalizations }) => sum + generalizations.length, 0);
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
