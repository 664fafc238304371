/**
 * Streams and terminals as the agent's clients see them.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  collect,
  drain,
  openTestGuest,
  processSpec,
  startContainer,
  type TestGuest,
  type TestSandbox,
} from './testing.ts';
import type { Api, Init } from '#wire';

let guest: TestGuest;
let sandbox: TestSandbox;
beforeEach(() => {
  guest = openTestGuest();
  sandbox = guest.sandbox;
});
afterEach(async () => {
  await sandbox.close();
  expect(guest.faults).toEqual([]);
});

const ref = { container_id: 'box', exec_id: '' };
const start = (argv: readonly string[], process: Init<Api.Process> = {}) =>
  startContainer(sandbox, 'box', argv, { process });
const read = async (len = 32768) =>
  Buffer.from((await sandbox.readStdout({ ...ref, len })).data).toString();
const write = (text: string) => sandbox.writeStdin({ ...ref, data: Buffer.from(text, 'latin1') });

describe('output', () => {
  test('arrives as it is written, not when the process ends', async () => {
    await start(['sh', '-c', 'while :; do echo tick; sleep 1; done']);
    expect(await read()).toBe('tick\n');
    const next = read();
    await guest.time.advance(1000);
    expect(await next).toBe('tick\n');
  });

  test('a read returns at most len bytes and the rest stays', async () => {
    await start(['echo', 'abcdef']);
    expect([await read(2), await read(3), await read(100)]).toEqual(['ab', 'cde', 'f\n']);
    expect(await read()).toBe('');
  });

  test('len 0 returns nothing and consumes nothing', async () => {
    await start(['echo', 'x']);
    expect([await read(0), await read()]).toEqual(['', 'x\n']);
  });

  test('a reader that goes away loses nothing', async () => {
    await start(['sh', '-c', 'sleep 1; echo late']);
    const leaving = new AbortController();
    const abandoned = sandbox.readStdout({ ...ref, len: 10 }, leaving.signal);
    leaving.abort();
    await expect(abandoned).rejects.toMatchObject({ failure: { status: 'CANCELLED' } });
    await guest.time.advance(1000);
    expect(await read()).toBe('late\n');
  });

  test('the writer waits once 64 KiB are unread', async () => {
    await start(['sh', '-c', 'yes; echo never']);
    await guest.time.advance(100);
    let total = 0;
    while (total < 256 * 1024) total += (await read()).length;
    expect(sandbox.processes().map(({ argv }) => argv[0])).toContain('yes');
  });

  test('stdout and stderr are apart', async () => {
    await start(['sh', '-c', 'echo out; echo err >&2']);
    expect(await collect(sandbox, 'box')).toEqual({ stdout: 'out\n', stderr: 'err\n', code: 0 });
  });

  test('what a background child still holds open ends half a second after the exit', async () => {
    await startContainer(sandbox, 'other', ['sleep', '1000']);
    const exec = { container_id: 'other', exec_id: 'e' };
    await sandbox.execProcess({
      ...exec,
      process: processSpec(['sh', '-c', 'echo first; sleep 100 &']),
    });
    const all = drain(() => sandbox.readStdout({ ...exec, len: 100 }));
    await guest.time.advance(499);
    let ended = false;
    void all.then(() => (ended = true));
    await guest.time.settle();
    expect(ended).toBe(false);
    await guest.time.advance(1);
    expect(await all).toBe('first\n');
  });

  test('after the wait reads find no process, and writers meet a broken pipe', async () => {
    await startContainer(sandbox, 'other', ['sleep', '1000']);
    const exec = { container_id: 'other', exec_id: 'e' };
    await sandbox.execProcess({ ...exec, process: processSpec(['sh', '-c', 'yes & exit 2']) });
    expect(await sandbox.waitProcess(exec)).toEqual({ status: 2 });
    await expect(sandbox.readStdout({ ...exec, len: 1 })).rejects.toMatchObject({
      failure: { variant: 'InvalidExecId' },
    });
    await guest.time.settle();
    expect(sandbox.processes().map(({ argv }) => argv[0])).toEqual(['sleep']);
  });
});

describe('input', () => {
  test('arrives as it is sent, and ends with CloseStdin', async () => {
    await start(['cat']);
    expect(await write('one\n')).toEqual({ len: 4 });
    expect(await read()).toBe('one\n');
    await write('two');
    expect(await read()).toBe('two');
    await sandbox.closeStdin(ref);
    expect(await read()).toBe('');
    expect(await sandbox.waitProcess(ref)).toEqual({ status: 0 });
  });

  test('an empty write closes it', async () => {
    await start(['sh', '-c', 'cat; echo end']);
    expect(await sandbox.writeStdin({ ...ref, data: new Uint8Array() })).toEqual({ len: 0 });
    expect(await read()).toBe('end\n');
    await expect(write('x')).rejects.toMatchObject({ failure: { text: 'Cannot get writer' } });
  });

  test('to a process that ended is a broken pipe', async () => {
    await start(['true']);
    await guest.time.settle();
    await expect(write('x')).rejects.toMatchObject({
      failure: { text: 'Broken pipe (os error 32)', status: 'INTERNAL' },
    });
  });

  test('waits while 64 KiB are unread', async () => {
    await start(['sleep', '100']);
    let done = false;
    const writing = sandbox
      .writeStdin({ ...ref, data: new Uint8Array(100_000) })
      .then(() => (done = true));
    await guest.time.settle();
    expect(done).toBe(false);
    await sandbox.signalProcess({ ...ref, signal: 9 });
    await expect(writing).rejects.toMatchObject({ failure: { text: 'Broken pipe (os error 32)' } });
  });

  test('a shell reads its commands from it, one by one', async () => {
    await start(['sh']);
    await write('echo $((6*7))\n');
    expect(await read()).toBe('42\n');
    await write('read line; echo "got $line"\nthe line\nexit 3\n');
    expect(await read()).toBe('got the line\n');
    expect(await sandbox.waitProcess(ref)).toEqual({ status: 3 });
  });
});

describe('a terminal', () => {
  const terminal = { Terminal: true };
  const until = async (want: string): Promise<string> => {
    let text = '';
    while (!text.endsWith(want)) text += await read();
    return text;
  };

  test('echoes, maps newlines and runs a dialogue', async () => {
    await start(['sh'], terminal);
    expect(await until('# ')).toBe('/ # ');
    await write('echo hi\r');
    expect(await until('# ')).toBe('echo hi\r\nhi\r\n/ # ');
    await write('exit 4\r');
    expect(await until('exit 4\r\n')).toBe('exit 4\r\n');
    expect(await sandbox.waitProcess(ref)).toEqual({ status: 4 });
  });

  test('bash in ubi9 shows its prompt, asks for more of an unfinished command and says exit', async () => {
    await sandbox.createSandbox({
      hostname: 'my-pod',
      dns: [],
      storages: [],
      sandbox_id: 's',
      guest_hook_path: '',
      kernel_modules: [],
    });
    await startContainer(sandbox, 'box', ['bash'], {
      image: 'registry.access.redhat.com/ubi9/ubi',
      process: terminal,
    });
    expect(await until('# ')).toBe('[root@my-pod /]# ');
    await write('for i in 1 2\n');
    expect(await until('> ')).toContain('> ');
    await write('do echo $i; done\n');
    expect(await until('# ')).toContain('1\r\n2\r\n');
    await write('\x04');
    expect(await until('exit\r\n')).toContain('exit\r\n');
    expect(await sandbox.waitProcess(ref)).toEqual({ status: 0 });
  });

  test('^C ends the foreground command and not the shell', async () => {
    await start(['sh'], terminal);
    await until('# ');
    await write('sleep 100\n');
    await until('\n');
    await guest.time.settle();
    await write('\x03');
    expect(await until('# ')).toBe('^C\r\n/ # ');
    await write('echo $?\n');
    expect(await until('# ')).toContain('130\r\n');
  });

  test('^C at the prompt forgets the line', async () => {
    await start(['sh'], terminal);
    await until('# ');
    await write('echo no\x03');
    expect(await until('# ')).toBe('echo no^C\r\n/ # ');
    await write('echo yes\n');
    expect(await until('# ')).toBe('echo yes\r\nyes\r\n/ # ');
  });

  test('erase, word erase and kill edit the line', async () => {
    await start(['cat'], terminal);
    await write('abx\x7fc\n');
    expect(await until('abc\r\n')).toBe('abx\b \bc\r\nabc\r\n');
    await write('one two\x17three\n');
    expect(await until('one three\r\n')).toContain('one three\r\n');
    await write('gone\x15kept\n');
    expect(await until('kept\r\nkept\r\n')).toContain('kept\r\nkept\r\n');
  });

  test('^D at the start of a line is the end of input, ^D within one sends it', async () => {
    await start(['cat'], terminal);
    await write('ab\x04');
    expect(await until('abab')).toBe('abab');
    await write('\n\x04');
    await expect(
      (async () => {
        while (true) await read();
      })(),
    ).rejects.toMatchObject({
      failure: { text: 'Input/output error (os error 5)', status: 'INTERNAL' },
    });
    expect(await sandbox.waitProcess(ref)).toEqual({ status: 0 });
  });

  test('resizing tells the program', async () => {
    await start(['sh', '-c', 'trap "stty size" WINCH; while :; do sleep 1; done'], terminal);
    await guest.time.settle();
    await sandbox.ttyWinResize({ ...ref, row: 24, column: 80 });
    await guest.time.advance(1000);
    expect(await read()).toBe('24 80\r\n');
    await sandbox.ttyWinResize({ ...ref, row: 0x10000 + 50, column: 132 });
    await guest.time.advance(1000);
    expect(await read()).toBe('50 132\r\n');
  });

  test('the console size of the process spec is not looked at, as upstream', async () => {
    await start(['stty', 'size'], { ...terminal, ConsoleSize: { Height: 30, Width: 100 } });
    expect(await read()).not.toContain('100');
  });

  test('both read calls see the one stream', async () => {
    await start(['sh', '-c', 'echo out; echo err >&2; sleep 100'], terminal);
    await guest.time.settle();
    const { data } = await sandbox.readStderr({ ...ref, len: 100 });
    expect(Buffer.from(data).toString()).toBe('out\r\nerr\r\n');
  });

  test('closing stdin closes the terminal: reads fail and the program hangs up', async () => {
    await start(['sh'], terminal);
    await guest.time.settle();
    await sandbox.closeStdin(ref);
    await expect(read()).rejects.toMatchObject({ failure: { text: 'cannot get stream reader' } });
    await guest.time.settle();
    expect((await sandbox.waitProcess(ref)).status).toBeDefined();
  });

  test('a process without one cannot be resized', async () => {
    await start(['sleep', '1']);
    await expect(sandbox.ttyWinResize({ ...ref, row: 1, column: 1 })).rejects.toMatchObject({
      failure: { kind: 'string', status: 'UNAVAILABLE', text: 'no tty' },
    });
  });

  test('raw mode hands over every key', async () => {
    await start(['sh', '-c', 'stty raw -echo; head -c 3 | od -c -A n'], terminal);
    await guest.time.settle();
    await write('a\x03\r');
    expect(await until('\\r\n')).toContain('a 003  \\r');
  });
});
