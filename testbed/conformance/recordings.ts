/**
 * Answers recorded from genuine programs: files of one JSON object a line, gzipped, in the folder
 * `cases` of KATASIM_SHARED or of `../shared` beside the checkout. They are data, not part of this
 * repository; where they are absent, nothing is replayed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { gunzipSync } from 'node:zlib';

/** The lines of a file; the caller knows their shape. */
export function readRecordings(name: string): readonly unknown[] {
  const root = env['KATASIM_SHARED'] ?? join(import.meta.dirname, '..', '..', '..', 'shared');
  const file = join(root, 'cases', name);
  if (!existsSync(file)) return [];
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
}
