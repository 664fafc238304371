/**
 * CopyFile, rule by rule (kata-agent src/agent/src/rpc.rs, do_copy_file). What arrived is looked at from
 * a container that mounts the shared directory.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { Api, Init } from '#wire';
import {
  collect,
  openTestGuest,
  startContainer,
  type TestGuest,
  type TestSandbox,
} from './testing.ts';

const ROOT = '/run/kata-containers/shared/containers/';
let guest: TestGuest;
let sandbox: TestSandbox;
let lookups = 0;
beforeEach(() => {
  guest = openTestGuest();
  sandbox = guest.sandbox;
});
afterEach(async () => {
  await sandbox.close();
  expect(guest.faults).toEqual([]);
});

const copy = (path: string, more: Partial<Init<Api.CopyFileRequest>> & { text?: string } = {}) => {
  const { text = '', ...rest } = more;
  const data = Buffer.from(text);
  return sandbox.copyFile({
    path: path.startsWith('/') ? path : ROOT + path,
    file_size: BigInt(data.length),
    file_mode: 0o100644,
    dir_mode: 0o750,
    uid: 0,
    gid: 0,
    offset: 0n,
    data,
    ...rest,
  });
};

/** What a shell in a container sees below /shared. */
async function inGuest(script: string): Promise<string> {
  const id = `look${lookups++}`;
  await copy('.keep');
  const Mounts = [{ destination: '/shared', source: ROOT, type: 'bind', options: ['rbind'] }];
  await startContainer(sandbox, id, ['sh', '-c', `cd /shared; ${script}`], { spec: { Mounts } });
  const { stdout, stderr } = await collect(sandbox, id);
  return stdout + stderr;
}

describe('files', () => {
  test('one call makes a file with mode and owner, parents included', async () => {
    await copy('a/b/c.txt', { text: 'hello', file_mode: 0o100640, uid: 5, gid: 6 });
    expect(await inGuest('cat a/b/c.txt; echo; stat -c "%a %u %g" a a/b a/b/c.txt')).toBe(
      'hello\n750 0 0\n750 5 6\n640 5 6\n',
    );
  });

  test('chunks become visible with the last one, under a temporary name before', async () => {
    await copy('resolv.conf', { text: 'abc', file_size: 6n });
    expect(await inGuest('ls; cat resolv.tmp')).toBe('resolv.tmp\nabc');
    await copy('resolv.conf', { text: 'def', file_size: 6n, offset: 3n });
    expect(await inGuest('ls; cat resolv.conf')).toBe('resolv.conf\nabcdef');
  });

  test('names that differ in their extension only share the temporary file', async () => {
    await copy('a.txt', { text: 'xx', file_size: 4n });
    await copy('a.json', { text: 'yyyy', file_size: 4n, offset: 0n });
    expect(await inGuest('ls; cat a.json')).toBe('a.json\nyyyy');
  });

  test('an empty file is one call', async () => {
    await copy('empty');
    expect(await inGuest('wc -c < empty')).toBe('0\n');
  });

  test('offset 0 removes what was there, a whole directory too', async () => {
    await copy('x/y/z', { text: 'deep' });
    await copy('x', { text: 'flat' });
    expect(await inGuest('cat x')).toBe('flat');
  });

  test('too much data never becomes visible', async () => {
    await copy('big', { text: 'longer', file_size: 3n });
    expect(await inGuest('ls')).toBe('big.tmp\n');
  });

  test('a chunk beyond the end leaves a hole of zeros', async () => {
    await copy('hole', { text: 'z', file_size: 4n, offset: 3n });
    expect(await inGuest('od -t x1 -A n hole')).toBe(' 00 00 00 7a\n');
  });
});

describe('directories and symlinks', () => {
  test.each([
    ['a directory', 0o040750, '750'],
    ['a socket, whose bits contain those of a directory', 0o140700, '700'],
    ['a block device, likewise', 0o060711, '711'],
  ])('%s makes a directory', async (_, mode, want) => {
    await copy('d', { file_mode: mode, uid: 3, gid: 4 });
    expect(await inGuest('stat -c "%F %a %u %g" d')).toBe(`directory ${want} 3 4\n`);
  });

  test('an existing directory keeps its content', async () => {
    await copy('d/f', { text: 'x' });
    await copy('d', { file_mode: 0o040700 });
    expect(await inGuest('cat d/f')).toBe('x');
  });

  test('a file in the way of a directory goes', async () => {
    await copy('d', { text: 'x' });
    await copy('d', { file_mode: 0o040755 });
    expect(await inGuest('ls -d d/')).toBe('d/\n');
  });

  test('a symlink points where the data says, whatever the size says', async () => {
    await copy('..data', {
      text: '..2026_08_01',
      file_mode: 0o120777,
      file_size: 0n,
      uid: 7,
      gid: 8,
    });
    expect(await inGuest('readlink ..data; stat -c "%u %g" ..data')).toBe('..2026_08_01\n7 8\n');
  });

  test('a config map laid out as the kubelet does is readable through its links', async () => {
    await copy('cfg', { file_mode: 0o040755 });
    await copy('cfg/..ts/key', { text: 'value\n' });
    await copy('cfg/..data', { text: '..ts', file_mode: 0o120777 });
    await copy('cfg/key', { text: '..data/key', file_mode: 0o120777 });
    expect(await inGuest('cat cfg/key; ls cfg')).toBe('value\nkey\n');
  });
});

describe('confinement', () => {
  test.each([
    '/etc/passwd',
    '/run/kata-containers/other',
    '/run/kata-containers/shared/containersX/a',
    '',
  ])('%s is refused', async (path) => {
    await expect(
      sandbox.copyFile({
        path,
        file_size: 0n,
        file_mode: 0o100644,
        dir_mode: 0,
        uid: 0,
        gid: 0,
        offset: 0n,
        data: new Uint8Array(),
      }),
    ).rejects.toMatchObject({
      failure: {
        kind: 'anyhow',
        status: 'INTERNAL',
        text: `removing "${ROOT}" prefix from ${path}`,
        causes: ['prefix not found'],
      },
    });
  });

  test('dots lead nowhere: the last rename finds no file outside', async () => {
    await expect(copy('../../../../etc/evil', { text: 'x' })).rejects.toMatchObject({
      failure: { text: 'renameat', causes: ['ENOENT: No such file or directory'] },
    });
  });

  test('an absolute symlink is one below the root, until the last rename', async () => {
    await copy('out', { text: '/', file_mode: 0o120777 });
    await expect(copy('out/etc/evil', { text: 'x' })).rejects.toMatchObject({
      failure: { text: 'renameat', causes: ['ENOENT: No such file or directory'] },
    });
    expect(await inGuest('cat etc/evil.tmp')).toBe('x');
  });

  test.each([
    ['..', 'invalid path argument: remove all path is /', []],
    ['', 'invalid path argument: remove all path is /', []],
    [
      'd/../../x',
      'mkdir_all parent',
      [
        `yet-to-be-created path Some("d/../..") contains '..' components`,
        'mkdir_all remaining components failed',
        'No such file or directory (os error 2)',
      ],
    ],
  ])('%j has no place', async (path, text, causes) => {
    await expect(copy(path, { text: 'x' })).rejects.toMatchObject({ failure: { text, causes } });
  });

  test('a directory is not made through a dangling link', async () => {
    await copy('dang', { text: 'nosuch', file_mode: 0o120777 });
    await expect(copy('dang/x', { text: 'x' })).rejects.toMatchObject({
      failure: {
        text: 'mkdir_all parent',
        causes: expect.arrayContaining(['Not a directory (os error 20)']),
      },
    });
  });

  test('an owner of -1 stays as it is, and a change of owner takes the set-id bits', async () => {
    await copy('su', { text: 'x', file_mode: 0o104755, uid: -1, gid: -1 });
    expect(await inGuest('stat -c "%a %u %g" su')).toBe('755 0 0\n');
  });

  test('a path of thousands of parts is answered at once', async () => {
    await expect(copy(`${'p/'.repeat(3000)}x`, { text: 'x' })).rejects.toMatchObject({
      failure: { text: 'resolve remove-all path' },
    });
  });

  test('a loop of symlinks ends', async () => {
    await copy('a', { text: 'b', file_mode: 0o120777 });
    await copy('b', { text: 'a', file_mode: 0o120777 });
    await expect(copy('a/x', { text: 'x' })).rejects.toMatchObject({
      failure: {
        text: 'mkdir_all parent',
        causes: expect.arrayContaining(['Too many levels of symbolic links (os error 40)']),
      },
    });
  });

  test('no path whatever writes outside the root', async () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b', 'etc', 'l');
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 8 }),
        fc.array(part, { maxLength: 5 }),
        async (target, path) => {
          const { sandbox: fresh } = openTestGuest();
          const request = {
            file_size: 1n,
            file_mode: 0o100644,
            dir_mode: 0o755,
            uid: 0,
            gid: 0,
            offset: 0n,
            data: Buffer.from('x'),
          };
          const link = {
            ...request,
            path: `${ROOT}l`,
            file_mode: 0o120777,
            data: Buffer.from(`/${target.join('/')}`),
          };
          await fresh.copyFile(link);
          await fresh.copyFile({ ...request, path: ROOT + path.join('/') }).catch(() => undefined);
          // The guest's own directories are as they were.
          for (const outside of [
            '/etc/a',
            '/etc/b',
            '/a',
            '/b',
            '/etc/l',
            '/run/a',
            '/run/b',
            '/run/kata-containers/a',
          ])
            await expect(
              fresh.getVolumeStats({ volume_guest_path: outside }),
            ).rejects.toMatchObject({ failure: { errno: expect.any(Number) } });
          await fresh.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});
