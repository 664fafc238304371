/** The tunnel with one end in Go and one of ours, from the proxy's socket to an agent and back. */
import { join } from 'node:path';
import { address, passedAll, PEER, SERVER_NAME, writeApf } from './go-peer.ts';
import { katasim, PROTOS, scratch } from './katasim.ts';
import { Background, run } from './programs.ts';
import type { Report } from './report.ts';

const POLICY = join(import.meta.dirname, 'agent.rego');

export type Write = ((folder: string) => Promise<void>) | undefined;

interface Ends {
  readonly folder: string;
  readonly agentSocket: string;
  readonly proxySocket: string;
  readonly plain: boolean;
}

export type Connect = (ends: Ends) => Promise<{ stack: AsyncDisposable[] }>;

export const goProxyOurForwarder: Connect = async ({ folder, agentSocket, proxySocket, plain }) => {
  const apf = await writeApf(folder);
  const forwarder = katasim(
    ...['forwarder', '--apf', apf, '--listen', '127.0.0.1:0', '--kata-agent-socket', agentSocket],
    '--print-endpoints',
    ...(plain ? ['--disable-tls'] : []),
  );
  const target = address(await forwarder.line(/127\.0\.0\.1:\d+/));
  const tls = plain ? '-' : folder;
  const proxy = new Background([
    PEER,
    'proxy',
    proxySocket,
    target,
    SERVER_NAME,
    tls,
    '20s',
    PROTOS,
  ]);
  await proxy.line(/^ready/);
  return { stack: [proxy, forwarder] };
};

export const ourProxyGoForwarder: Connect = async ({ folder, agentSocket, proxySocket, plain }) => {
  const apf = await writeApf(folder);
  const forwarder = new Background([PEER, 'forwarder', '127.0.0.1:0', apf, agentSocket, PROTOS]);
  const target = address(await forwarder.line(/127\.0\.0\.1:\d+/));
  const files = [
    '--ca-cert-file',
    'ca.crt',
    '--cert-file',
    'client.crt',
    '--cert-key',
    'client.key',
  ];
  const proxy = katasim(
    ...['proxy', '--socket', proxySocket, '--target', target, '--server-name', SERVER_NAME],
    ...(plain
      ? ['--disable-tls']
      : files.map((word) => (word.startsWith('-') ? word : join(folder, word)))),
  );
  await proxy.line(/agent proxy is ready/);
  return { stack: [proxy, forwarder] };
};

/** The client's checks, from the proxy's socket through the tunnel to an agent. */
export async function tunnel(
  report: Report,
  name: string,
  connect: Connect,
  write: Write,
): Promise<void> {
  await report.check(name, async () => {
    await using folder = await scratch();
    await write?.(folder.path);
    const agentSocket = join(folder.path, 'agent.sock');
    const proxySocket = join(folder.path, 'proxy.sock');
    await using agent = katasim(
      ...['agent', '--listen', `unix://${agentSocket}`, '--policy', POLICY],
      '--print-endpoints',
    );
    await agent.line(/endpoints/);
    const ends = { folder: folder.path, agentSocket, proxySocket, plain: write === undefined };
    const { stack } = await connect(ends);
    try {
      return passedAll(await run([PEER, 'calls', proxySocket, PROTOS]));
    } finally {
      for (const end of stack) await end[Symbol.asyncDispose]();
    }
  });
}
