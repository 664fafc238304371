/**
 * Builds `dist/`: the command line as one bundle (CommonJS: Node loads what it requires lazily, so it
 * starts fast) behind a small launcher, with V8's code cache beside it; and, unless `--bundle` asks for
 * that alone, the library rooms with their types.
 */
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { Script } from 'node:vm';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  conditions: ['bundle', 'source'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  logLevel: 'warning',
  define: {
    KATASIM_VERSION: JSON.stringify(version),
    'import.meta.url': 'katasimBundleUrl',
  },
};
const bundleUrl = "const katasimBundleUrl = require('node:url').pathToFileURL(__filename).href;";

await mkdir('dist', { recursive: true });
await build({
  ...common,
  entryPoints: ['src/cli/launch.ts'],
  outfile: 'dist/katasim.cjs',
  banner: { js: `#!/usr/bin/env node\n${bundleUrl}` },
});
await chmod('dist/katasim.cjs', 0o755);

await build({
  ...common,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/main.cjs',
  sourcemap: 'external',
  banner: { js: bundleUrl },
});
await writeCache('dist/main.cjs');

if (!process.argv.includes('--bundle')) {
  // Beside the old one, which works until the new one is whole.
  const next = 'dist/lib.next';
  console.log('build: compiling the library, which takes longer');
  await rm(next, { recursive: true, force: true });
  await rm('.cache/build.tsbuildinfo', { force: true });
  const tsc = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', next],
    { stdio: 'inherit' },
  );
  if (tsc.status !== 0) process.exit(tsc.status ?? 1);
  await rm('dist/lib', { recursive: true, force: true });
  await rename(next, 'dist/lib');
  console.log('build: dist/lib, the rooms as a library with types');
}

/** The wrapper is that of src/cli/launch.ts: the cache belongs to exactly this text. */
async function writeCache(file) {
  const source = await readFile(file, 'utf8');
  const text = `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
  const cache = new Script(text, { filename: file }).createCachedData();
  await writeFile(`${file}.cache`, cache);
  const mib = (bytes) => (bytes / 1024 / 1024).toFixed(1);
  console.log(`build: ${file}, ${mib(source.length)} MiB, code cache ${mib(cache.length)} MiB`);
}
