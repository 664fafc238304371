import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noteOwner, sweepAbandoned } from './owned-directory.ts';
import { currentProcess, isRunning } from './process-identity.ts';

let parent: string;
beforeEach(async () => (parent = await mkdtemp(join(tmpdir(), 'katasim-owned-'))));
afterEach(() => rm(parent, { recursive: true }));

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

const folder = async (name: string, owner?: unknown): Promise<void> => {
  await mkdir(join(parent, name, 'pods'), { recursive: true });
  if (owner !== undefined) await writeFile(join(parent, name, 'owner'), JSON.stringify(owner));
};

test('folders of processes that are gone are cleared away, all others stay', async () => {
  await folder('ks-dead', { pid: await deadPid(), started: '1' });
  await folder('ks-recycled', { pid: process.pid, started: 'long ago' });
  await folder('ks-alive', currentProcess());
  await folder('ks-unmarked');
  await folder('other', { pid: await deadPid() });
  await symlink(join(parent, 'other'), join(parent, 'ks-link'));
  await folder('ks-noted');
  await noteOwner(join(parent, 'ks-noted'));
  await sweepAbandoned(parent);
  expect((await readdir(parent)).sort()).toEqual(
    ['ks-alive', 'ks-link', 'ks-noted', 'ks-unmarked', 'other'].sort(),
  );
});

test('a process is recognised by its start, not by its number alone', () => {
  const self = currentProcess();
  expect(isRunning(self)).toBe(true);
  expect(isRunning({ pid: self.pid })).toBe(true);
  // Where the kernel tells no start, the number is all there is.
  expect(isRunning({ ...self, started: 'another' })).toBe(self.started === undefined);
  expect(isRunning({ pid: 0 })).toBe(false);
});
