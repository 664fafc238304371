import { describe, expect, test } from 'vitest';
import { silentLogger } from '#base';
import { encodeInitdata } from '#initdata';
import { createAddressPool } from './address-pool.ts';
import { cleanPath, VmFiles } from './files.ts';
import { provisionFiles } from './process-user-data.ts';
import { assertUserDataSize, encodeUserData, parseUserData } from './user-data.ts';

const DUMMY_DIGEST = 'adb48cc14fea9403d3d51f3b5f5068fd4d80445a14e94f1b3d5dbabaad66478d';

describe('user-data', () => {
  test('the adaptor’s text is read back file by file', () => {
    const files = [
      { path: '/run/peerpod/apf.json', content: '{\n    "a": 1,\n\n    "b": "x: y # z"\n}\n' },
      { path: '/run/peerpod/initdata', content: 'H4sIAAAA==\n' },
    ];
    const text = encodeUserData(files);
    expect(text.startsWith('#cloud-config\n\nwrite_files:\n')).toBe(true);
    expect(parseUserData(text)).toEqual(files);
  });

  test.each([
    { note: 'another key', text: 'runcmd: []', message: /field runcmd not found/ },
    {
      note: 'another file key',
      text: 'write_files: [{path: /a, content: b, owner: c}]',
      message: /field owner not found/,
    },
    {
      note: 'no mapping',
      text: '- a',
      message: /cannot unmarshal !!seq into userdata.CloudConfig/,
    },
    { note: 'no YAML', text: 'a: [', message: /failed to parse user data/ },
    {
      note: 'aliases that multiply',
      text: 'a: &a [x]\nwrite_files: *a',
      message: /failed to parse user data/,
    },
  ])('$note is refused', ({ text, message }) => {
    expect(() => parseUserData(text)).toThrow(message);
  });

  test('Azure takes 64 KiB of base64', () => {
    assertUserDataSize('x'.repeat(49152));
    expect(() => assertUserDataSize('x'.repeat(49153))).toThrow(
      'base64 encoded userData is greater than 64KB',
    );
  });
});

describe('process-user-data', () => {
  test('no initdata: the dummy, its digest and PCR 8', () => {
    const files = new VmFiles();
    expect(provisionFiles(files, undefined, silentLogger)).toMatchObject({
      isDummy: true,
      digest: DUMMY_DIGEST,
      pcr8: '4b58b30becd30d16f7f60d56b32661d921ae0d3310c6a89f5d552f9bfee921a9',
      written: ['/run/peerpod/aa.toml'],
    });
    expect(files.readText('/run/peerpod/initdata.digest')).toBe(DUMMY_DIGEST);
    expect(files.readText('/run/peerpod/aa.toml')).toBe('');
  });

  test('only listed files are written; the others are still measured', () => {
    const files = new VmFiles();
    const toml =
      'algorithm = "sha256"\nversion = "0.1.0"\n[data]\n"policy.rego" = "package x"\n"apf.json" = "{}"\n"../../etc/shadow" = "x"\n';
    const userData = encodeUserData([
      { path: '/run/peerpod/initdata', content: encodeInitdata(toml) },
      { path: '/run/peerpod/../../etc/passwd', content: 'root' },
      { path: '/run/peerpod/daemon.json', content: '{}' },
    ]);
    const result = provisionFiles(files, userData, silentLogger);
    expect(result).toMatchObject({
      isDummy: false,
      written: ['/run/peerpod/initdata', '/run/peerpod/policy.rego'],
      skipped: [
        '/run/peerpod/../../etc/passwd',
        '/run/peerpod/daemon.json',
        'apf.json',
        '../../etc/shadow',
      ],
    });
    expect(files.list()).toEqual([
      '/run/peerpod/initdata',
      '/run/peerpod/initdata.digest',
      '/run/peerpod/policy.rego',
    ]);
  });

  test('a broken initdata stops the VM with the adaptor’s text', () => {
    const broken = encodeUserData([
      { path: '/run/peerpod/initdata', content: 'bm90IGd6aXAgYXQgYWxs' },
    ]);
    expect(() => provisionFiles(new VmFiles(), broken, silentLogger)).toThrow(
      'failed to extract initdata hash: Error parse initdata: gzip: invalid header',
    );
  });
});

test('paths are cleaned as by Go', () => {
  expect(cleanPath('/run/peerpod/./a//../b')).toBe('/run/peerpod/b');
  expect(cleanPath('/../../x')).toBe('/x');
});

test('every machine has its own address, claimed until it is closed', async () => {
  const pool = createAddressPool({ forwarderPort: 0, vxlanPort: 0 });
  const [a, b] = [await pool.claim(), await pool.claim()];
  expect(a.host === b.host).toBe(a.mode === 'shared-address');
  expect(a.vxlan.port).toBeGreaterThan(0);
  await a.close();
  const c = await pool.claim();
  // The freed address is not given again at once: somebody may still send to it.
  if (c.mode === 'own-address') expect([a.host, b.host]).not.toContain(c.host);
  await b.close();
  await c.close();
});

test('a machine without loopback range shares 127.0.0.1 and says so', async () => {
  const lines: string[] = [];
  const logger = {
    ...silentLogger,
    warn: (_fields: object, message: string) => void lines.push(message),
  };
  const pool = createAddressPool({
    forwarderPort: 15150,
    vxlanPort: 9000,
    prefix: '192.0',
    logger,
  });
  const [a, b] = [await pool.claim(), await pool.claim()];
  expect([a.host, b.host, a.mode]).toEqual(['127.0.0.1', '127.0.0.1', 'shared-address']);
  expect(a.agentPort).not.toBe(b.agentPort);
  expect(lines).toHaveLength(1);
  await Promise.all([a.close(), b.close()]);
});
