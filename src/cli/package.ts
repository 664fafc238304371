/** Where the package lies and which version it is, from the source tree and from the bundle alike. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Set by the bundler, so that `--version` reads no file. */
declare const KATASIM_VERSION: string | undefined;

export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (true) {
    if (packageName(directory) === 'katasim') return directory;
    const parent = dirname(directory);
    if (parent === directory) return dirname(fileURLToPath(import.meta.url));
    directory = parent;
  }
}

function packageName(directory: string): unknown {
  try {
    return readPackage(directory).name;
  } catch {
    return undefined;
  }
}

function readPackage(directory: string): { name?: unknown; version?: unknown } {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    name?: unknown;
    version?: unknown;
  };
}

export function packageVersion(): string {
  if (typeof KATASIM_VERSION === 'string') return KATASIM_VERSION;
  return String(readPackage(packageRoot()).version);
}
