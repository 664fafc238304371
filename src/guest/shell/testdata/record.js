/**
 * Records what real shells make of the scripts in cases.txt:
 *   node src/guest/shell/testdata/record.js > src/guest/shell/testdata/cases.json
 * Recorded with bash 5.2.15 and dash 0.5.12 (Debian 12). dash stands in for busybox's shell, which
 * descends from the same source; its messages differ, so only output and status are kept.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const scripts = readFileSync(new URL('cases.txt', import.meta.url), 'utf8').split(/\n?%%\n/);
const env = { PATH: '/usr/bin:/bin', HOME: '/root' };
const run = (shell, script) => {
  const options = { env, cwd: '/', input: '', timeout: 10_000, encoding: 'utf8' };
  const { stdout, stderr, status, signal } = spawnSync(shell, ['-c', script], options);
  return { stdout, stderr, code: status ?? (signal === 'SIGKILL' ? 137 : 143) };
};
const cases = scripts.map((script) => {
  const { stdout, code } = run('dash', script);
  return { script, bash: run('bash', script), dash: { stdout, code } };
});
process.stdout.write(`${JSON.stringify(cases, null, 1)}\n`);
