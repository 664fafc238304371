/** OpenSSL's own client against port 15150. Skipped where there is no `openssl`. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '#base';
import { createCertificateAuthority, createClientCertificate } from '../tls/certificates.ts';
import { startForwarder, type Forwarder } from './forwarder.ts';

const NAME = 'podvm-web-01234567';
const available = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!available)('openssl s_client', () => {
  let directory: string;
  let forwarder: Forwarder;
  const file = (name: string): string => join(directory, name);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'katasim-'));
    const options = { clock: systemClock, random: systemRandom };
    const [ca, client, foreign] = [
      await createCertificateAuthority(options),
      await createClientCertificate(options),
      await createClientCertificate(options),
    ];
    const server = await ca.issue(NAME);
    await writeFile(file('ca.crt'), ca.cert);
    await writeFile(file('client.crt'), client.cert + client.key);
    await writeFile(file('foreign.crt'), foreign.cert + foreign.key);
    forwarder = await startForwarder({
      host: '127.0.0.1',
      port: 0,
      agentSocketPath: file('agent.sock'),
      tls: {},
      config: {
        'pod-network': null,
        'pod-namespace': 'default',
        'pod-name': 'web',
        'tls-server-key': server.key,
        'tls-server-cert': server.cert,
        'tls-client-ca': client.cert,
      },
    });
  });
  afterAll(async () => {
    await forwarder.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Output of a handshake followed by a byte, so that a late refusal is seen too. */
  function handshake(...args: string[]): Promise<string> {
    const fixed = [
      's_client',
      '-connect',
      `127.0.0.1:${forwarder.port}`,
      '-CAfile',
      file('ca.crt'),
    ];
    const child = spawn('openssl', [...fixed, '-verify_return_error', ...args]);
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      // Connected and told about it: leave.
      if (output.includes('Verify return code')) child.stdin.end('Q\n');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.stdin.on('error', () => undefined);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', () => resolve(output));
    });
  }
  const identity = (name: string): string[] => ['-cert', file(name), '-key', file(name)];
  const named = ['-servername', NAME, '-verify_hostname', NAME];

  test.each([
    { note: 'TLS 1.3', args: ['-tls1_3'], protocol: 'TLSv1.3' },
    { note: 'TLS 1.2', args: ['-tls1_2'], protocol: 'TLSv1.2' },
  ])('is accepted over $note with its certificate', async ({ args, protocol }) => {
    const output = await handshake(...named, ...identity('client.crt'), ...args);
    expect(output).toContain('Verify return code: 0 (ok)');
    expect(output).toContain(`New, ${protocol}`);
    expect(output).toContain('Acceptable client certificate CA names\nO = cloud-api-adaptor');
    expect(output).toContain('No ALPN negotiated');
  });

  test.each([
    {
      note: 'no certificate',
      args: ['-tls1_2', ...named],
      code: /alert handshake failure:.*SSL alert number 40/,
    },
    {
      note: 'TLS 1.1',
      args: ['-tls1_1', ...named],
      code: /alert protocol version|no protocols available|unsupported protocol/,
    },
    {
      note: 'another name',
      args: ['-verify_hostname', 'podvm-other-01234567'],
      code: /hostname mismatch/i,
    },
  ])('is refused: $note', async ({ args, code }) => {
    const output = await handshake(...args);
    expect(output).toMatch(code);
    expect(output).not.toMatch(/Verify return code: 0 \(ok\)[\s\S]*read R BLOCK/);
    expect(forwarder.clients).toBe(0);
  });
});
