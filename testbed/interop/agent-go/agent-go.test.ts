/**
 * containerd's Go ttrpc as a foreign peer: its client against the daemon as a process of its own, and
 * our client against its server. Needs Go; without it these tests are skipped.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Code, dial } from '#rpc';
import { BUILD_TIMEOUT_MS, buildPeer, firstLine, startDaemon, stop } from '../agent-daemon.ts';

const here = import.meta.dirname;
const program = join(here, 'out/agent-go');
const protos = join(here, '../../../proto');
const run = promisify(execFile);

let built = false;
beforeAll(async () => {
  built = await buildPeer(here, 'go', ['build', '-o', program, '.']);
}, BUILD_TIMEOUT_MS);

describe('containerd/ttrpc for Go', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'katasim-go-'));
  });
  beforeEach(({ skip }) => {
    if (!built) skip('no Go, or no modules');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  test.each([
    { note: 'a unix socket', listen: () => `unix://${folder}/agent.sock` },
    { note: 'TCP', listen: () => 'tcp://127.0.0.1:0' },
  ])('its client finds our daemon as it expects an agent, over $note', async ({ listen }) => {
    await using daemon = await startDaemon(listen());
    const [network, address] = daemon.endpoint.split('://') as [string, string];
    const { stdout } = await run(program, ['client', network, address, protos]).catch(
      (error: unknown) => error as { stdout: string },
    );
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('ok - '))).toEqual([]);
    expect(lines).toHaveLength(17);
    // The last check destroyed the sandbox: the daemon ends by itself.
    expect(await daemon.exited).toBe(0);
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
