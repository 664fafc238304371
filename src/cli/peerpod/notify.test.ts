/** A datagram socket as systemd opens it, read by perl. Skipped where there is no perl. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLogger } from '#base';
import { NOTIFY_SENDERS, notifier } from './notify.ts';

/** systemd-notify asks for a barrier after its message; that is between it and systemd. */
const RECEIVER =
  'use Socket; $| = 1; my $p = $ARGV[0]; $p =~ s/^@/\\0/; socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die; bind($s, sockaddr_un($p)) or die $!; print "bound\\n"; while (1) { recv($s, my $m, 1024, 0); print "$m\\n" unless $m =~ /^BARRIER/; }';
const has = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0)) await undo();
});

async function receiver(socket: string): Promise<AsyncIterator<string>> {
  const child = spawn('perl', ['-e', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanup.push(() => child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('bound');
  return lines;
}

describe.skipIf(!has('perl'))('NOTIFY_SOCKET', () => {
  test.each(NOTIFY_SENDERS.filter(({ program }) => has(program)))(
    '$program: READY=1, then STOPPING=1',
    async (sender) => {
      const directory = await mkdtemp(join(tmpdir(), 'katasim-'));
      cleanup.push(() => rm(directory, { recursive: true, force: true }));
      const socket = join(directory, 'notify');
      const lines = await receiver(socket);
      const environment = { PATH: process.env['PATH'], NOTIFY_SOCKET: socket };
      const missing = { program: '/nonexistent/systemd-notify', words: () => [] };
      const notify = notifier(environment, silentLogger, [missing, sender])!;
      notify('READY=1');
      expect((await lines.next()).value).toBe('READY=1');
      notify('STOPPING=1');
      expect((await lines.next()).value).toBe('STOPPING=1');
    },
  );

  test.runIf(process.platform === 'linux')('an abstract socket', async () => {
    const socket = `@katasim-${process.pid}`;
    const lines = await receiver(socket);
    notifier({ PATH: process.env['PATH'], NOTIFY_SOCKET: socket }, silentLogger)!('READY=1');
    expect((await lines.next()).value).toBe('READY=1');
  });
});

test('nobody asked, nobody is told', () => {
  expect(notifier({}, silentLogger)).toBeUndefined();
  expect(notifier({ NOTIFY_SOCKET: '' }, silentLogger)).toBeUndefined();
});

test('no program at all is one warning', async () => {
  const lines: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, text: string) => void lines.push(text) };
  const program = '/nonexistent/program';
  notifier({ NOTIFY_SOCKET: '/x' }, logger, [{ program, words: () => [] }])!('READY=1');
  const failed = spawn(program);
  await once(failed, 'error');
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines).toEqual(['cannot notify: no systemd-notify, perl or python3']);
});
