/** The manifests that `-f` names: files, folders and standard input, as one. */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { readManifests, type Manifest, type ManifestFile } from '#kube';
import type { CommandContext } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { readText } from '../files.ts';

interface ManifestInput {
  readonly manifest: Manifest;
  /** What standard input held; empty unless `-` was named. */
  readonly stdin: string;
}

const EXTENSIONS = ['.json', '.yaml', '.yml'];
/** A folder of more is not one of manifests. */
const MAX_FILES = 1000;

export async function manifestsOf(context: CommandContext): Promise<ManifestInput> {
  const { options, stdin } = context;
  const names = options.list('filename');
  if (names.length === 0) throw cliErrors.valueMissing('--filename', 'POD.yaml');
  const files: ManifestFile[] = [];
  for (const name of names) {
    for (const file of await filesIn(name)) files.push({ file, text: await readText(file, stdin) });
  }
  const manifest = readManifests(files, { namespace: options.text('namespace') });
  return { manifest, stdin: files.find(({ file }) => file === '-')?.text ?? '' };
}

/** Of a folder those that kubectl would take, by name; folders below it are left alone. */
async function filesIn(name: string): Promise<readonly string[]> {
  const found = name === '-' ? undefined : await stat(name).catch(() => undefined);
  if (found?.isDirectory() !== true) return [name];
  const entries = await readdir(name, { withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory() && EXTENSIONS.includes(extname(entry.name)))
    .map((entry) => join(name, entry.name))
    .sort();
  if (files.length === 0 || files.length > MAX_FILES) {
    throw cliErrors.noManifests(name, files.length);
  }
  return files;
}
