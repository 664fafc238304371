/**
 * A log line by line. An entry waits for the line after it, which may be its answer. A line that
 * cannot be read ends the reading, or with `keepGoing` becomes a problem and is left out.
 */
import { KatasimError } from '#base';
import type { Json } from '#wire';
import { eventEntry } from './decision-log.ts';
import type { CorpusEntry, CorpusProblem } from './entry.ts';
import { corpusErrors } from './errors.ts';
import { JsonReader, JsonTextError } from './json-text.ts';
import { excerptAt, placeIn } from './place.ts';
import { answered, answerTo, entryOfRow, isTextForm, readTextRow, rowOf } from './policy-log.ts';
import { textOf, type TextLine } from './text.ts';

export class LogLines {
  readonly problems: CorpusProblem[] = [];
  readonly #file: string;
  readonly #format: 'policy-log' | 'decision-log';
  readonly #keepGoing: boolean;
  #waiting: CorpusEntry | undefined;
  /** Whether answers are in this log at all: a cleaned one may have lost them. */
  #hasAnswers = false;

  constructor(file: string, format: 'policy-log' | 'decision-log', keepGoing: boolean) {
    this.#file = file;
    this.#format = format;
    this.#keepGoing = keepGoing;
  }

  /** The entries that are complete with this line, also when it is the one that cannot be read. */
  *line(line: TextLine): Generator<CorpusEntry> {
    try {
      const text = textOf(line.bytes, this.#file, line.number);
      if (text.trim() !== '') yield* this.#read(text, line);
    } catch (error) {
      yield* this.end();
      if (!(error instanceof KatasimError) || !this.#keepGoing) throw error;
      const place = error.location ?? { file: this.#file, line: line.number };
      this.problems.push({ message: error.message, place });
    }
  }

  end(): readonly CorpusEntry[] {
    const entry = this.#waiting;
    this.#waiting = undefined;
    return entry === undefined ? [] : [entry];
  }

  #read(text: string, line: TextLine): readonly CorpusEntry[] {
    const place = { file: this.#file, line: line.number };
    try {
      if (this.#format === 'decision-log')
        return [eventEntry(new JsonReader(text).document(), place)];
      const row = isTextForm(text) ? readTextRow(text) : rowOf(new JsonReader(text).document());
      const answer = this.#waiting && answerTo(this.#waiting.endpoint, row);
      if (this.#waiting !== undefined && answer !== undefined) {
        this.#hasAnswers = true;
        this.#waiting = answered(this.#waiting, answer);
        return this.end();
      }
      const before = this.end();
      this.#waiting = entryOfRow(row, place);
      return this.#hasAnswers ? before.map((entry) => ({ ...entry, unanswered: true })) : before;
    } catch (error) {
      if (error instanceof JsonTextError) throw this.#located(error, text, line);
      throw error;
    }
  }

  #located({ message, offset }: JsonTextError, text: string, line: TextLine): KatasimError {
    const wasCut = !line.ended && message.includes('ends too early');
    const reason = wasCut ? 'the log ends in the middle of this line' : message;
    const place = placeIn(text, offset, { file: this.#file, firstLine: line.number });
    return corpusErrors.badLine(reason, place, excerptAt(text, offset));
  }
}

/** Which log a line is of, or undefined when it is of none. */
export function logFormatOf(text: string): 'policy-log' | 'decision-log' | undefined {
  if (isTextForm(text) || /^\{"kind":"\w+","request":/.test(text)) return 'policy-log';
  if (!text.startsWith('{')) return undefined;
  let document: Json;
  try {
    document = new JsonReader(text).document();
  } catch (error) {
    if (error instanceof JsonTextError)
      return /^\{.{0,200}"decision_id":/.test(text) ? 'decision-log' : undefined;
    throw error;
  }
  const has = (key: string): boolean => Object.hasOwn(document as object, key);
  if (has('kind') && has('request') && !has('description')) return 'policy-log';
  return has('path') && (has('input') || has('decision_id')) ? 'decision-log' : undefined;
}
