import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesMatching } from './glob.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'glob-'));
  for (const file of ['a/testcases.json', 'a/b/testcases.json', 'a/b/x.yaml', 'a+b/y.yml']) {
    await mkdir(join(root, file, '..'), { recursive: true });
    await writeFile(join(root, file), '');
  }
});
afterAll(() => rm(root, { recursive: true }));

describe('filesMatching', () => {
  it.each([
    { pattern: 'a/*.json', files: ['a/testcases.json'] },
    { pattern: 'a/**/testcases.json', files: ['a/b/testcases.json', 'a/testcases.json'] },
    { pattern: '**/*.{yaml,yml}', files: ['a/b/x.yaml', 'a+b/y.yml'] },
    { pattern: 'a+b/?.yml', files: ['a+b/y.yml'] },
    { pattern: '*', files: [] },
  ])('$pattern', async ({ pattern, files }) => {
    const found = await filesMatching(`${root}/${pattern}`);
    expect(found.map((file) => file.slice(root.length + 1)).sort()).toEqual([...files].sort());
  });
});
