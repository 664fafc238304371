/**
 * The examples of docs/rego.md run, and print what they say: `// =>` lines of a `ts` block, and the
 * lines after each `$ katasim ...` of a `console` block.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { formatWithOptions } from 'node:util';
import { build } from 'esbuild';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { runCommandLine } from '../../src/cli/run.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(ROOT, 'docs', 'rego.md'), 'utf8');
// Inside node_modules, so that the dependencies of the engine are found from there.
const folder = mkdtempSync(join(ROOT, 'node_modules', '.katasim-docs-'));

afterAll(() => rmSync(folder, { recursive: true }));

function blocks(language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...text.matchAll(pattern)].map(([, body = '']) => body);
}

const examples = blocks('ts').map((code, index) => ({ index: index + 1, code }));

async function printed(code: string, index: number): Promise<string[]> {
  const entry = join(folder, `example-${index}.ts`);
  const outfile = join(folder, `example-${index}.mjs`);
  writeFileSync(entry, code);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    conditions: ['source'],
    plugins: [
      {
        name: 'the room itself',
        setup(plugin) {
          plugin.onResolve({ filter: /^katasim\/rego$/ }, () => ({
            path: join(ROOT, 'src', 'rego', 'index.ts'),
          }));
        },
      },
    ],
  });
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...args: unknown[]) => {
    lines.push(...formatWithOptions({ colors: false }, ...(args as [unknown])).split('\n'));
  });
  try {
    await import(pathToFileURL(outfile).href);
  } finally {
    log.mockRestore();
  }
  return lines;
}

describe('docs/rego.md', () => {
  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(4);
  });

  it.each(examples)('example $index prints what it says', async ({ index, code }) => {
    const wanted = [...code.matchAll(/^\/\/ =>(?: (.*))?$/gm)].map(([, line = '']) => line);
    expect(wanted.length).toBeGreaterThan(0);
    expect(await printed(code, index)).toEqual(wanted);
  });

  const commands = blocks('console').flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [line = '', ...rest] = part.split('\n');
        return { line, output: rest.join('\n') };
      }),
  );

  it.each(commands)('$line', async ({ line, output }) => {
    const argv = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, word]) => quoted ?? word ?? '',
    );
    expect(argv[0]).toBe('katasim');
    let stdout = '';
    const code = await runCommandLine({
      argv: argv.slice(1),
      environment: {},
      stdin: new PassThrough().end() as unknown as NodeJS.ReadStream,
      stdout: {
        write(chunk) {
          stdout += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
          return true;
        },
      },
      stderr: { write: () => true },
      signal: new AbortController().signal,
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: output });
  });
});
