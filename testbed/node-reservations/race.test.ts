/** Real processes and one node: the last slot is granted once, and that of a killed process is released. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

let directory: string;
const running: { kill(): Promise<void> }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kc-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.kill()));
  await rm(directory, { recursive: true, force: true });
});

async function claimer(limit: number) {
  const child = spawn(
    process.execPath,
    [
      '--conditions=source',
      '--import=tsx',
      join(import.meta.dirname, 'claimer.ts'),
      directory,
      String(limit),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout });
  const gone = once(child, 'close');
  const line = async (): Promise<string> => {
    const [text] = (await once(lines, 'line')) as [string];
    return text;
  };
  const one = {
    ask: async (order: 'claim' | 'release'): Promise<string> => {
      const answer = line();
      child.stdin.write(`${order}\n`);
      return answer;
    },
    /** As the kernel does it when memory runs out: nothing of the process runs any more. */
    kill: async (): Promise<void> => {
      child.kill('SIGKILL');
      await gone;
    },
  };
  running.push(one);
  await line();
  return one;
}

test('two race for the last slot; a killed holder frees it, a living one does not', async () => {
  const claimers = await Promise.all([claimer(1), claimer(1), claimer(1)]);
  const answers = await Promise.all(claimers.slice(0, 2).map((one) => one.ask('claim')));
  expect([...answers].sort()).toEqual(['placed', 'unschedulable']);
  const [, , third] = claimers;
  const holder = claimers[answers.indexOf('placed')];
  expect(await third.ask('claim')).toBe('unschedulable');
  await holder?.kill();
  expect(await third.ask('claim')).toBe('placed');
  const loser = claimers[answers.indexOf('unschedulable')];
  expect(await loser?.ask('claim')).toBe('unschedulable');
  expect(await third.ask('release')).toBe('released');
  expect(await loser?.ask('claim')).toBe('placed');
});
