/** Before the tests: the bundle that scenarios and foreign clients run, made from what is in src now. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

export default function buildBundle(): void {
  execFileSync(process.execPath, ['build.js', '--bundle'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
