import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { steppingClock, systemClock, systemRandom } from '#base';
import {
  createCertificateAuthority,
  createClientCertificate,
  type CertificateAuthority,
  type KeyedCertificate,
} from './certificates.ts';
import { instanceName } from './names.ts';
import { clientOptions, resolveTls, serverOptions, type TlsSettings } from './settings.ts';

const options = { clock: systemClock, random: systemRandom };
const NAME = 'podvm-web-01234567';

test.each([
  { pod: 'web', id: '0123456789abcdef', name: NAME },
  { pod: 'Web_1.x', id: 'ABCDEF0123', name: 'podvm-web-1-x-abcdef01' },
  { pod: 'a'.repeat(100), id: '0123456789', name: `podvm-${'a'.repeat(48)}-01234567` },
])('instance name of $pod', ({ pod, id, name }) => {
  expect(instanceName(pod, id)).toBe(name);
  expect(name.length).toBeLessThanOrEqual(63);
});

describe('automatic certificates', () => {
  let ca: CertificateAuthority;
  let server: KeyedCertificate;
  let client: KeyedCertificate;
  const start = Date.UTC(2026, 7, 1);
  beforeAll(async () => {
    const clock = steppingClock(start, 0);
    ca = await createCertificateAuthority({ clock, random: systemRandom });
    server = await ca.issue(NAME);
    client = await createClientCertificate({ clock, random: systemRandom });
  });

  test.each([
    {
      role: 'CA',
      subject: 'O=agent-protocol-forwarder',
      usage: '1.3.6.1.5.5.7.3.1',
      isCa: true,
      san: undefined,
    },
    {
      role: 'server',
      // In Go's order.
      subject: `O=agent-protocol-forwarder\nCN=${NAME}`,
      usage: '1.3.6.1.5.5.7.3.1',
      isCa: false,
      san: `DNS:${NAME}`,
    },
    {
      role: 'client',
      subject: 'O=cloud-api-adaptor',
      usage: '1.3.6.1.5.5.7.3.2',
      isCa: false,
      san: undefined,
    },
  ])('$role has the adaptor’s profile', ({ role, subject, usage, isCa, san }) => {
    const pem = { CA: ca.cert, server: server.cert, client: client.cert }[role] ?? '';
    expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    const certificate = new X509Certificate(pem);
    expect(certificate.subject).toBe(subject);
    expect(certificate.keyUsage).toEqual([usage]);
    expect(certificate.ca).toBe(isCa);
    expect(certificate.subjectAltName).toBe(san);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(Date.parse(certificate.validFrom)).toBe(start - 5 * 60_000);
    expect(Date.parse(certificate.validTo)).toBe(start - 5 * 60_000 + 730 * 24 * 3600_000);
    expect(BigInt(`0x${certificate.serialNumber}`)).toBeLessThan(1n << 128n);
  });

  test('the chain is CA to server; the client signs itself', () => {
    const [a, s, c] = [ca.cert, server.cert, client.cert].map((pem) => new X509Certificate(pem));
    expect(s?.verify(a!.publicKey)).toBe(true);
    expect(c?.verify(c.publicKey)).toBe(true);
    expect(server.key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });
});

describe('settings', () => {
  test.each<{ note: string; settings: TlsSettings; message: RegExp }>([
    {
      note: 'CA plus skip-verify',
      settings: { ca: 'x', skipVerify: true },
      message: /^specifying a root certificates file with the insecure flag is not allowed$/,
    },
    {
      note: 'TLS 1.0',
      settings: { minVersion: 'VersionTLS10' },
      message:
        /^invalid TLS profile: invalid minVersion "VersionTLS10": TLS 1.0 and 1.1 are not supported, use VersionTLS12 or VersionTLS13$/,
    },
    {
      note: 'suites with 1.3',
      settings: { minVersion: 'VersionTLS13', cipherSuites: ['x'] },
      message:
        /^invalid TLS profile: cipherSuites may not be specified when minVersion is VersionTLS13/,
    },
    {
      note: 'unknown suite',
      settings: { cipherSuites: ['TLS_NULL'] },
      message: /invalid cipherSuites: TLS_NULL; valid names: \[TLS_/,
    },
    { note: 'bad CA', settings: { ca: 'no pem' }, message: /^unable to load root certificates: / },
    {
      note: 'missing file',
      settings: { certFile: '/nonexistent/tls.crt' },
      message: /cannot read \/nonexistent\/tls.crt/,
    },
  ])('$note is refused', async ({ settings, message }) => {
    await expect(resolveTls(settings)).rejects.toThrow(message);
  });

  test('nothing set is no configuration, and a server without one is refused', async () => {
    expect(await resolveTls({})).toBeUndefined();
    expect(() => serverOptions(undefined)).toThrow(/^tls: neither Certificates/);
  });
});

describe('handshakes on a real socket', () => {
  const open: { close(): void }[] = [];
  afterEach(() => open.splice(0).forEach((resource) => resource.close()));

  async function handshake(client: TlsSettings, server: TlsSettings, name = NAME) {
    const failure: { server?: NodeJS.ErrnoException } = {};
    const listener = tls.createServer(serverOptions(await resolveTls(server)), (socket) =>
      socket.end('hello'),
    );
    listener.on('tlsClientError', (error) => (failure.server = error));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    open.push(listener);
    const { port } = listener.address() as AddressInfo;
    const socket = tls.connect({
      port,
      host: '127.0.0.1',
      ...clientOptions(await resolveTls(client), name),
    });
    open.push({ close: () => socket.destroy() });
    // In TLS 1.3 the server may refuse after the client thinks it is connected: just a close then.
    const closed = once(socket, 'close').then(() => {
      throw failure.server ?? new Error('closed');
    });
    const [data] = (await Promise.race([once(socket, 'data'), closed])) as [Buffer];
    return { data: data.toString(), protocol: socket.getProtocol() };
  }

  async function identities() {
    const ca = await createCertificateAuthority(options);
    const client = await createClientCertificate(options);
    const server = await ca.issue(NAME);
    return {
      client: { ca: ca.cert, ...client },
      server: { ca: client.cert, ...server },
    };
  }

  test('the client certificate is its own anchor, over 1.3 and 1.2', async () => {
    const { client, server } = await identities();
    expect(await handshake(client, server)).toEqual({ data: 'hello', protocol: 'TLSv1.3' });
    const suites = ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'];
    const listener = { ...server, cipherSuites: suites };
    expect((await handshake(client, listener)).data).toBe('hello');
  });

  test.each([
    {
      note: 'no client certificate',
      change: { cert: undefined, key: undefined },
      name: NAME,
      code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    },
    {
      note: 'wrong name',
      change: {},
      name: 'podvm-other-01234567',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    },
  ])('$note: $code', async ({ change, name, code }) => {
    const { client, server } = await identities();
    await expect(handshake({ ...client, ...change }, server, name)).rejects.toMatchObject({ code });
  });

  test('a foreign CA or a foreign client is refused', async () => {
    const [one, two] = [await identities(), await identities()];
    await expect(handshake({ ...one.client, ca: two.client.ca }, one.server)).rejects.toMatchObject(
      {
        code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      },
    );
    const foreign = handshake({ ...two.client, ca: one.client.ca }, one.server);
    await expect(foreign).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
