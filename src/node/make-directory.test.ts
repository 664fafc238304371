import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeDirectory } from './make-directory.ts';
import { PodRecords } from './pod-records.ts';

const recordsIn = (directory: string): PodRecords => new PodRecords(directory, () => true);

let parent: string;
beforeAll(async () => (parent = await mkdtemp(join(tmpdir(), 'katasim-made-'))));
afterAll(() => rm(parent, { recursive: true, force: true }));

test('every level that is missing is made, and told', async () => {
  await mkdir(join(parent, 'there'));
  const path = join(parent, 'there', 'a', 'b');
  expect(await makeDirectory(path, 0o700)).toEqual([join(parent, 'there', 'a'), path]);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(await makeDirectory(path)).toEqual([]);
});

test('a state directory that cannot be is refused with its name', async () => {
  await writeFile(join(parent, 'file'), '');
  await expect(recordsIn(join(parent, 'file', 'x')).prepare()).rejects.toMatchObject({
    code: 'CLI_UNWRITABLE',
    message: `cannot write ${join(parent, 'file')}: a file is in its place`,
  });
  await expect(recordsIn(join(parent, 'file')).list()).rejects.toMatchObject({
    code: 'CLI_UNREADABLE',
  });
});

// A folder in which mkdir says ENOENT, although it is there.
test.runIf(platform() === 'linux')('a folder that takes no entries ends the try', async () => {
  await expect(makeDirectory('/proc/katasim/x')).rejects.toMatchObject({
    code: 'CLI_UNWRITABLE',
  });
  await expect(recordsIn('/proc').prepare()).rejects.toMatchObject({
    code: 'CLI_UNWRITABLE',
  });
});
