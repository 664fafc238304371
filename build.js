/**
 * Builds `dist/`: the command line as one CommonJS file (Node loads what it requires lazily, so it
 * starts fast) and, unless `--bundle` asks for that alone, the library rooms with their types.
 */
import { chmod, readFile, rm } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));
const output = 'dist/katasim.cjs';

const result = await build({
  entryPoints: ['src/cli/main.ts'],
  outfile: output,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  conditions: ['source'],
  minifySyntax: true,
  minifyWhitespace: true,
  // Error names and stack traces stay readable.
  keepNames: true,
  sourcemap: 'external',
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
  define: {
    KATASIM_VERSION: JSON.stringify(version),
    'import.meta.url': 'katasimBundleUrl',
  },
  banner: {
    js: "#!/usr/bin/env node\nconst katasimBundleUrl = require('node:url').pathToFileURL(__filename).href;",
  },
});
await chmod(output, 0o755);
const bytes = result.metafile.outputs[output]?.bytes ?? 0;
console.log(`build: ${output}, ${(bytes / 1024 / 1024).toFixed(1)} MiB`);

if (!process.argv.includes('--bundle')) {
  await rm('dist/lib', { recursive: true, force: true });
  await rm('.cache/build.tsbuildinfo', { force: true });
  const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
  if (tsc.status !== 0) process.exit(tsc.status ?? 1);
  console.log('build: dist/lib, the rooms as a library with types');
}
