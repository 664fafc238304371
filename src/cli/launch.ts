/**
 * The file that Node starts: `--version` is answered here, everything else is the bundle beside it,
 * compiled from V8's code cache when there is one that fits this Node. Without, it just takes longer.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { Script } from 'node:vm';
import { packageVersion } from './package.ts';

/** Shared with build.js, which makes the cache of exactly this text. */
const WRAPPER = ['(function (exports, require, module, __filename, __dirname) {', '\n})'] as const;

function launch(): void {
  if (process.argv[2] === '--version') {
    process.stdout.write(`katasim ${packageVersion()}\n`);
    return;
  }
  const file = join(__dirname, 'main.cjs');
  const script = new Script(WRAPPER[0] + readFileSync(file, 'utf8') + WRAPPER[1], {
    filename: file,
    cachedData: cacheOf(file),
  });
  const main = script.runInThisContext() as (...parts: unknown[]) => void;
  main({}, createRequire(file), {}, file, __dirname);
}

/** A cache of another V8 is rejected by V8 itself. */
function cacheOf(file: string): Buffer | undefined {
  try {
    return readFileSync(`${file}.cache`);
  } catch {
    return undefined;
  }
}

launch();
