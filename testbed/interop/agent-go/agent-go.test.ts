/**
 * containerd's Go ttrpc as a foreign peer: its client against the daemon as a process of its own, and
 * our client against its server. Needs Go; without it these tests are skipped.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Code, dial } from '#rpc';

const here = import.meta.dirname;
const root = join(here, '../../..');
const program = join(here, 'out/agent-go');
const protos = join(root, 'proto');
const run = promisify(execFile);

// Fetching modules needs a registry; where there is none, as where there is no Go, there is no peer.
const built =
  spawnSync('go', ['version']).status === 0 &&
  spawnSync('go', ['build', '-o', program, '.'], { cwd: here }).status === 0;

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

describe.skipIf(!built)('containerd/ttrpc for Go', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'katasim-go-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  test.each([
    { note: 'a unix socket', listen: () => `unix://${folder}/agent.sock` },
    { note: 'TCP', listen: () => 'tcp://127.0.0.1:0' },
  ])('its client finds our daemon as it expects an agent, over $note', async ({ listen }) => {
    const main = join(root, 'src/cli/main.ts');
    const args = ['agent', '--listen', listen(), '--policy', join(here, 'policy.rego')];
    const daemon = spawn(
      process.execPath,
      ['--conditions=source', '--import=tsx', main, ...args, '--print-endpoints'],
      { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    try {
      const { endpoints } = JSON.parse(await firstLine(daemon)) as { endpoints: [string] };
      const [network, address] = endpoints[0].split('://') as [string, string];
      const { stdout } = await run(program, ['client', network, address, protos]).catch(
        (error: unknown) => error as { stdout: string },
      );
      const lines = stdout.trimEnd().split('\n');
      expect(lines.filter((line) => !line.startsWith('ok - '))).toEqual([]);
      expect(lines).toHaveLength(17);
      // The last check destroyed the sandbox: the daemon ends by itself.
      if (daemon.exitCode === null) await once(daemon, 'exit');
      expect(daemon.exitCode).toBe(0);
    } finally {
      await stop(daemon);
    }
  });

  test('its server is served by our client', async () => {
    const socket = join(folder, 'server.sock');
    const server = spawn(program, ['server', socket, protos], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      expect(await firstLine(server)).toBe('listening');
      await using client = await dial(`unix://${socket}`);
      expect(await client.call('grpc.Health', 'Check', {})).toEqual({ status: 1 });
      const metadata = [
        ['X-Tag', 'one'],
        ['x-tag', 'two'],
      ] as const;
      const version = await client.call('grpc.Health', 'Version', {}, { metadata });
      expect(version.agent_version).toBe('[one two]');
      await expect(client.call('grpc.Health', 'Check', { service: 'fail' })).rejects.toMatchObject({
        code: Code.NOT_FOUND,
        message: '"no such service": fail',
      });
      const slow = client.call('grpc.Health', 'Check', { service: 'slow' }, { timeoutMs: 50 });
      await expect(slow).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
      const many = Array.from({ length: 500 }, () => client.call('grpc.Health', 'Check', {}));
      expect(new Set((await Promise.all(many)).map(({ status }) => status))).toEqual(new Set([1]));
      await expect(client.callRaw('grpc.Health', 'Nope', new Uint8Array())).rejects.toMatchObject({
        code: Code.UNIMPLEMENTED,
      });
    } finally {
      await stop(server);
    }
  });
});
