/** The doctor against a real forwarder with every kind of TLS mistake. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { steppingClock, systemClock, systemRandom } from '#base';
import { startForwarder, type Forwarder } from '../forwarder/forwarder.ts';
import type { ApfConfig } from '../forwarder/apf-config.ts';
import {
  createCertificateAuthority,
  createClientCertificate,
  type KeyedCertificate,
} from '../tls/certificates.ts';
import { diagnosePath } from './diagnose-path.ts';

const NAME = 'podvm-web-01234567';
const sources = { clock: systemClock, random: systemRandom };
let forwarder: Forwarder;
let ca: string;
let client: KeyedCertificate;
let config: ApfConfig;

beforeAll(async () => {
  const authority = await createCertificateAuthority(sources);
  const server = await authority.issue(NAME);
  client = await createClientCertificate(sources);
  ca = authority.cert;
  config = {
    'pod-network': null,
    'pod-namespace': 'default',
    'pod-name': 'web',
    'tls-server-cert': server.cert,
    'tls-server-key': server.key,
    'tls-client-ca': client.cert,
  };
  forwarder = await startForwarder({
    host: '127.0.0.1',
    port: 0,
    config,
    tls: {},
    // Nobody is behind it, and only its first of ten attempts is waited for.
    agentSocketPath: '/nowhere/agent.sock',
    sleep: () => Promise.resolve(),
  });
});
afterAll(() => forwarder.close());

async function said(options: Partial<Parameters<typeof diagnosePath>[0]>) {
  const target = { host: '127.0.0.1', port: forwarder.port };
  const { ok, findings } = await diagnosePath({ target, serverName: NAME, ...options });
  expect(ok).toBe(false);
  return findings
    .filter(({ step, severity }) => severity === 'error' && step !== 'vxlan')
    .map(({ step, message, hint }) => `${step}: ${message} (${hint ?? ''})`);
}

test('everything fits but there is no agent', async () => {
  const [first, ...others] = await said({ tls: { ca, ...client } });
  expect(first).toMatch(
    /^agent: agent connection is not established.*\(The forwarder answers, the agent behind it does not/s,
  );
  expect(others).toEqual([]);
});

test('the name is another one', async () => {
  expect(await said({ tls: { ca, ...client }, serverName: 'podvm-server' })).toEqual([
    expect.stringMatching(
      /^tls: .*x509: certificate is valid for podvm-web-01234567, not podvm-server.*automatic CA/,
    ),
  ]);
});

test('the VM was made by the CA of an adaptor that has restarted', async () => {
  const other = await createCertificateAuthority(sources);
  expect(await said({ tls: { ca: other.cert, ...client } })).toEqual([
    expect.stringMatching(/^tls: .*certificate signed by unknown authority.*with each restart/),
  ]);
});

test('the client shows no certificate', async () => {
  expect(await said({ tls: { ca } })).toEqual([expect.stringMatching(/client certificate/)]);
});

test('a certificate that ran out and a key of somebody else are found in the file', async () => {
  const { key } = await createClientCertificate(sources);
  const future = steppingClock(Date.now() + 5 * 365 * 86_400_000);
  const apf = JSON.stringify({ ...config, 'tls-server-key': key });
  const { findings } = await diagnosePath({ apf, clock: future });
  expect(findings.map(({ message }) => message)).toEqual([
    'pod-network is missing',
    expect.stringMatching(/^tls-client-ca is valid from/),
    expect.stringMatching(/^tls-server-cert is valid from/),
    'tls-server-key does not belong to tls-server-cert',
    `server certificate for DNS:${NAME}`,
  ]);
});

test('somebody accepts and says nothing', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const { findings } = await diagnosePath({
    target: { host: '127.0.0.1', port },
    serverName: NAME,
    tls: { ca, ...client },
    timeoutMs: 50,
  });
  expect(findings.find(({ step }) => step === 'tls')).toEqual({
    step: 'tls',
    severity: 'error',
    message: 'no TLS handshake within 50 ms',
    hint: 'Packets vanish: open TCP 15150 between the subnets of worker and pod VM.',
    log: `failed to establish agent proxy connection to 127.0.0.1:${port}: context deadline exceeded`,
  });
  silent.close();
});
