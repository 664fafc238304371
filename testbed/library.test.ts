/** What `npm run build` compiles into dist/lib: the rooms, and nothing that only tests use. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

function libraryFiles(): readonly string[] {
  const path = join(root, 'tsconfig.build.json');
  const { config } = ts.readConfigFile(path, (file) => readFileSync(file, 'utf8'));
  return ts.parseJsonConfigFileContent(config, ts.sys, root).fileNames;
}

test('the library holds no tests, no test helpers and no test data', () => {
  const files = libraryFiles();
  expect(files).toContain(join(root, 'src/policy/index.ts'));
  expect(files.filter((file) => /\.test\.ts$|\/testing\.ts$|\/testdata\//.test(file))).toEqual([]);
});

test('no file of the library imports a test helper, which would bring it in again', () => {
  const importing = libraryFiles().filter((file) =>
    /from '[^']*\/testing\.ts'/.test(readFileSync(file, 'utf8')),
  );
  expect(importing).toEqual([]);
});
