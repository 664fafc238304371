/**
 * What a command prints: answers on stdout, all else on stderr. Colours only on a terminal (or when
 * asked for), tables in kubectl's layout (three spaces between columns, no borders).
 */
import { stringify } from 'yaml';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan';

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
};

export interface Sink {
  write(text: string | Uint8Array): boolean;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Streams have these; without them every write is taken at once. */
  once?(event: string, listener: () => void): unknown;
  off?(event: string, listener: () => void): unknown;
}

/** Writes, and waits while the reader is slower than we are: output of any length keeps its bounds. */
export async function writeSlowly(sink: Sink, data: string | Uint8Array): Promise<void> {
  if (sink.write(data) || sink.once === undefined) return;
  await new Promise<void>((resolve) => {
    const events = ['drain', 'close', 'error'] as const;
    const done = (): void => {
      for (const event of events) sink.off?.(event, done);
      resolve();
    };
    for (const event of events) sink.once?.(event, done);
  });
}

export class Output {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly colors: { readonly stdout: boolean; readonly stderr: boolean };

  constructor(options: {
    readonly stdout: Sink;
    readonly stderr: Sink;
    readonly color: 'auto' | 'always' | 'never';
    readonly noColor: boolean;
  }) {
    this.stdout = options.stdout;
    this.stderr = options.stderr;
    const decide = (sink: Sink): boolean =>
      options.color === 'always' ||
      (options.color === 'auto' && !options.noColor && sink.isTTY === true);
    this.colors = { stdout: decide(options.stdout), stderr: decide(options.stderr) };
  }

  /** One line of the answer. */
  line(text = ''): void {
    this.stdout.write(`${text}\n`);
  }

  /** One line for the person at the terminal. */
  note(text = ''): void {
    this.stderr.write(`${text}\n`);
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value, jsonReplacer, 2));
  }

  yaml(value: unknown): void {
    this.stdout.write(stringify(JSON.parse(JSON.stringify(value, jsonReplacer))));
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    for (const line of formatTable(head, rows)) this.line(line);
  }

  style(style: Style, text: string, stream: 'stdout' | 'stderr' = 'stdout'): string {
    const [on, off] = codes[style];
    return this.colors[stream] ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  }
}

export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => Array.from(row[column] ?? '').length)),
  );
  return all.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1
          ? cell
          : cell + ' '.repeat((widths[column] ?? 0) - Array.from(cell).length),
      )
      .join('   ')
      .trimEnd(),
  );
}

/** 64-bit integers as JSON numbers where they fit exactly, else as strings; bytes as base64. */
function jsonReplacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

/** Breaks at blanks; a word longer than the line stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
