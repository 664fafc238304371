/** For tests of commands: one invocation in this process, and folders of files to run it in. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCommandLine } from './run.ts';

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function katasim(...argv: readonly string[]): Promise<Answer> {
  return katasimWith({}, ...argv);
}

export async function katasimWith(
  {
    stdin = '',
    signal = new AbortController().signal,
  }: { readonly stdin?: string | Uint8Array; readonly signal?: AbortSignal },
  ...argv: readonly string[]
): Promise<Answer> {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array) => {
      texts[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
      return true;
    },
  });
  const input = new PassThrough();
  input.end(stdin);
  const code = await runCommandLine({
    argv,
    environment: {},
    stdin: input as unknown as NodeJS.ReadStream,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    signal,
  });
  return { code, ...texts };
}

export interface Folder extends AsyncDisposable {
  readonly path: (name: string) => string;
}

export async function folderOf(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), 'ks-cli-'));
  const path = (name: string): string => join(folder, name);
  for (const [name, content] of Object.entries(files)) await writeFile(path(name), content);
  return {
    path,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
