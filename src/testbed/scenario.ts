/**
 * The scenario format: a short script, then every file it needs, in one text (Go's txtar layout).
 * `#` opens a phase, `!` expects the step to fail, single quotes keep blanks, `$NAME` is replaced
 * from the scenario's variables.
 */
import { testbedErrors } from './errors.ts';

export interface ScenarioLine {
  readonly line: number;
  readonly text: string;
  /** The comment that opened the phase which this line belongs to. */
  readonly phase: string;
  readonly negated: boolean;
  /** Words with their quoting resolved; `literal` words take no variables. */
  readonly words: readonly ScenarioWord[];
}

interface ScenarioWord {
  readonly text: string;
  readonly literal: boolean;
}

export interface Scenario {
  readonly file: string;
  /** The sentence that should be true: the first comment. */
  readonly title: string;
  readonly lines: readonly ScenarioLine[];
  readonly files: ReadonlyMap<string, string>;
}

const fileMarker = /^-- (.+) --$/;

export function parseScenario(file: string, text: string): Scenario {
  const rows = text.split('\n');
  const firstFile = rows.findIndex((row) => fileMarker.test(row));
  const end = firstFile < 0 ? rows.length : firstFile;
  const lines: ScenarioLine[] = [];
  let phase = '';
  let title = '';
  for (const [index, row] of rows.slice(0, end).entries()) {
    const trimmed = row.trim();
    if (trimmed === '') continue;
    if (trimmed.startsWith('#')) {
      phase = trimmed.slice(1).trim();
      if (title === '') title = phase;
      continue;
    }
    lines.push({ line: index + 1, text: trimmed, phase, ...parseStep(file, index + 1, trimmed) });
  }
  return { file, title, lines, files: parseFiles(file, rows, end) };
}

function parseStep(file: string, line: number, text: string) {
  const negated = text.startsWith('! ');
  return { negated, words: parseWords(file, line, negated ? text.slice(2) : text) };
}

function parseWords(file: string, line: number, text: string): readonly ScenarioWord[] {
  const words: ScenarioWord[] = [];
  let index = 0;
  while (index < text.length) {
    if (text[index] === ' ' || text[index] === '\t') {
      index++;
    } else if (text[index] === "'") {
      let word = '';
      index++;
      while (true) {
        const close = text.indexOf("'", index);
        if (close < 0) throw testbedErrors.badQuote(file, line);
        word += text.slice(index, close);
        index = close + 1;
        if (text[index] !== "'") break;
        word += "'";
        index++;
      }
      words.push({ text: word, literal: true });
    } else {
      const start = index;
      while (index < text.length && text[index] !== ' ' && text[index] !== '\t') index++;
      words.push({ text: text.slice(start, index), literal: false });
    }
  }
  return words;
}

function parseFiles(file: string, rows: readonly string[], from: number): Map<string, string> {
  const files = new Map<string, string>();
  let name: string | undefined;
  let body: string[] = [];
  const keep = (): void => {
    if (name !== undefined) files.set(name, body.length === 0 ? '' : `${body.join('\n')}\n`);
  };
  // The last row is what follows the final newline: empty, and no line of the last file.
  const stop = rows.at(-1) === '' ? rows.length - 1 : rows.length;
  for (let index = from; index < stop; index++) {
    const row = rows[index] ?? '';
    const marker = fileMarker.exec(row)?.[1]?.trim();
    if (marker === undefined) {
      body.push(row);
      continue;
    }
    keep();
    if (files.has(marker)) throw testbedErrors.duplicateFile(file, index + 1, marker);
    if (marker.startsWith('/') || marker.split('/').includes('..')) {
      throw testbedErrors.badFileName(file, index + 1, marker);
    }
    name = marker;
    body = [];
  }
  keep();
  return files;
}
