/**
 * The shell against recordings of real ones: testdata/record.js says how they were made.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { run, type RunResult } from '../testing.ts';

interface Recorded {
  readonly script: string;
  readonly bash: RunResult;
  readonly dash: Pick<RunResult, 'stdout' | 'code'>;
}

const cases = JSON.parse(
  readFileSync(new URL('testdata/cases.json', import.meta.url), 'utf8'),
) as Recorded[];

/** Scripts that end otherwise here, and why. */
const BASH_DIFFERS: Readonly<Record<string, string>> = {
  'x=(a b c)\n': 'arrays are not simulated',
  'echo $(': 'the message names the substitution, not its missing parenthesis',
  "printf 'read x; echo got $x\\nvalue\\n' | sh":
    'sh is bash in ubi images, which leaves the rest of a pipe to its commands; the recording had dash',
};
const ASH_DIFFERS: Readonly<Record<string, string>> = {
  'sleep 5 & p=$!; kill $p; wait $p; echo $?': 'dash tells of the signal, busybox does not',
  'echo x > /nonexistent/file; echo $?': 'a failed redirection is status 1 in busybox, 2 in dash',
  'cat < /nonexistent; echo $?': 'a failed redirection is status 1 in busybox, 2 in dash',
  "printf 'read x; echo got $x\\nvalue\\n' | sh":
    'dash reads ahead; the simulated shell never does',
  'ls /nonexistent; echo $?': 'ls fails with 1 in busybox, 2 in coreutils',
  'mkdir -p /tmp/gd6/x/y && ls /tmp/gd6/x && rm -r /tmp/gd6 && ls /tmp/gd6; echo $?':
    'ls fails with 1 in busybox, 2 in coreutils',
  'echo $((1,2)) $((2>1)) $(( (1+2)*3 ))': 'busybox has the comma operator',
  'local x=1; echo $?': 'not fatal here',
  'shift 5; echo $?': 'busybox fails silently, dash ends the shell',
};
/** What only bash has; recorded from dash for completeness, where it mostly fails. */
const firstBashOnly = cases.findIndex(({ script }) => script.startsWith('i=5; echo $((i++))'));

const environment = { Env: ['PATH=/usr/bin:/bin', 'HOME=/root'] };

describe('bash', () => {
  const same = cases.filter(({ script }) => BASH_DIFFERS[script] === undefined);
  test.each(same)('$script', async ({ script, bash }) => {
    const image = 'registry.access.redhat.com/ubi9/ubi';
    const options = { image, input: '', process: environment };
    expect(await run(['bash', '-c', script], options)).toEqual(bash);
  });
});

describe('ash', () => {
  const same = cases
    .slice(0, firstBashOnly)
    .filter(({ script }) => ASH_DIFFERS[script] === undefined);
  test.each(same)('$script', async ({ script, dash }) => {
    const { stdout, code } = await run(['sh', '-c', script], { input: '', process: environment });
    expect({ stdout, code }).toEqual(dash);
  });
});

test('every script that is said to differ is among the recordings', () => {
  const scripts = new Set(cases.map(({ script }) => script));
  for (const script of [...Object.keys(BASH_DIFFERS), ...Object.keys(ASH_DIFFERS)])
    expect(scripts).toContain(script);
});
