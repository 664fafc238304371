import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeAbandoned, writeOwner } from './owned-directory.ts';
import type { ProcessIdentity } from './process-identity.ts';

let parent: string;
beforeEach(async () => (parent = await mkdtemp(join(tmpdir(), 'katasim-owned-'))));
afterEach(() => rm(parent, { recursive: true }));

const self: ProcessIdentity = { pid: 10, started: '5' };
const isRunning = ({ pid, started }: ProcessIdentity): boolean =>
  pid === self.pid && started === self.started;

const folder = async (name: string, owner?: unknown): Promise<void> => {
  await mkdir(join(parent, name, 'pods'), { recursive: true });
  if (owner !== undefined) await writeFile(join(parent, name, 'owner'), JSON.stringify(owner));
};

test('folders of processes that are gone are cleared away, all others stay', async () => {
  await folder('ks-dead', { pid: 11, started: '1' });
  await folder('ks-recycled', { pid: 10, started: '4' });
  await folder('ks-alive', self);
  await folder('ks-unmarked');
  await folder('other', { pid: 11 });
  await symlink(join(parent, 'other'), join(parent, 'ks-link'));
  await folder('ks-noted');
  await writeOwner(join(parent, 'ks-noted'), self);
  await removeAbandoned(parent, isRunning);
  expect((await readdir(parent)).sort()).toEqual(
    ['ks-alive', 'ks-link', 'ks-noted', 'ks-unmarked', 'other'].sort(),
  );
});
