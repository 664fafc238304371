import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KatasimError, silentLogger } from '#base';
import { OptionValues, type CommandContext } from './command.ts';
import { Output } from './output.ts';
import { openChanges, runOrWatch } from './watch.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'katasim-watch-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('a write, a rename over the file and its return after removal are all changes', async () => {
  const file = join(directory, 'policy.rego');
  await writeFile(file, 'one');
  const stop = new AbortController();
  await using changes = openChanges(stop.signal);
  changes.watch([file]);

  await writeFile(file, 'two');
  expect(await changes.next()).toEqual([file]);

  // What vim and most editors do on save.
  await writeFile(`${file}~new`, 'three');
  await rename(`${file}~new`, file);
  expect(await changes.next()).toEqual([file]);

  await rm(file);
  expect(await changes.next()).toEqual([file]);
  await writeFile(file, 'four');
  expect(await changes.next()).toEqual([file]);
});

test('neighbours of a file are nobody’s business; entries of a directory are', async () => {
  const stop = new AbortController();
  await using changes = openChanges(stop.signal);
  const file = join(directory, 'policy.rego');
  changes.watch([file]);
  await writeFile(join(directory, 'other.rego'), '');
  await writeFile(file, '');
  expect(await changes.next()).toEqual([file]);
  changes.watch([directory]);
  await writeFile(join(directory, 'third.rego'), '');
  expect(await changes.next()).toEqual([directory]);
});

test('the end of the signal ends the wait', async () => {
  const stop = new AbortController();
  await using changes = openChanges(stop.signal);
  changes.watch([join(directory, 'a')]);
  const next = changes.next();
  stop.abort();
  expect(await next).toEqual([]);
});

test('a run that fails is reported, the next change runs again, and the signal ends it with 130', async () => {
  const file = join(directory, 'policy.rego');
  await writeFile(file, 'one');
  const stop = new AbortController();
  const { context, texts } = watching(stop.signal);
  let runs = 0;
  const code = await runOrWatch(context, [file], async () => {
    runs++;
    if (runs === 3) stop.abort();
    else setImmediate(() => void writeFile(file, `run ${runs}`));
    if (runs === 1) throw new KatasimError('CLI_NOT_UTF8', 'it is not text');
    return Promise.resolve({ code: 0, files: [] });
  });
  expect(code).toBe(130);
  expect(runs).toBe(3);
  expect(texts.stderr).toContain('error: it is not text\n');
  expect(texts.stderr).toContain(`changed: ${file}\n`);
  expect(texts.stdout).toBe('');
});

test('without --watch it runs once; standard input cannot be watched', async () => {
  const { context } = watching(new AbortController().signal);
  const once = { ...context, options: new OptionValues(new Map()) };
  expect(await runOrWatch(once, ['-'], () => Promise.resolve({ code: 1, files: [] }))).toBe(1);
  await expect(
    runOrWatch(context, ['-'], () => Promise.resolve({ code: 1, files: [] })),
  ).rejects.toMatchObject({ code: 'CLI_WATCH' });
});

function watching(signal: AbortSignal): {
  readonly context: CommandContext;
  readonly texts: { stdout: string; stderr: string };
} {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array) => {
      texts[name] += String(text);
      return true;
    },
  });
  const context: CommandContext = {
    options: new OptionValues(new Map([['watch', true]])),
    operands: [],
    rest: undefined,
    output: new Output({
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      color: 'never',
      noColor: true,
    }),
    logger: silentLogger,
    logLevel: 'warn',
    signal,
    stdin: undefined as unknown as NodeJS.ReadStream,
    environment: {},
    packageRoot: directory,
  };
  return { context, texts };
}
