/** Proxy and forwarder together, on real sockets, with a recording agent behind them. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, Server, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock, systemRandom, type Logger } from '#base';
import { dial, listen, RpcStatusError, type RawCall, type RpcClient } from '#rpc';
import { decodeMessage, encodeMessage, findMethod, type Api } from '#wire';
import { startForwarder, type ForwarderOptions } from './forwarder/forwarder.ts';
import type { ApfConfig } from './forwarder/apf-config.ts';
import { createAgentProxy, type AgentProxyOptions } from './proxy/agent-proxy.ts';
import { relayedMethods, type RelayEvent } from './relay/redirector.ts';
import type { Sleep } from './relay/retry.ts';
import { createCertificateAuthority, createClientCertificate } from './tls/certificates.ts';

const NAME = 'podvm-web-01234567';
const noSleep: Sleep = async (_ms, signal) => {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
};
const config = (change: Partial<ApfConfig> = {}): ApfConfig => ({
  'pod-network': null,
  'pod-namespace': 'default',
  'pod-name': 'web',
  ...change,
});

let directory: string;
const open: { close(): Promise<void> }[] = [];
const opened = <T extends { close(): Promise<void> }>(resource: T): T => {
  open.push(resource);
  return resource;
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'katasim-'));
});
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
  await rm(directory, { recursive: true, force: true });
});

/** An agent that keeps what it was sent and answers with empty messages, or with `answer`. */
async function agent(answer?: (call: RawCall) => Uint8Array | Promise<Uint8Array>) {
  const calls: RawCall[] = [];
  const path = join(directory, 'agent.sock');
  const listener = opened(
    await listen(`unix://${path}`, {
      services: ['grpc.AgentService', 'grpc.Health'],
      has: (service, method) => findMethod(service, method) !== undefined,
      call: async (call) => {
        calls.push(call);
        return (await answer?.(call)) ?? new Uint8Array();
      },
    }),
  );
  return { path, calls, listener };
}

async function identities() {
  const options = { clock: systemClock, random: systemRandom };
  const ca = await createCertificateAuthority(options);
  const client = await createClientCertificate(options);
  const server = await ca.issue(NAME);
  return {
    client: { ca: ca.cert, ...client },
    apf: {
      'tls-server-key': server.key,
      'tls-server-cert': server.cert,
      'tls-client-ca': client.cert,
    },
  };
}

const forwarder = async (options: Partial<ForwarderOptions> & { agentSocketPath: string }) =>
  opened(
    await startForwarder({
      host: '127.0.0.1',
      port: 0,
      tls: 'plain',
      config: config(),
      ...options,
    }),
  );

const proxy = (options: Partial<AgentProxyOptions> = {}) =>
  opened(
    createAgentProxy({
      socketPath: join(directory, 'pods', 'p', 'agent.ttrpc'),
      serverName: NAME,
      tls: 'plain',
      sleep: noSleep,
      ...options,
    }),
  );

const shim = async (socketPath: string): Promise<RpcClient> =>
  opened(await dial(`unix://${socketPath}`, { protocol: 'ttrpc' }));

function recorder(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const push = (fields: object, message: string): void => {
    const { err } = fields as { err?: unknown };
    lines.push(typeof err === 'string' ? `${message}: ${err}` : message);
  };
  const log: Logger = {
    trace: push,
    debug: push,
    info: push,
    warn: push,
    error: push,
    child: () => log,
  };
  return { log, lines };
}

describe('over mutual TLS', () => {
  test('calls cross with their changes; others go through untouched', async () => {
    const { client, apf } = await identities();
    const { path, calls } = await agent();
    const events: RelayEvent[] = [];
    const server = await forwarder({
      agentSocketPath: path,
      tls: {},
      config: config(apf),
      observe: (event) => events.push(event),
    });
    const tunnel = proxy({ tls: client });
    await tunnel.start({ host: '127.0.0.1', port: server.port });
    const rpc = await shim(tunnel.socketPath);

    await rpc.call('grpc.AgentService', 'CreateSandbox', { dns: ['8.8.8.8'], hostname: 'web' });
    await rpc.call('grpc.AgentService', 'CreateContainer', {
      container_id: 'c1',
      OCI: {
        Annotations: { 'io.katacontainers.config.hypervisor.default_gpus': '1' },
        Linux: { Namespaces: [{ Type: 'network', Path: '' }] },
      },
    });
    const raw = encodeMessage('grpc.StartContainerRequest', { container_id: 'c1' });
    // A field no release knows: the relay must not lose it.
    const unknown = Buffer.concat([raw, Buffer.from('fa3e03616263', 'hex')]);
    await rpc.callRaw('grpc.AgentService', 'StartContainer', unknown, { timeoutMs: 60_000 });
    await rpc.call('grpc.Health', 'Check', {});

    expect(calls.map(({ method }) => method)).toEqual([
      'CreateSandbox',
      'CreateContainer',
      'StartContainer',
      'Check',
    ]);
    const [sandbox, container, start] = calls;
    expect(decodeMessage('grpc.CreateSandboxRequest', sandbox!.payload)).toMatchObject({
      dns: [],
      hostname: 'web',
    });
    const created = decodeMessage('grpc.CreateContainerRequest', container!.payload);
    expect(created.OCI?.Linux?.Namespaces).toEqual([
      { Type: 'network', Path: '' },
      { Type: 'network', Path: '/run/netns/podns' },
    ]);
    expect(created.OCI?.Annotations['cdi.k8s.io/peer-pods']).toBe('nvidia.com/gpu=all');
    expect(Buffer.from(start!.payload).equals(unknown)).toBe(true);
    expect(start!.timeoutMs).toBeGreaterThan(0);
    expect(start!.timeoutMs).toBeLessThanOrEqual(60_000);
    expect(events.map(({ method, code }) => `${method} ${code}`)).toContain('StartContainer 0');
  });

  test('a refusal of the agent passes both hops unchanged', async () => {
    const message = '"ExecProcessRequest is blocked by policy: "';
    const { client, apf } = await identities();
    const { path } = await agent(() => {
      throw new RpcStatusError(7, message);
    });
    const server = await forwarder({ agentSocketPath: path, tls: {}, config: config(apf) });
    const tunnel = proxy({ tls: client });
    await tunnel.start({ host: '127.0.0.1', port: server.port });
    const rpc = await shim(tunnel.socketPath);
    await expect(rpc.call('grpc.AgentService', 'ExecProcess', {})).rejects.toMatchObject({
      code: 7,
      message,
    });
  });

  test('many shims share one connection to the VM', async () => {
    const { client, apf } = await identities();
    const { path, listener } = await agent();
    const server = await forwarder({ agentSocketPath: path, tls: {}, config: config(apf) });
    const tunnel = proxy({ tls: client });
    await tunnel.start({ host: '127.0.0.1', port: server.port });
    const shims = await Promise.all([1, 2, 3, 4].map(() => shim(tunnel.socketPath)));
    await Promise.all(shims.map((rpc) => rpc.call('grpc.Health', 'Check', {})));
    expect(server.clients).toBe(1);
    expect(listener.connections).toBe(1);
  });

  test('a proxy without, or with a foreign, certificate does not get through', async () => {
    const [one, two] = [await identities(), await identities()];
    const { path, calls } = await agent();
    const server = await forwarder({ agentSocketPath: path, tls: {}, config: config(one.apf) });
    const foreign = proxy({ tls: { ...two.client, ca: one.client.ca } });
    // In TLS 1.3 the client thinks it is connected; the refusal comes with the first read.
    await foreign.start({ host: '127.0.0.1', port: server.port });
    const rpc = await shim(foreign.socketPath);
    await expect(rpc.call('grpc.Health', 'Check', {})).rejects.toMatchObject({
      code: 2,
      message: 'ttrpc: closed',
    });
    expect(calls).toEqual([]);
    expect(server.clients).toBe(0);
  });

  test.each([
    {
      note: 'wrong name',
      name: 'podvm-other-01234567',
      text: `x509: certificate is valid for ${NAME}, not podvm-other-01234567`,
    },
    { note: 'wrong CA', name: NAME, text: 'x509: certificate signed by unknown authority' },
  ])('$note: retried until the time is up', async ({ note, name, text }) => {
    const [one, two] = [await identities(), await identities()];
    const { path } = await agent();
    const server = await forwarder({ agentSocketPath: path, tls: {}, config: config(one.apf) });
    const { log, lines } = recorder();
    const tls = note === 'wrong CA' ? { ...one.client, ca: two.client.ca } : one.client;
    const tunnel = proxy({ tls, serverName: name, proxyTimeoutMs: 300, logger: log });
    await expect(tunnel.start({ host: '127.0.0.1', port: server.port })).rejects.toThrow(
      `error connecting to agent: agent connection is not established: failed to establish agent proxy connection to 127.0.0.1:${server.port}: context deadline exceeded`,
    );
    expect(lines).toContain(
      `Retrying failed agent proxy connection: tls: failed to verify certificate: ${text}`,
    );
    await expect(stat(tunnel.socketPath)).rejects.toThrow('ENOENT');
  });
});

describe('the agent proxy', () => {
  test('dials until the VM listens', async () => {
    const { path } = await agent();
    const { log, lines } = recorder();
    const probe = createServer();
    probe.listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    let tries = 0;
    const tunnel = proxy({
      logger: log,
      sleep: async () => {
        if (++tries === 3) await forwarder({ agentSocketPath: path, port });
      },
    });
    await tunnel.start({ host: '127.0.0.1', port });
    expect(lines.filter((line) => line.startsWith('Retrying'))).toEqual(
      Array(3).fill(
        `Retrying failed agent proxy connection: dial tcp 127.0.0.1:${port}: connect: connection refused`,
      ),
    );
    const rpc = await shim(tunnel.socketPath);
    await rpc.call('grpc.Health', 'Check', {});
  });

  test('bad TLS settings are not retried', async () => {
    const tunnel = proxy({ tls: { ca: 'x', skipVerify: true } });
    await expect(tunnel.start({ host: '127.0.0.1', port: 1 })).rejects.toThrow(
      /Failed to create tls config: specifying a root certificates file with the insecure flag/,
    );
  });

  test('stops dialling when it is closed', async () => {
    const tunnel = proxy({
      sleep: async (_ms, signal) => {
        void tunnel.close();
        await Promise.resolve();
        signal.throwIfAborted();
      },
    });
    await expect(tunnel.start({ host: '127.0.0.1', port: 1 })).rejects.toThrow(/context canceled/);
  });

  test('a lost VM is not dialled again', async () => {
    const { path } = await agent();
    const server = await forwarder({ agentSocketPath: path });
    const tunnel = proxy();
    await tunnel.start({ host: '127.0.0.1', port: server.port });
    const rpc = await shim(tunnel.socketPath);
    await rpc.call('grpc.Health', 'Check', {});
    await server.close();
    await tunnel.tunnelClosed;
    for (let i = 0; i < 2; i++) {
      await expect(rpc.call('grpc.Health', 'Check', {})).rejects.toMatchObject({
        code: 2,
        message: 'ttrpc: closed',
      });
    }
  });

  test('plain text against a TLS port connects, and the first call is the last', async () => {
    const { apf } = await identities();
    const { path } = await agent();
    const server = await forwarder({ agentSocketPath: path, tls: {}, config: config(apf) });
    const tunnel = proxy();
    await tunnel.start({ host: '127.0.0.1', port: server.port });
    const rpc = await shim(tunnel.socketPath);
    await expect(rpc.call('grpc.Health', 'Check', {})).rejects.toThrow('ttrpc: closed');
  });

  test('TLS against a plain port', async () => {
    const { client } = await identities();
    const { path } = await agent();
    const server = await forwarder({ agentSocketPath: path });
    // The ttrpc server takes the ClientHello for the start of a long frame and waits for the rest.
    const tunnel = proxy({ tls: client, proxyTimeoutMs: 200 });
    await expect(tunnel.start({ host: '127.0.0.1', port: server.port })).rejects.toThrow(
      /context deadline exceeded$/,
    );
  });
});

describe('the forwarder', () => {
  test('dials the agent with the first call, ten times, and never again', async () => {
    const path = join(directory, 'agent.sock');
    const delays: number[] = [];
    const server = await forwarder({
      agentSocketPath: path,
      sleep: (ms) => {
        delays.push(ms);
        return Promise.resolve();
      },
      random: { bytes: (length) => new Uint8Array(length) },
    });
    const rpc = opened(await dial(`tcp://127.0.0.1:${server.port}`, { protocol: 'ttrpc' }));
    expect(delays).toEqual([]);
    const attempts = Array.from(
      { length: 10 },
      (_, i) => `#${i + 1}: dial unix ${path}: connect: no such file or directory`,
    );
    await expect(rpc.call('grpc.Health', 'Check', {})).rejects.toMatchObject({
      code: 2,
      message: `agent connection is not established: failed to establish agent connection to ${path}: All attempts fail:\n${attempts.join('\n')}`,
    });
    expect(delays).toEqual([200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200]);
    await agent();
    await expect(rpc.call('grpc.Health', 'Check', {})).rejects.toMatchObject({
      message: 'agent connection is not established',
    });
  });

  test('unknown services and methods are refused as by a Go server', async () => {
    const { path } = await agent();
    const server = await forwarder({ agentSocketPath: path });
    const rpc = opened(await dial(`tcp://127.0.0.1:${server.port}`, { protocol: 'ttrpc' }));
    await expect(rpc.callRaw('grpc.Nope', 'X', new Uint8Array())).rejects.toMatchObject({
      code: 12,
      message: 'service grpc.Nope',
    });
    await expect(rpc.callRaw('grpc.AgentService', 'X', new Uint8Array())).rejects.toMatchObject({
      code: 12,
      message: 'method X',
    });
    // The hypervisor service belongs to the worker.
    await expect(
      rpc.callRaw('hypervisor.Hypervisor', 'StopVM', new Uint8Array()),
    ).rejects.toMatchObject({ code: 12 });
  });

  test('a container without OCI is refused and the next call served', async () => {
    const { path, calls } = await agent();
    const server = await forwarder({ agentSocketPath: path });
    const rpc = opened(await dial(`tcp://127.0.0.1:${server.port}`, { protocol: 'ttrpc' }));
    await expect(rpc.call('grpc.AgentService', 'CreateContainer', {})).rejects.toThrow(
      /nil pointer/,
    );
    await rpc.call('grpc.Health', 'Check', {});
    expect(calls.map(({ method }) => method)).toEqual(['Check']);
  });

  test('pod network first: nothing listens when it fails', async () => {
    await expect(
      forwarder({
        agentSocketPath: '/nonexistent',
        setUpPodNetwork: () => Promise.reject(new Error('InterfaceName is not specified')),
      }),
    ).rejects.toThrow('failed to set up pod network: InterfaceName is not specified');
  });

  test('without any certificate TLS is refused', async () => {
    await expect(forwarder({ agentSocketPath: '/nonexistent', tls: {} })).rejects.toThrow(
      'Failed to create tls config: tls: neither Certificates, GetCertificate, nor GetConfigForClient set in Config',
    );
  });

  test('volumes: cloud volumes are mounted and bound, missing bind sources made', async () => {
    const { path, calls } = await agent();
    const log: string[] = [];
    const server = await forwarder({
      agentSocketPath: path,
      volumes: {
        exists: (p) => p === '/there',
        makeDirectory: (p) => void log.push(`mkdir ${p}`),
        isMountPoint: () => true,
        mount: (volume, p) =>
          Promise.resolve(void log.push(`mount ${volume.lun} ${volume.fsType} ${p}`)),
        unmount: (_volume, p) => Promise.resolve(void log.push(`umount ${p}`)),
      },
    });
    const rpc = opened(await dial(`tcp://127.0.0.1:${server.port}`, { protocol: 'ttrpc' }));
    const mounts = [
      { destination: '/data', source: '/x', type: 'ext4' },
      { destination: '/etc/a', source: '/there', type: 'bind' },
      { destination: '/etc/b', source: '/missing', type: 'bind' },
    ];
    const request = (annotation: unknown) => ({
      OCI: {
        Linux: {},
        Mounts: mounts,
        Annotations: {
          'io.confidentialcontainers.org.cloud_volumes':
            typeof annotation === 'string' ? annotation : JSON.stringify(annotation),
        },
      },
    });
    await rpc.call(
      'grpc.AgentService',
      'CreateContainer',
      request({
        'vol-1': { mount_point: '/none', lun: '7', fs_type: 'xfs' },
        'vol-0': { mount_point: '/data', lun: '3' },
      }),
    );
    await rpc.call('grpc.AgentService', 'DestroySandbox', {});
    const sent = decodeMessage('grpc.CreateContainerRequest', calls[0]!.payload);
    expect(sent.OCI?.Mounts.map((mount: Api.Mount) => `${mount.type} ${mount.source}`)).toEqual([
      'bind /run/cloud-volumes/vol-0',
      'bind /there',
      'bind /missing',
    ]);
    expect(log).toEqual([
      'mount 3 ext4 /run/cloud-volumes/vol-0',
      'mount 7 xfs /run/cloud-volumes/vol-1',
      'mkdir /run/cloud-volumes/vol-0',
      'mkdir /missing',
      'umount /run/cloud-volumes/vol-1',
      'umount /run/cloud-volumes/vol-0',
    ]);
    for (const [annotation, message] of [
      [{ v: { mount_point: '/d' } }, 'cloud volume v missing required mount_point or lun field'],
      [{ '../v': { mount_point: '/d', lun: '1' } }, 'cloud volume "../v" has unsafe name'],
      [
        { v: { mount_point: '/d', lun: '1', fs_type: 'btrfs' } },
        'cloud volume v requests unsupported filesystem type "btrfs" (allowed: ext4, ext3, xfs)',
      ],
      [{ v: { mount_point: '/d', lun: 'x' } }, 'cloud volume v has invalid lun "x"'],
      ['{', 'corrupt cloud_volumes annotation (pod would start without volumes)'],
    ] as const) {
      await expect(
        rpc.call('grpc.AgentService', 'CreateContainer', request(annotation)),
      ).rejects.toThrow(message);
    }
  });
});

test('a client that cannot be accepted takes nobody along', async () => {
  const listening = vi.spyOn(Server.prototype, 'listen');
  const { log, lines } = recorder();
  opened(
    await startForwarder({
      host: '127.0.0.1',
      port: 0,
      agentSocketPath: join(directory, 'agent.sock'),
      tls: 'plain',
      config: config(),
      logger: log,
    }),
  );
  const [server] = listening.mock.contexts as Server[];
  listening.mockRestore();
  server?.emit('error', new Error('accept EMFILE'));
  expect(lines).toContain('listener failed');
});

test('a proxy that is closed while it starts leaves no socket', async () => {
  const stopped = proxy();
  const starting = stopped.start({ host: '127.0.0.1', port: 1 });
  await Promise.all([
    expect(starting).rejects.toMatchObject({ code: 'PEERPOD_PROXY' }),
    stopped.close(),
  ]);
  await expect(shim(stopped.socketPath)).rejects.toMatchObject({ code: 'RPC_CANNOT_CONNECT' });
});

test('42 methods of the agent and 2 of Health are relayed', () => {
  expect(relayedMethods()).toHaveLength(44);
  expect(relayedMethods()).toContain('/grpc.Health/Version');
});
