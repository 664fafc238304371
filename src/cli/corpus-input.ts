/** A corpus from a file or standard input, as every `policy` command reads one. */
import { open, stat } from 'node:fs/promises';
import { KatasimError } from '#base';
import { openCorpus, type Corpus, type CorpusEntry, type CorpusStream } from '#policy/corpus';
import type { CommandContext, OptionTable } from './command.ts';
import { cliErrors } from './errors.ts';

/** 64 MiB: an agent's log of a busy day. */
const DEFAULT_MAX_BYTES = 64 << 20;

export const corpusOptions: OptionTable = {
  'keep-going': {
    type: 'boolean',
    summary: 'leave lines of a log out that cannot be read, and say which',
  },
  'max-bytes': {
    type: 'string',
    value: 'N',
    summary: `read at most this many bytes of a corpus (default ${DEFAULT_MAX_BYTES})`,
  },
};

/** Logs come entry by entry. Throws located errors; an unreadable path is `CLI_UNREADABLE`. */
export async function openCorpusFile(
  path: string,
  { options, stdin }: Pick<CommandContext, 'options' | 'stdin'>,
): Promise<CorpusStream> {
  const maxBytes = await corpusBound(path, options);
  return await openCorpus(chunksOf(path, stdin), path === '-' ? 'stdin' : path, {
    keepGoing: options.flag('keep-going'),
    maxBytes,
  });
}

/** How long the corpus may be; throws when a file is longer. */
export async function corpusBound(
  path: string,
  options: CommandContext['options'],
): Promise<number> {
  const maxBytes = options.count('max-bytes', 1) ?? DEFAULT_MAX_BYTES;
  await assertFits(path, maxBytes);
  return maxBytes;
}

/** The whole corpus, for commands that need it more than once. */
export async function readCorpusFile(
  path: string,
  context: Pick<CommandContext, 'options' | 'stdin' | 'output'>,
): Promise<Corpus> {
  const { file, format, entries: stream, problems } = await openCorpusFile(path, context);
  const entries: CorpusEntry[] = [];
  for await (const entry of stream) entries.push(entry);
  noteProblems(problems, context);
  return { file, format, entries, problems };
}

/** Lines that were left out, on stderr: the answer below does not count them. */
export function noteProblems(
  problems: Corpus['problems'],
  { output }: Pick<CommandContext, 'output'>,
): void {
  const yellow = output.style('yellow', 'left out:', 'stderr');
  for (const { message, place } of problems) {
    const { file, line, column } = place;
    const at = [file, line, column].filter((part) => part !== undefined).join(':');
    output.note(`${yellow} ${at}: ${message}`);
  }
}

/** A file's size is known before its requests are: what is too long is refused before any is decided. */
async function assertFits(path: string, max: number): Promise<void> {
  const found = path === '-' ? undefined : await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size <= max) return;
  let line = 1;
  const head = (await open(path)).createReadStream({ end: max - 1 });
  for await (const chunk of head as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) line++;
  }
  throw cliErrors.corpusTooLarge({ file: path, line }, found.size, max);
}

const LF = 10;

async function* chunksOf(path: string, stdin: NodeJS.ReadStream): AsyncGenerator<Uint8Array> {
  try {
    const source: AsyncIterable<Uint8Array> =
      path === '-' ? stdin : (await open(path)).createReadStream();
    yield* source;
  } catch (error) {
    if (error instanceof KatasimError) throw error;
    throw cliErrors.unreadable(path, error);
  }
}
