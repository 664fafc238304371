/**
 * The request that `policy explain` is about: a document, or one of a corpus, with the state that the
 * requests before it left behind.
 */
import { KatasimError } from '#base';
import {
  decideCorpus,
  readCorpus,
  START_ENDPOINTS,
  type Corpus,
  type DecidedEntry,
} from '#policy/corpus';
import type { PolicyEvent } from '#policy/explain';
import { stringifyJson, type Json } from '#wire';
import { parseExactJson } from '../../call/request.ts';
import type { CommandContext } from '../../command.ts';
import { corpusBound, noteProblems } from '../../corpus-input.ts';
import { readBytes, readText } from '../../files.ts';
import type { PolicyFile } from '../../policy-file.ts';

interface AskedRequest {
  readonly endpoint: string;
  readonly input: Json;
  readonly state: Json | undefined;
  /** Which of a corpus it is. */
  readonly note: string | undefined;
}

type Document = Readonly<Record<string, Json>>;

export async function askedRequest(
  path: string,
  policy: PolicyFile,
  event: PolicyEvent | undefined,
  context: CommandContext,
): Promise<AskedRequest> {
  const { options, stdin } = context;
  const maxBytes = await corpusBound(path, options);
  const bytes = await readBytes(path, stdin, maxBytes);
  const named =
    options.text('endpoint') ?? (context.operands.length === 3 ? context.operands[1] : undefined);
  const document = plainDocument(bytes, path);
  const state = await givenState(context);
  if (document !== undefined) {
    const endpoint = named ?? event?.endpoint;
    if (endpoint === undefined) throw explainErrors.whichEndpoint(path);
    return { endpoint, input: document, state, note: undefined };
  }
  const corpus = readCorpus(bytes, path === '-' ? 'stdin' : path, {
    keepGoing: options.flag('keep-going'),
    maxBytes,
  });
  noteProblems(corpus.problems, context);
  const decided = decidedUntil(policy, corpus, options);
  const chosen = choose(decided, { event, endpoint: named, file: corpus.file }, context);
  const { entry, stateBefore } = chosen;
  if (entry.masked !== undefined) throw explainErrors.masked(corpus.file, entry.note);
  const { line = 0 } = entry.place;
  const at = `${corpus.file}:${line}`;
  const own = entry.note === `line ${line}` ? '' : `: ${entry.note}`;
  return {
    endpoint: entry.endpoint,
    input: entry.input,
    state: state ?? stateBefore,
    note: `${at}${own}, one of ${corpus.entries.length} requests`,
  };
}

/** All of them, or as many as it takes to come to the one that is asked for by line or whole name. */
function decidedUntil(
  policy: PolicyFile,
  { entries }: Corpus,
  options: CommandContext['options'],
): readonly DecidedEntry[] {
  const line = options.count('line', 1);
  const description = options.text('case');
  const decided: DecidedEntry[] = [];
  for (const one of decideCorpus(policy, entries)) {
    decided.push(one);
    if (one.entry.place.line === line || one.entry.note === description) break;
  }
  return decided;
}

/** A single JSON object that is no envelope, case or log event. */
function plainDocument(bytes: Buffer, path: string): Document | undefined {
  const text = bytes.toString('utf8').trim();
  // A log has an object per line; only one that fills the file is a request.
  if (!text.startsWith('{') || /^\{.*\}\s*\n\s*[{[]/.test(text)) return undefined;
  let document: Document;
  try {
    document = parseExactJson(text, path) as Document;
  } catch {
    return undefined;
  }
  const isEnvelope = 'kind' in document && 'request' in document;
  const isEvent = 'decision_id' in document || ('path' in document && 'input' in document);
  return isEnvelope || isEvent || 'cases' in document ? undefined : document;
}

async function givenState({ options, stdin }: CommandContext): Promise<Json | undefined> {
  const file = options.text('state');
  if (file === undefined) return undefined;
  const document = parseExactJson(await readText(file, stdin), file) as Document;
  return 'pstate' in document ? document : { pstate: document };
}

interface Wanted {
  readonly event: PolicyEvent | undefined;
  readonly endpoint: string | undefined;
  readonly file: string;
}

/**
 * By line, by description, by event; else the first refusal that kept the pod from starting, or the
 * first at all: what comes after it is the runtime taking the pod down.
 */
function choose(
  decided: readonly DecidedEntry[],
  { event, endpoint, file }: Wanted,
  { options }: CommandContext,
): DecidedEntry {
  const line = options.count('line', 1);
  const description = options.text('case');
  const wanted = endpoint ?? event?.endpoint;
  const matching = decided.filter(
    ({ entry }) =>
      (line === undefined || entry.place.line === line) &&
      (description === undefined || entry.note.includes(description)) &&
      (wanted === undefined || entry.endpoint === wanted),
  );
  const exact = matching.filter(({ entry }) => entry.note === description);
  const [only] = exact;
  if (only !== undefined) return only;
  const refused = matching.filter(({ decision }) => decision?.verdict !== 'allow');
  const fitting = event === undefined ? refused : refused.filter((one) => isOf(one, event));
  if (event !== undefined && line === undefined && description === undefined) {
    const choices = new Set(fitting.map(({ entry }) => stringifyJson(entry.input)));
    if (choices.size > 1) throw explainErrors.severalFit(file, linesOf(fitting));
    if (fitting.length === 0)
      throw explainErrors.noneFits(file, event.endpoint ?? '', linesOf(refused));
  }
  const isStart = ({ entry }: DecidedEntry): boolean => START_ENDPOINTS.has(entry.endpoint);
  const chosen = fitting.find(isStart) ?? fitting[0] ?? refused[0] ?? matching.at(-1);
  if (chosen === undefined) throw explainErrors.noSuchRequest(file, decided.length);
  return chosen;
}

const linesOf = (decided: readonly DecidedEntry[]): readonly number[] =>
  decided.flatMap(({ entry: { place } }) => place.line ?? []);

/** The event may be about this request: nothing that it says is otherwise in the request. */
function isOf({ entry, decision }: DecidedEntry, event: PolicyEvent): boolean {
  const { container_id: id } = entry.input as Document;
  const isOther = event.containerId !== undefined && id !== undefined && id !== event.containerId;
  const texts = event.prints.map(({ text }) => text);
  // The last of an event that was cut is not whole.
  const whole = event.truncated === undefined ? texts : texts.slice(0, -1);
  const printed = decision?.prints.join(' ') ?? '';
  const isPrinted = whole.every((text) => printed.includes(text));
  // Ids change from one start of a pod to the next; prints tell as much.
  return (
    isPrinted &&
    (!isOther || (whole.length > 0 && !whole.some((text) => /[0-9a-f]{64}/.test(text))))
  );
}

export const explainErrors = {
  whichEndpoint: (file: string) =>
    new KatasimError('POLICY_INPUT', `${file} does not name its endpoint`, {
      hint: 'Pass it with --endpoint, such as --endpoint CreateContainerRequest.',
    }),
  noSuchRequest: (file: string, count: number) =>
    new KatasimError('POLICY_INPUT', `none of the ${count} requests of ${file} matches`, {
      hint: 'Choose with --line, --case or --endpoint; katasim policy replay lists them.',
    }),
  severalFit: (file: string, lines: readonly number[]) =>
    new KatasimError(
      'POLICY_INPUT',
      `${String(lines.length)} refused requests of ${file} fit the event: lines ${lines.join(', ')}`,
      { hint: 'Choose with --line.' },
    ),
  noneFits: (file: string, endpoint: string, lines: readonly number[]) =>
    new KatasimError('POLICY_INPUT', `no refused request of ${file} fits the event`, {
      hint:
        lines.length === 0
          ? `Under this policy it has no ${endpoint} that is refused: is it the log and the policy of this pod?`
          : `Refused ${endpoint}: line${lines.length === 1 ? '' : 's'} ${lines.slice(0, 12).join(', ')}; choose with --line.`,
    }),
  masked: (file: string, note: string) =>
    new KatasimError('POLICY_INPUT', `${file}: ${note} was masked when it was logged`, {
      hint: 'Record decisions with masking off, or take the request from policy.jsonl.',
    }),
  noRequest: () =>
    new KatasimError('CLI_USAGE', 'missing operand REQUEST', {
      hint: 'Pass a request, policy.jsonl or testcases.json after the policy; or --event FILE.',
    }),
};
