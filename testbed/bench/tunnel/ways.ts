/**
 * Ways from a client to the agent's socket, two hops each as in the tunnel: bare node:net, bare mutual
 * TLS, and katasim's proxy and forwarder with the same certificates.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { once } from 'node:events';
import { join } from 'node:path';
import { systemClock, systemRandom } from '#base';
import {
  createAgentProxy,
  createCertificateAuthority,
  createClientCertificate,
  startForwarder,
} from '#peerpod';

export interface Way {
  readonly name: string;
  readonly address: string;
}

const NAME = 'podvm-bench-00000000';

/** Relays on ports of their own towards the agent's socket in `directory`; closed with `stack`. */
export async function openWays(
  stack: AsyncStack,
  directory: string,
  agent: string,
): Promise<readonly Way[]> {
  return [
    { name: 'direct (unix socket)', address: `unix://${agent}` },
    { name: 'bare node:net relay', address: await relayTcp(stack, directory, agent) },
    { name: 'bare TLS relay', address: await relayTls(stack, directory, agent) },
    { name: 'katasim proxy + forwarder', address: await tunnel(stack, directory, agent) },
  ];
}

async function relayTcp(stack: AsyncStack, directory: string, path: string): Promise<string> {
  const far = createServer((socket) => {
    relay(socket, connect({ path }));
  });
  const port = portOf(await listening(stack, far, { host: '127.0.0.1', port: 0 }));
  const near = createServer((socket) => {
    relay(socket, connect({ port, host: '127.0.0.1' }));
  });
  const nearPath = join(directory, 'tcp.sock');
  await listening(stack, near, { path: nearPath });
  return `unix://${nearPath}`;
}

async function relayTls(stack: AsyncStack, directory: string, path: string): Promise<string> {
  const { ca, server, client } = await identities();
  const mutual = { ...server, ca: client.cert, requestCert: true, rejectUnauthorized: true };
  const far = createTlsServer(mutual, (socket) => {
    relay(socket, connect({ path }));
  });
  const port = portOf(await listening(stack, far, { host: '127.0.0.1', port: 0 }));
  const near = createServer((socket) => {
    relay(socket, connectTls({ port, host: '127.0.0.1', ca, servername: NAME, ...client }));
  });
  const nearPath = join(directory, 'tls.sock');
  await listening(stack, near, { path: nearPath });
  return `unix://${nearPath}`;
}

async function tunnel(stack: AsyncStack, directory: string, agent: string): Promise<string> {
  const { ca, server, client } = await identities();
  const forwarder = stack.use(
    await startForwarder({
      host: '127.0.0.1',
      port: 0,
      agentSocketPath: agent,
      tls: { ...server, ca: client.cert },
      config: { 'pod-network': null, 'pod-namespace': 'default', 'pod-name': 'bench' },
    }),
  );
  const socketPath = join(directory, 'agent.ttrpc');
  const proxy = stack.use(
    createAgentProxy({ socketPath, serverName: NAME, tls: { ca, ...client } }),
  );
  await proxy.start({ host: '127.0.0.1', port: forwarder.port });
  return `unix://${socketPath}`;
}

async function identities() {
  const sources = { clock: systemClock, random: systemRandom };
  const authority = await createCertificateAuthority(sources);
  return {
    ca: authority.cert,
    server: await authority.issue(NAME),
    client: await createClientCertificate(sources),
  };
}

async function listening(
  stack: AsyncStack,
  server: Server,
  where: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<Server> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(where);
  await once(server, 'listening');
  stack.use({
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  });
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function relay(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.setNoDelay(true).on('error', () => undefined);
    from.once('close', () => to.destroy());
    from.pipe(to);
  }
}

/** Closes what was opened, last first. */
export class AsyncStack {
  readonly #opened: { close(): Promise<void> }[] = [];

  use<T extends { close(): Promise<void> }>(resource: T): T {
    this.#opened.push(resource);
    return resource;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#opened.reverse()) await resource.close();
  }
}
