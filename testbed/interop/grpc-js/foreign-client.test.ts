/**
 * A client that shares no code with katasim: @grpc/grpc-js with the .proto files, against the daemon
 * as a process of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { credentials, loadPackageDefinition, status, type Client } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
let daemon: ChildProcess;
let agent: Client;
let health: Client;

beforeAll(async () => {
  daemon = spawn(
    process.execPath,
    [
      join(root, 'dist/katasim.cjs'),
      'agent',
      '--listen',
      'tcp://127.0.0.1:0',
      '--policy',
      join(root, 'policies/openshift-default.rego'),
      '--print-endpoints',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(daemon.stdout!, 'data')) as [Buffer];
  const { endpoints } = JSON.parse(line.toString()) as { endpoints: string[] };
  const address = (endpoints[0] ?? '').replace('tcp://', '');
  const definition = loadSync('agent.proto', {
    includeDirs: [join(root, 'proto')],
    keepCase: true,
    longs: String,
    defaults: true,
  });
  const healthDefinition = loadSync('health.proto', {
    includeDirs: [join(root, 'proto')],
    keepCase: true,
    defaults: true,
    enums: String,
  });
  const constructorOf = (packages: ReturnType<typeof loadPackageDefinition>, name: string) =>
    (packages['grpc'] as unknown as Record<string, new (a: string, c: unknown) => Client>)[name]!;
  const insecure = credentials.createInsecure();
  agent = new (constructorOf(loadPackageDefinition(definition), 'AgentService'))(address, insecure);
  health = new (constructorOf(loadPackageDefinition(healthDefinition), 'Health'))(
    address,
    insecure,
  );
});

afterAll(async () => {
  agent.close();
  health.close();
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
});

type Answer = Readonly<Record<string, unknown>>;

function call(client: Client, method: string, request: object = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    (
      client as unknown as Record<
        string,
        (request: object, done: (e: unknown, r: Answer) => void) => void
      >
    )[method]!(request, (error, response) => {
      if (error instanceof Error) reject(error);
      else resolve(response);
    });
  });
}

test('health is served ungated', async () => {
  expect(await call(health, 'Check')).toMatchObject({ status: 'SERVING' });
  expect(await call(health, 'Version')).toEqual({
    grpc_version: '0.0.1',
    agent_version: '4.1.0',
  });
});

test('a container is created, started, and ends with its exit code', async () => {
  await call(agent, 'CreateSandbox', { sandbox_id: 'sandbox', hostname: 'web' });
  await call(agent, 'CreateContainer', {
    container_id: 'web',
    exec_id: 'web',
    OCI: {
      Process: {
        Args: ['sh', '-c', 'exit 3'],
        Env: ['PATH=/bin'],
        Cwd: '/',
        OOMScoreAdj: '-998',
        Capabilities: { Effective: ['CAP_KILL'] },
      },
      Root: { Path: '/run/kata-containers/web/rootfs' },
      Linux: {
        Namespaces: [{ Type: 'mount' }],
        Resources: { Memory: { Limit: '9223372036854775807' } },
      },
    },
    storages: [
      {
        driver: 'image_guest_pull',
        driver_options: ['image_guest_pull={"metadata":{}}'],
        source: 'busybox',
        fstype: 'overlay',
        mount_point: '/run/kata-containers/web/rootfs',
      },
    ],
  });
  await call(agent, 'StartContainer', { container_id: 'web' });
  expect(await call(agent, 'WaitProcess', { container_id: 'web', exec_id: 'web' })).toEqual({
    status: 3,
  });
});

test('a denial is PERMISSION_DENIED with the agent’s text, quotes and all', async () => {
  await expect(
    call(agent, 'ExecProcess', { container_id: 'web', exec_id: 'e', process: { Args: ['id'] } }),
  ).rejects.toMatchObject({
    code: status.PERMISSION_DENIED,
    details: '"ExecProcessRequest is blocked by policy: "',
  });
});

test('a denied read is an empty success', async () => {
  const read = call(agent, 'ReadStdout', { container_id: 'sandbox', exec_id: 'nobody', len: 10 });
  // The read itself comes first: without the process there is an error, not a denial.
  await expect(read).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

test('64-bit integers keep their precision', async () => {
  const details = await call(agent, 'GetGuestDetails', { mem_block_size: true });
  expect(details['mem_block_size_bytes']).toMatch(/^\d+$/);
});
