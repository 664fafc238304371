import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { listen } from '#rpc';
import { commandRows } from './commands.ts';
import { writeSlowly } from './output.ts';
import { Interrupted } from './interrupted.ts';
import { runCommandLine } from './run.ts';

const katasim = (...argv: string[]) => katasimUntil(new AbortController().signal, ...argv);

async function katasimUntil(signal: AbortSignal, ...argv: string[]) {
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
    signal,
  });
  return { code, ...texts };
}

test('--version prints the version', async () => {
  expect(await katasim('--version')).toMatchObject({ code: 0, stdout: 'katasim 0.1.0\n' });
});

test.each([
  [{}, true],
  [{ TERM: 'xterm' }, true],
  [{ TERM: 'dumb' }, false],
  [{ NO_COLOR: '1' }, false],
])('a terminal in the environment %j gets colours: %s', async (environment, want) => {
  let said = '';
  const terminal = {
    isTTY: true,
    write: (text: string | Uint8Array) => (said += text.toString()) !== '',
  };
  await runCommandLine({
    argv: ['nope'],
    environment,
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    stdout: terminal,
    stderr: terminal,
    signal: new AbortController().signal,
  });
  expect(said).toContain('nope');
  expect(said.includes('\u001b[')).toBe(want);
});

test.each([
  ['policy check', false],
  ['peerpod doctor', true],
])('%s listens for signals: %s', async (name, want) => {
  // The process does not take a signal from the system before somebody asks for it: see main.ts.
  let isAsked = false;
  const sink = { write: () => true };
  await runCommandLine({
    argv: [...name.split(' '), join('policies', 'deny-all-except-set-policy.rego')],
    environment: {},
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    stdout: sink,
    stderr: sink,
    get signal() {
      isAsked = true;
      return AbortSignal.abort();
    },
  });
  expect(isAsked).toBe(want);
});

test('no command shows the overview and is a usage error', async () => {
  const { code, stdout } = await katasim();
  expect(code).toBe(2);
  expect(stdout).toContain('Usage: katasim COMMAND');
});

test('help CMD is the help of the command, or of the group', async () => {
  for (const name of ['run', 'initdata encode', 'rego']) {
    const [asked, plain] = await Promise.all([
      katasim('help', ...name.split(' ')),
      katasim(...name.split(' '), '--help'),
    ]);
    expect(asked).toEqual(plain);
    expect(asked.code).toBe(0);
  }
  expect((await katasim('help', 'rnu')).code).toBe(2);
  expect(await katasim('help')).toEqual(await katasim('--help'));
});

test('an unknown command is refused with the nearest name', async () => {
  expect(await katasim('dmo')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean `katasim demo`?'),
  });
});

test('every command of the table loads, and its help holds an example', async () => {
  for (const row of commandRows) {
    const { command } = await row.load();
    expect(command.usage.startsWith(row.name)).toBe(true);
    const { code, stdout } = await katasim(...row.name.split(' '), '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`  katasim ${row.name}`);
  }
});

test('a call that is given up ends quietly: the user knows', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ks-cli-'));
  const stop = new AbortController();
  await using agent = await listen(`unix://${join(directory, 'agent.sock')}`, {
    'grpc.AgentService': {
      GetMetrics: {
        handle: (_request, { signal }) => {
          stop.abort();
          return new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve({}), { once: true });
          });
        },
      },
    },
  });
  const { code, stderr } = await katasimUntil(
    stop.signal,
    'call',
    '-a',
    agent.address,
    'GetMetrics',
  );
  expect(stderr).not.toContain('internal error');
  expect(code).not.toBe(3);
  await rm(directory, { recursive: true, force: true });
});

test('a command that is stopped before it dials ends quietly', async () => {
  const { code, stderr } = await katasimUntil(
    AbortSignal.abort(),
    'call',
    '-a',
    'tcp://127.0.0.1:9',
    'GetMetrics',
  );
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('a command that %s interrupts ends with %i', async (name, want) => {
  const argv = ['call', '-a', 'tcp://127.0.0.1:9', 'GetMetrics'];
  const { code } = await katasimUntil(AbortSignal.abort(new Interrupted(name)), ...argv);
  expect(code).toBe(want);
});

test('output waits for a slow reader, and for one that goes away no longer', async () => {
  const sink = new PassThrough({ highWaterMark: 1 });
  let written = false;
  const write = writeSlowly(sink, 'more than fits').then(() => (written = true));
  await Promise.resolve();
  expect(written).toBe(false);
  sink.resume();
  await write;
  const gone = new PassThrough({ highWaterMark: 1 });
  const last = writeSlowly(gone, 'more than fits');
  gone.destroy();
  await last;
  expect([sink, gone].map((one) => one.listenerCount('drain'))).toEqual([0, 0]);
});
