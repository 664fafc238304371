/** What takes more than one call: waiters, streams, long polls, files, and two clients at once. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Code, dial, type RpcClient } from '#rpc';
import { startAgent, type Agent } from './start-agent.ts';
import { createContainer, processSpec } from './testdata/containers.ts';

const allowAll = readFileSync(join(import.meta.dirname, '../../policies/allow-all.rego'), 'utf8');
const c = { container_id: 'c1' };
const init = { ...c, exec_id: '' };

async function withAgent(
  protocol: 'ttrpc' | 'grpc',
  run: (client: RpcClient, agent: Agent) => Promise<void>,
): Promise<void> {
  const policies = [{ source: 'image-default', text: allowAll }] as const;
  await using agent = await startAgent({ listen: ['tcp://127.0.0.1:0'], policies });
  await using client = await dial(agent.endpoints[0]!, { protocol });
  await run(client, agent);
}

async function start(client: RpcClient, argv: readonly string[], terminal = false): Promise<void> {
  const request = createContainer('c1', argv, {}, terminal);
  await client.call('grpc.AgentService', 'CreateContainer', request);
  await client.call('grpc.AgentService', 'StartContainer', c);
}

async function readAll(client: RpcClient, ref = init): Promise<string> {
  const parts: Uint8Array[] = [];
  while (true) {
    const { data } = await client.call('grpc.AgentService', 'ReadStdout', { ...ref, len: 32_768 });
    if (data.length === 0) return Buffer.concat(parts).toString();
    parts.push(data);
  }
}

describe.each(['ttrpc', 'grpc'] as const)('over %s', (protocol) => {
  test('parallel waiters all get the code, and the process is gone afterwards', async () => {
    await withAgent(protocol, async (client) => {
      await start(client, ['sleep', '1000']);
      const waiters = Array.from({ length: 5 }, () =>
        client.call('grpc.AgentService', 'WaitProcess', init),
      );
      await client.call('grpc.AgentService', 'SignalProcess', { ...init, signal: 9 });
      expect(await Promise.all(waiters)).toEqual(Array(5).fill({ status: 137 }));
      await expect(client.call('grpc.AgentService', 'WaitProcess', init)).rejects.toMatchObject({
        code: Code.NOT_FOUND,
        message: 'InitProcessNotFound',
      });
    });
  });

  test('stdin goes in as it is sent and comes out as it is written', async () => {
    await withAgent(protocol, async (client) => {
      await start(client, ['cat']);
      for (const word of ['one\n', 'two\n']) {
        const data = Buffer.from(word);
        await client.call('grpc.AgentService', 'WriteStdin', { ...init, data });
        const read = await client.call('grpc.AgentService', 'ReadStdout', { ...init, len: 100 });
        expect(Buffer.from(read.data).toString()).toBe(word);
      }
      await client.call('grpc.AgentService', 'WriteStdin', { ...init, data: new Uint8Array() });
      expect(await readAll(client)).toBe('');
      expect(await client.call('grpc.AgentService', 'WaitProcess', init)).toEqual({ status: 0 });
    });
  });

  test('a read that waits does not keep other calls waiting', async () => {
    await withAgent(protocol, async (client) => {
      await start(client, ['sleep', '1000']);
      const pending = client.call('grpc.AgentService', 'ReadStdout', { ...init, len: 10 });
      await client.call('grpc.AgentService', 'StatsContainer', c);
      await client.call('grpc.AgentService', 'SignalProcess', { ...init, signal: 9 });
      expect((await pending).data).toHaveLength(0);
    });
  });

  test('the output of an exec is read to its end after it has ended', async () => {
    await withAgent(protocol, async (client) => {
      await start(client, ['sleep', '1000']);
      const ref = { ...c, exec_id: 'e1' };
      const process = processSpec(['sh', '-c', 'echo one; echo two; exit 4']);
      await client.call('grpc.AgentService', 'ExecProcess', { ...ref, process });
      expect(await readAll(client, ref)).toBe('one\ntwo\n');
      expect(await client.call('grpc.AgentService', 'WaitProcess', ref)).toEqual({ status: 4 });
    });
  });

  test('a waiting OOM poll ends with the sandbox', async () => {
    await withAgent(protocol, async (client) => {
      const poll = client.call('grpc.AgentService', 'GetOOMEvent', {});
      const ended = expect(poll).rejects.toMatchObject({ code: Code.INTERNAL, message: '""' });
      await client.call('grpc.AgentService', 'DestroySandbox', {});
      await ended;
    });
  });

  test('a file is seen once its last chunk has come', async () => {
    await withAgent(protocol, async (client) => {
      const path = '/run/kata-containers/shared/containers/f/hello.txt';
      const common = { path, file_size: 11, file_mode: 0o100644, dir_mode: 0o40755 };
      const copy = (offset: number, text: string) =>
        client.call('grpc.AgentService', 'CopyFile', {
          ...common,
          offset,
          data: Buffer.from(text),
        });
      const mounted = {
        destination: '/in',
        source: '/run/kata-containers/shared/containers/f',
        type: 'bind',
        options: ['rbind'],
      };
      await copy(0, 'hello ');
      const request = createContainer('c1', ['sh', '-c', 'ls /in; cat /in/hello.txt']);
      await copy(6, 'world');
      const Mounts = [...(request.OCI?.Mounts ?? []), mounted];
      const spec = { ...request, OCI: { ...request.OCI, Mounts } };
      await client.call('grpc.AgentService', 'CreateContainer', spec);
      await client.call('grpc.AgentService', 'StartContainer', c);
      expect(await readAll(client)).toBe('hello.txt\nhello world');
    });
  });
});

test('one of the waiters gets the event of an OOM kill', async () => {
  await withAgent('ttrpc', async (client, agent) => {
    await using other = await dial(agent.endpoints[0]!);
    const polls = [client, other].map((each) => each.call('grpc.AgentService', 'GetOOMEvent', {}));
    // The images have no stress program: it comes in like any other file.
    const folder = '/run/kata-containers/shared/containers/bin';
    const program = Buffer.from(
      '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0katasim-program:stress\n',
      'latin1',
    );
    await client.call('grpc.AgentService', 'CopyFile', {
      path: `${folder}/stress`,
      file_size: program.length,
      file_mode: 0o100755,
      dir_mode: 0o40755,
      data: program,
    });
    const argv = ['/opt/bin/stress', '--vm', '1', '--vm-bytes', '64M'];
    const request = createContainer('c1', argv, {
      Mounts: [{ destination: '/opt/bin', source: folder, type: 'bind', options: ['rbind'] }],
      Linux: { Namespaces: [{ Type: 'mount' }], Resources: { Memory: { Limit: 16n << 20n } } },
    });
    await client.call('grpc.AgentService', 'CreateContainer', request);
    await client.call('grpc.AgentService', 'StartContainer', c);
    expect(await Promise.race(polls)).toEqual({ container_id: 'c1' });
    // Nobody else hears of it; the other poll ends with its connection.
    for (const poll of polls) poll.catch(() => undefined);
  });
});

test('clients of both protocols see one sandbox', async () => {
  await withAgent('ttrpc', async (client, agent) => {
    await using other = await dial(agent.endpoints[0]!, { protocol: 'grpc' });
    await start(client, ['echo', 'hi']);
    expect(await readAll(other)).toBe('hi\n');
  });
});
