/** What the checks with Go share: the peer's program, its certificates and ours, and how it answers. */
import { writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, systemRandom } from '#base';
import {
  createCertificateAuthority,
  createClientCertificate,
  encodeApfConfig,
  type ApfConfig,
} from '#peerpod';
import { has, output, run, type Outcome } from './programs.ts';

export const PEER = join(import.meta.dirname, 'out/peer');
export const SERVER_NAME = 'podvm-web-01234567';
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

export async function writeGoCertificates(folder: string): Promise<void> {
  await output([PEER, 'certificates', folder, SERVER_NAME]);
}

export async function writeOurCertificates(folder: string): Promise<void> {
  const options = { clock: systemClock, random: systemRandom };
  const ca = await createCertificateAuthority(options);
  const [client, server] = [await createClientCertificate(options), await ca.issue(SERVER_NAME)];
  const texts = [ca.cert, client.cert, client.key, server.cert, server.key];
  for (const [i, name] of FILES.entries()) await writeFile(join(folder, name), texts[i] ?? '');
}

export async function writeApf(folder: string): Promise<string> {
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

/** Of the line in which a forwarder tells where it listens. */
export const address = (line: string): string => /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';

/** The peer prints a line per check, and ttrpc logs on stderr that an answer came after its deadline. */
export function passedAll({ code, stdout, stderr }: Outcome): string {
  const lines = stdout.trimEnd().split('\n');
  const bad = lines.filter((line) => !line.startsWith('ok - '));
  if (code !== 0 || bad.length > 0) throw new Error([...bad, stderr].join('\n'));
  return `${lines.length} checks`;
}
