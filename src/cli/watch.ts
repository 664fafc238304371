/**
 * `--watch`: a command again whenever one of its files changed. Directories are watched, not files:
 * editors save by renaming a new file over the old one, and a watch on the old file would see no more.
 */
import { statSync, watch, type FSWatcher } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandContext, OptionSpec } from './command.ts';
import { cliErrors } from './errors.ts';
import { printFailure } from './failure.ts';
import { interruptedCode } from './interrupted.ts';

export const watchOption: OptionSpec = {
  type: 'boolean',
  summary: 'run again whenever a file changes; Ctrl-C ends it',
};

/** One save is several events (create, write, rename); a run waits until none came for this long. */
const QUIET_MS = 60;

/** What a run left behind: its exit code, and the files whose change asks for the next one. */
export interface WatchedRun {
  readonly code: number;
  readonly files: readonly string[];
}

/**
 * Runs once, or with `--watch` until SIGINT (130). A run that throws is reported and waits for the next
 * change, as the user is likely to be in the middle of an edit; `named` is then what is watched.
 */
export async function runOrWatch(
  context: CommandContext,
  named: readonly string[],
  run: () => Promise<WatchedRun>,
): Promise<number> {
  if (!context.options.flag('watch')) return (await run()).code;
  if (named.includes('-')) throw cliErrors.cannotWatch();
  const { output, signal } = context;
  const stopped = (): boolean => signal.aborted;
  await using changes = openChanges(signal);
  changes.watch(named);
  while (!stopped()) {
    const clears = output.stdout.isTTY === true && context.environment['TERM'] !== 'dumb';
    if (clears) output.stdout.write(CLEAR);
    try {
      const { files } = await run();
      changes.watch([...named, ...files]);
    } catch (error) {
      if (stopped()) break;
      printFailure(error, output);
    }
    output.note(output.style('dim', 'watching for changes; Ctrl-C ends', 'stderr'));
    const changed = await changes.next();
    if (changed.length > 0) output.note(`changed: ${changed.join(', ')}`);
  }
  return interruptedCode(signal);
}

/** Home, and everything below it; the scroll-back is kept. */
const CLEAR = '\u001b[H\u001b[2J';

interface Changes extends AsyncDisposable {
  /** The files to look at from now on. Directories stand for every file directly in them. */
  watch(files: readonly string[]): void;
  /** The files that changed since the last call; empty when the signal ended the wait. */
  next(): Promise<readonly string[]>;
}

export function openChanges(signal: AbortSignal): Changes {
  const watchers = new Map<string, FSWatcher>();
  /** By absolute path, as the user named it. */
  let names: ReadonlyMap<string, string> = new Map();
  const pending = new Set<string>();
  let events = 0;
  let wake: (() => void) | undefined;
  const stopped = (): boolean => signal.aborted;
  const onAbort = (): void => wake?.();
  signal.addEventListener('abort', onAbort);

  const onEvent = (directory: string, entry: string | null): void => {
    const path = entry === null ? directory : resolve(directory, entry);
    const name = names.get(path) ?? names.get(directory);
    if (name === undefined) return;
    pending.add(name);
    events++;
    wake?.();
  };

  const open = (directory: string): void => {
    if (watchers.has(directory)) return;
    try {
      const watcher = watch(directory, (_kind, entry) => onEvent(directory, entry));
      // A directory that went away has nothing to say any more; the run itself reports what is missing.
      watcher.on('error', () => watcher.close());
      watchers.set(directory, watcher);
    } catch (cause) {
      throw cliErrors.unreadable(directory, cause);
    }
  };

  return {
    watch(files) {
      names = new Map(files.map((file) => [resolve(file), file]));
      for (const path of names.keys()) {
        open(dirname(path));
        if (isDirectory(path)) open(path);
      }
    },
    async next() {
      while (!stopped()) {
        if (pending.size === 0) {
          await new Promise<void>((done) => (wake = done));
          wake = undefined;
          continue;
        }
        let seen: number;
        do {
          seen = events;
          await delay(QUIET_MS, undefined, { signal }).catch(() => undefined);
        } while (seen !== events && !stopped());
        const changed = [...pending];
        pending.clear();
        return changed;
      }
      return [];
    },
    [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', onAbort);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
      return Promise.resolve();
    },
  };
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
