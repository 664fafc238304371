/**
 * The Go half: programs of ours on the libraries that cloud-api-adaptor and the runtime are made with
 * (peer/), in all three roles that katasim meets. README.md says why not the real ones.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, systemRandom } from '#base';
import {
  createCertificateAuthority,
  createClientCertificate,
  encodeApfConfig,
  type ApfConfig,
} from '#peerpod';
import { katasim, katasimRun, openWorker, PROTOS, scratch } from './katasim.ts';
import { Background, has, output, run, type Outcome } from './programs.ts';
import type { Report } from './report.ts';

const PEER = join(import.meta.dirname, 'out/peer');
const POLICY = join(import.meta.dirname, 'agent.rego');
const SERVER_NAME = 'podvm-web-01234567';
/** A port that needs root to listen on, and has no user. */
const NOBODY = '127.0.0.1:1';
export const BUILD_TIMEOUT_MS = 900_000;
const FILES = ['ca.crt', 'client.crt', 'client.key', 'server.crt', 'server.key'] as const;

/** Undefined when the peer is built. */
export async function buildPeer(): Promise<string | undefined> {
  if (!(await has('go'))) return 'there is no program go';
  const { code, stderr } = await run(['go', 'build', '-o', PEER, '.'], {
    cwd: join(import.meta.dirname, 'peer'),
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  return code === 0 ? undefined : `go build: ${stderr.trim()}`;
}

export async function goPeers(report: Report): Promise<void> {
  const missing = await buildPeer();
  if (missing !== undefined) {
    report.tell('skipped', 'Go', missing);
    return;
  }
  await certificates(report);
  for (const [made, write] of [
    ['Go’s certificates', writeGoCertificates],
    ['our certificates', writeOurCertificates],
    ['plain TCP', undefined],
  ] as const) {
    await tunnel(report, `Go’s proxy, our forwarder, ${made}`, goProxyOurForwarder, write);
    await tunnel(report, `our proxy, Go’s forwarder, ${made}`, ourProxyGoForwarder, write);
  }
  await wrongPeers(report);
  await retries(report);
  await shim(report);
}

type Write = ((folder: string) => Promise<void>) | undefined;

async function writeGoCertificates(folder: string): Promise<void> {
  await output([PEER, 'certificates', folder, SERVER_NAME]);
}

async function writeOurCertificates(folder: string): Promise<void> {
  const options = { clock: systemClock, random: systemRandom };
  const ca = await createCertificateAuthority(options);
  const [client, server] = [await createClientCertificate(options), await ca.issue(SERVER_NAME)];
  const texts = [ca.cert, client.cert, client.key, server.cert, server.key];
  for (const [i, name] of FILES.entries()) await writeFile(join(folder, name), texts[i] ?? '');
}

/** Everything but keys, numbers and times, as openssl prints it. */
async function certificates(report: Report): Promise<void> {
  for (const name of ['ca', 'client', 'server']) {
    await report.check(`the ${name} certificate is what Go makes, field by field`, async () => {
      await using ours = await scratch();
      await using theirs = await scratch();
      await writeOurCertificates(ours.path);
      await writeGoCertificates(theirs.path);
      const show = async (folder: string): Promise<string> => {
        const how = ['-noout', '-text', '-certopt', 'no_pubkey,no_sigdump,no_serial,no_validity'];
        const text = await output(['openssl', 'x509', '-in', join(folder, `${name}.crt`), ...how]);
        return text.replace(/(?:[0-9A-F]{2}:){19}[0-9A-F]{2}/g, 'KEY-ID');
      };
      const [our, their] = [await show(ours.path), await show(theirs.path)];
      if (our !== their) throw new Error(`${our}\nGo:\n${their}`);
      return /Subject: .*/.exec(our)?.[0];
    });
  }
}

async function writeApf(folder: string): Promise<string> {
  const read = (name: string): Promise<string> =>
    readFile(join(folder, name), 'utf8').catch(() => '');
  const [cert, key, client] = [
    await read('server.crt'),
    await read('server.key'),
    await read('client.crt'),
  ];
  const tls =
    cert === '' ? {} : { 'tls-server-key': key, 'tls-server-cert': cert, 'tls-client-ca': client };
  const config: ApfConfig = {
    'pod-network': null,
    'pod-namespace': 'default',
    'pod-name': 'web',
    ...tls,
  };
  const file = join(folder, 'apf.json');
  await writeFile(file, encodeApfConfig(config));
  return file;
}

interface Ends {
  readonly folder: string;
  readonly agentSocket: string;
  readonly proxySocket: string;
  readonly plain: boolean;
}

type Connect = (ends: Ends) => Promise<{ stack: AsyncDisposable[] }>;

const address = (line: string): string => /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';

const goProxyOurForwarder: Connect = async ({ folder, agentSocket, proxySocket, plain }) => {
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

const ourProxyGoForwarder: Connect = async ({ folder, agentSocket, proxySocket, plain }) => {
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
async function tunnel(report: Report, name: string, connect: Connect, write: Write): Promise<void> {
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

/** The peer prints a line per check, and ttrpc logs on stderr that an answer came after its deadline. */
function passedAll({ code, stdout, stderr }: Outcome): string {
  const lines = stdout.trimEnd().split('\n');
  const bad = lines.filter((line) => !line.startsWith('ok - '));
  if (code !== 0 || bad.length > 0) throw new Error([...bad, stderr].join('\n'));
  return `${lines.length} checks`;
}

/** What Go’s proxy logs about a forwarder of ours that it must not or cannot talk to. */
async function wrongPeers(report: Report): Promise<void> {
  const rows: readonly { note: string; name: string; args: readonly string[]; says: RegExp }[] = [
    {
      note: 'another name',
      name: 'podvm-other-89abcdef',
      args: [],
      says: /certificate is valid for podvm-web-01234567, not podvm-other-89abcdef/,
    },
    {
      note: 'the forwarder speaks plain TCP',
      name: SERVER_NAME,
      args: ['--disable-tls'],
      // To ttrpc a ClientHello is the start of a very long message, and it waits for the rest.
      says: /context deadline exceeded/,
    },
  ];
  for (const { note, name, args, says } of rows) {
    await report.check(`Go’s proxy will not have: ${note}`, async () => {
      await using folder = await scratch();
      await writeGoCertificates(folder.path);
      const apf = await writeApf(folder.path);
      const agent = join(folder.path, 'agent.sock');
      await using forwarder = katasim(
        ...[
          'forwarder',
          '--apf',
          apf,
          '--listen',
          '127.0.0.1:0',
          '--print-endpoints',
          '--kata-agent-socket',
          agent,
          ...args,
        ],
      );
      const target = address(await forwarder.line(/127\.0\.0\.1:\d+/));
      const socket = join(folder.path, 'proxy.sock');
      const { code, stderr } = await run([
        PEER,
        'proxy',
        socket,
        target,
        name,
        folder.path,
        '2s',
        PROTOS,
      ]);
      const said = says.exec(stderr)?.[0];
      if (code !== 1 || said === undefined) throw new Error(`exit code ${code}: ${stderr}`);
      return said;
    });
  }
}

/** Nobody listens: both proxies dial at the same times, and give up with the same words. */
async function retries(report: Report): Promise<void> {
  await report.check('Go’s proxy and ours dial alike when nobody listens', async () => {
    await using folder = await scratch();
    const socket = join(folder.path, 'proxy.sock');
    const go = run([PEER, 'proxy', socket, NOBODY, SERVER_NAME, '-', '4s', PROTOS]);
    const ours = katasimRun(
      ...['proxy', '--socket', `${socket}2`, '--target', NOBODY, '--disable-tls'],
      ...['--proxy-timeout', '4s', '--log-level', 'info'],
    );
    const [theirs, mine] = (await Promise.all([go, ours])).map(({ stderr }) => ({
      tries: stderr.split('Retrying failed agent proxy connection').length - 1,
      reason: /dial tcp 127\.0\.0\.1:1: [\w: ]+/.exec(stderr)?.[0],
      end: /error connecting to agent: .*/.exec(stderr)?.[0],
    }));
    if (JSON.stringify(theirs) !== JSON.stringify(mine) || mine?.end === undefined) {
      throw new Error(`${JSON.stringify(mine)}\nGo: ${JSON.stringify(theirs)}`);
    }
    return `${mine.tries} tries in 4 s, then: ${mine.end}`;
  });
}

/** Go’s hypervisor client against our worker. */
async function shim(report: Report): Promise<void> {
  await report.check('Go’s shim, our hypervisor service', async () => {
    await using node = await openWorker();
    return passedAll(
      await run([PEER, 'shim', node.worker.hypervisorSocket, PROTOS], { timeoutMs: 120_000 }),
    );
  });
}
