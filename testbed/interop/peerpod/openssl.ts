/** OpenSSL as a client of port 15150, and as a second opinion on our certificates. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, systemRandom } from '#base';
import {
  createCertificateAuthority,
  createClientCertificate,
  encodeApfConfig,
  startForwarder,
  type ApfConfig,
  type Forwarder,
} from '#peerpod';
import { scratch } from './katasim.ts';
import { has, output, run } from './programs.ts';
import type { Report } from './report.ts';

const NAME = 'podvm-web-01234567';

interface Handshake {
  readonly note: string;
  readonly args: readonly string[];
  /** In what s_client prints. */
  readonly says: RegExp;
}

/** The anchor of the proxy and the name that it asks for. */
const named = ['-servername', NAME, '-verify_hostname', NAME, '-verify_return_error'];
const identity = (name: string): string[] => ['-cert', `${name}.crt`, '-key', `${name}.key`];
const ACCEPTED_TEXT = 'Verify return code: 0 (ok)';

const ACCEPTED: readonly Handshake[] = [
  { note: 'TLS 1.3', args: ['-tls1_3', ...identity('client')], says: /New, TLSv1\.3/ },
  { note: 'TLS 1.2', args: ['-tls1_2', ...identity('client')], says: /New, TLSv1\.2/ },
  {
    note: 'the only client CA it names is the client certificate',
    args: [...identity('client')],
    says: /Acceptable client certificate CA names\nO = cloud-api-adaptor\n(?!O =)/,
  },
  { note: 'no ALPN', args: ['-alpn', 'h2', ...identity('client')], says: /No ALPN negotiated/ },
];

const REFUSED: readonly Handshake[] = [
  { note: 'no certificate, TLS 1.2', args: ['-tls1_2'], says: /SSL alert number 40/ },
  { note: 'no certificate, TLS 1.3', args: ['-tls1_3'], says: /SSL alert number 116/ },
  {
    note: 'a foreign certificate, TLS 1.2',
    args: ['-tls1_2', ...identity('foreign')],
    says: /SSL alert|unexpected eof|Connection reset|errno=/i,
  },
  {
    note: 'a foreign certificate, TLS 1.3',
    args: ['-tls1_3', ...identity('foreign')],
    says: /SSL alert|unexpected eof|Connection reset|errno=|read:|closed/i,
  },
  {
    note: 'TLS 1.1',
    args: ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0', ...identity('client')],
    says: /alert protocol version|unsupported protocol|SSL alert number 70/,
  },
];

export async function opensslPeer(report: Report): Promise<void> {
  if (!(await has('openssl'))) {
    report.tell('skipped', 'openssl', 'there is no program openssl');
    return;
  }
  await using folder = await scratch();
  const config = await writeIdentities(folder.path);
  const start = (more: Partial<ApfConfig> = {}): Promise<Forwarder> =>
    startForwarder({
      host: '127.0.0.1',
      port: 0,
      agentSocketPath: join(folder.path, 'agent.sock'),
      tls: {},
      config: { ...config, ...more },
    });
  await using forwarder = await start();
  const client = (port: number, args: readonly string[]): Promise<string> =>
    handshake(folder.path, port, args);

  await report.check('openssl verify, the server’s chain, name and purpose', async () => {
    // Not -x509_strict: like the real adaptor's, the certificate has keyCertSign and is no CA.
    const how = ['-CAfile', 'ca.crt', '-verify_hostname', NAME, '-purpose', 'sslserver'];
    return (await output(['openssl', 'verify', ...how, 'server.crt'], { cwd: folder.path })).trim();
  });
  await report.check('openssl verify, the client’s certificate as its own anchor', async () => {
    const how = ['-CAfile', 'client.crt', '-purpose', 'sslclient'];
    return (await output(['openssl', 'verify', ...how, 'client.crt'], { cwd: folder.path })).trim();
  });
  await report.check('openssl verify, the client’s is not of the server’s CA', async () => {
    const { code, stderr } = await run(['openssl', 'verify', '-CAfile', 'ca.crt', 'client.crt'], {
      cwd: folder.path,
    });
    if (code === 0) throw new Error('it verifies');
    return /error \d+ .*/.exec(stderr)?.[0];
  });
  for (const { note, args, says } of ACCEPTED) {
    await report.check(`openssl s_client is accepted: ${note}`, async () => {
      const text = await client(forwarder.port, [...named, ...args]);
      if (!text.includes(ACCEPTED_TEXT) || !says.test(text)) throw new Error(text);
      return /New, .*/.exec(text)?.[0];
    });
  }
  for (const { note, args, says } of REFUSED) {
    await report.check(`openssl s_client is refused: ${note}`, async () => {
      const text = await client(forwarder.port, [...named, ...args]);
      const said = found(says, text);
      if (forwarder.clients > 0) throw new Error('the forwarder counts it as a client');
      return said.trim();
    });
  }
  await report.check('openssl s_client refuses us: another name', async () => {
    const text = await client(forwarder.port, [
      '-verify_hostname',
      'podvm-other',
      '-verify_return_error',
    ]);
    return found(/hostname mismatch/i, text);
  });
  await report.check('plain text to the TLS port: hung up on, and the port goes on', async () => {
    const shell = `exec 3<>/dev/tcp/127.0.0.1/${forwarder.port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout 5 cat <&3 | wc -c`;
    const answer = (await output(['bash', '-c', shell])).trim();
    const text = await client(forwarder.port, [...named, ...identity('client')]);
    if (!text.includes(ACCEPTED_TEXT)) throw new Error(text);
    return `${answer} bytes came back`;
  });
  await report.check('TLS_MIN_VERSION=VersionTLS13 refuses TLS 1.2', async () => {
    await using strict = await start({ 'tls-min-version': 'VersionTLS13' });
    const text = await client(strict.port, [...named, '-tls1_2', ...identity('client')]);
    return found(/alert protocol version|SSL alert number 70/, text);
  });
  await report.check('TLS_CIPHER_SUITES leaves just those for TLS 1.2', async () => {
    const suite = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384';
    await using narrow = await start({ 'tls-cipher-suites': [suite] });
    const ask = (cipher: string): Promise<string> =>
      client(narrow.port, [...named, '-tls1_2', '-cipher', cipher, ...identity('client')]);
    const [good, bad] = [
      await ask('ECDHE-ECDSA-AES256-GCM-SHA384'),
      await ask('ECDHE-ECDSA-AES128-GCM-SHA256'),
    ];
    if (!good.includes(ACCEPTED_TEXT) || !bad.includes('SSL alert number 40'))
      throw new Error(good + bad);
    return suite;
  });
}

async function writeIdentities(path: string): Promise<ApfConfig> {
  const options = { clock: systemClock, random: systemRandom };
  const ca = await createCertificateAuthority(options);
  const [client, foreign, server] = [
    await createClientCertificate(options),
    await createClientCertificate(options),
    await ca.issue(NAME),
  ];
  await writeFile(join(path, 'ca.crt'), ca.cert);
  for (const [name, { cert, key }] of Object.entries({ client, foreign, server })) {
    await writeFile(join(path, `${name}.crt`), cert);
    await writeFile(join(path, `${name}.key`), key);
  }
  const config = {
    'pod-network': null,
    'pod-namespace': 'default',
    'pod-name': 'web',
    'tls-server-key': server.key,
    'tls-server-cert': server.cert,
    'tls-client-ca': client.cert,
  };
  await writeFile(join(path, 'apf.json'), encodeApfConfig(config));
  return config;
}

function found(pattern: RegExp, text: string): string {
  const match = pattern.exec(text)?.[0];
  if (match === undefined) throw new Error(text);
  return match;
}

/** What s_client prints; it stays a moment, so that a refusal after the handshake is seen too. */
async function handshake(cwd: string, port: number, args: readonly string[]): Promise<string> {
  const words = [
    'openssl',
    's_client',
    '-connect',
    `127.0.0.1:${port}`,
    '-CAfile',
    'ca.crt',
    ...args,
  ];
  const shell = `{ sleep 0.3; echo Q; } | ${words.map((word) => `'${word}'`).join(' ')} 2>&1`;
  return (await run(['bash', '-c', shell], { cwd, timeoutMs: 20_000 })).stdout;
}
