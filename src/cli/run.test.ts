import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { commandRows } from './commands.ts';
import { runCommandLine } from './run.ts';

async function katasim(...argv: string[]) {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array) => {
      texts[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
      return true;
    },
  });
  const code = await runCommandLine({
    argv,
    environment: {},
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    signal: new AbortController().signal,
  });
  return { code, ...texts };
}

test('--version prints the version', async () => {
  expect(await katasim('--version')).toMatchObject({ code: 0, stdout: 'katasim 0.1.0\n' });
});

test('no command shows the overview and is a usage error', async () => {
  const { code, stdout } = await katasim();
  expect(code).toBe(2);
  expect(stdout).toContain('Usage: katasim COMMAND');
});

test('an unknown command is refused with the nearest name', async () => {
  expect(await katasim('dmo')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean `katasim demo`?'),
  });
});

test('every command of the table loads, and its help holds an example', async () => {
  for (const row of commandRows) {
    const command = await row.load();
    expect(command.name).toBe(row.name);
    expect(command.usage.startsWith(row.name)).toBe(true);
    const { code, stdout } = await katasim(...row.name.split(' '), '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`  katasim ${row.name}`);
  }
});
