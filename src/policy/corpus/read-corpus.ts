/**
 * Reads a corpus in any of its forms, told apart by content and never by name. Logs are read as they
 * come, a line at a time; files of cases are read whole.
 */
import type { Json } from '#wire';
import { eventEntry, isDecisionEvent } from './decision-log.ts';
import type { Corpus, CorpusEntry, CorpusFormat, CorpusProblem } from './entry.ts';
import { corpusErrors } from './errors.ts';
import { JsonReader, JsonTextError, type JsonPlaces } from './json-text.ts';
import { excerptAt, placeIn } from './place.ts';
import { LogLines, logFormatOf } from './log-lines.ts';
import { isTextForm, rowOf } from './policy-log.ts';
import { isTestCases, testCaseEntries, type JsonFile } from './testcases.ts';
import { DEFAULT_MAX_BYTES, LineSplitter, textOf, type TextLine } from './text.ts';
import { yamlCaseEntries } from './yaml-cases.ts';

export interface ReadCorpusOptions {
  /** Leave lines out that cannot be read instead of ending at the first. Default false. */
  readonly keepGoing?: boolean;
  /** Bytes read at most. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** A corpus that is still being read: `problems` grows while `entries` is iterated. */
export interface CorpusStream {
  readonly file: string;
  readonly format: CorpusFormat;
  readonly entries: AsyncIterable<CorpusEntry>;
  readonly problems: readonly CorpusProblem[];
}

/** Throws a located `CORPUS_...` error; `file` names the text in messages. */
export function readCorpus(
  content: string | Uint8Array,
  file: string,
  options: ReadCorpusOptions = {},
): Corpus {
  const reader = new CorpusReader(file, options);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const entries = [...reader.push(bytes), ...reader.end()];
  return { file, format: reader.format ?? 'cases', entries, problems: reader.problems };
}

/** The same from chunks, a log in bounded memory: resolves when the form is known. */
export async function openCorpus(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  options: ReadCorpusOptions = {},
): Promise<CorpusStream> {
  const reader = new CorpusReader(file, options);
  async function* read(): AsyncGenerator<CorpusEntry> {
    for await (const chunk of chunks) yield* reader.push(chunk);
    yield* reader.end();
  }
  const entries = read();
  // The form is known with the first entry, or at the end.
  const first = await entries.next();
  async function* all(): AsyncGenerator<CorpusEntry> {
    if (first.done === true) return;
    try {
      yield first.value;
      yield* entries;
    } finally {
      await entries.return(undefined);
    }
  }
  return { file, format: reader.format ?? 'cases', entries: all(), problems: reader.problems };
}

/** Lines looked at before a log whose first lines are broken is given up as one. */
const LOOK_AHEAD = 5;

class CorpusReader {
  format: CorpusFormat | undefined;
  readonly problems: CorpusProblem[] = [];
  readonly #file: string;
  readonly #keepGoing: boolean;
  readonly #splitter: LineSplitter;
  /** Lines of a document, or those that the form is not yet known from. */
  readonly #lines: TextLine[] = [];
  #isDocument = false;
  #log: LogLines | undefined;

  constructor(
    file: string,
    { keepGoing = false, maxBytes = DEFAULT_MAX_BYTES }: ReadCorpusOptions,
  ) {
    this.#file = file;
    this.#keepGoing = keepGoing;
    this.#splitter = new LineSplitter(file, maxBytes);
  }

  *push(chunk: Uint8Array): Generator<CorpusEntry> {
    for (const line of this.#splitter.push(chunk)) yield* this.#line(line);
  }

  *end(): Generator<CorpusEntry> {
    for (const line of this.#splitter.end()) yield* this.#line(line);
    if (this.#log !== undefined) yield* this.#log.end();
    else yield* this.#document();
  }

  *#line(line: TextLine): Generator<CorpusEntry> {
    if (this.#log !== undefined) {
      yield* this.#log.line(line);
      this.#takeProblems();
      return;
    }
    this.#lines.push(line);
    if (this.#isDocument) return;
    const format = this.#recognise();
    if (format === undefined) return;
    this.format = format;
    this.#log = new LogLines(this.#file, format, this.#keepGoing);
    for (const held of this.#lines.splice(0)) yield* this.#log.line(held);
    this.#takeProblems();
  }

  #takeProblems(): void {
    this.problems.push(...(this.#log?.problems.splice(0) ?? []));
  }

  /** A log by the newest line; a document once enough lines are no log. */
  #recognise(): 'policy-log' | 'decision-log' | undefined {
    const texts = this.#lines.map(({ bytes, number }) => textOf(bytes, this.#file, number).trim());
    const told = texts.filter((text) => text !== '');
    const [first = '', ...others] = told;
    const newest = told.at(-1) ?? '';
    // A list, or a brace with no more than a key, opens a document that is written over many lines.
    const opens =
      (first.startsWith('[') && !isTextForm(first)) || /^\{\s*("\w+"\s*:\s*[[{]?)?$/.test(first);
    const format = opens ? undefined : logFormatOf(newest);
    this.#isDocument = opens || (format === undefined && others.length >= LOOK_AHEAD);
    return format;
  }

  #document(): readonly CorpusEntry[] {
    const parts = this.#lines.map(({ bytes, number }) => textOf(bytes, this.#file, number));
    const text = parts.join('\n');
    if (text.trim() === '') throw corpusErrors.empty(this.#file);
    if (/^\s*[[{]/.test(text)) return this.#json(text);
    if (!/^\s*(?:-|#|%|["'\w]+\s*:)/.test(text)) {
      throw corpusErrors.unknownForm({ file: this.#file, line: 1, column: 1 });
    }
    this.format = 'cases';
    return yamlCaseEntries(text, this.#file);
  }

  #json(text: string): readonly CorpusEntry[] {
    const places: JsonPlaces = new Map();
    const source: JsonFile = { file: this.#file, text, places };
    const document = this.#parse(text, places);
    this.format = 'testcases';
    if (isTestCases(document)) return testCaseEntries(document, source);
    const items: readonly Json[] = Array.isArray(document) ? document : [document];
    const placeOf = (item: Json): CorpusEntry['place'] =>
      placeIn(text, places.get(item as object) ?? 0, { file: this.#file });
    // What OPA posts to a log service is a list of events; a request on its own is a log of one line.
    if (items.every(isDecisionEvent)) {
      this.format = 'decision-log';
      return items.map((item) => eventEntry(item, placeOf(item)));
    }
    this.format = 'policy-log';
    try {
      return items.map((item) => {
        const { kind, request } = rowOf(item);
        const place = placeOf(item);
        return {
          endpoint: kind,
          input: request,
          recorded: undefined,
          note: `line ${place.line ?? 1}`,
          place,
        };
      });
    } catch (error) {
      if (!(error instanceof JsonTextError)) throw error;
      throw corpusErrors.unknownForm(placeOf(document));
    }
  }

  #parse(text: string, places: JsonPlaces): Json {
    try {
      return new JsonReader(text, { places }).document();
    } catch (error) {
      if (!(error instanceof JsonTextError)) throw error;
      const place = placeIn(text, error.offset, { file: this.#file });
      throw corpusErrors.badJson(error.message, place, excerptAt(text, error.offset));
    }
  }
}
