import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeDiskImage,
  decodeInitdata,
  decodeInitdataBytes,
  diffInitdata,
  digestBytes,
  digestInitdata,
  DUMMY_INITDATA,
  encodeDiskImage,
  encodeInitdata,
  INITDATA_ANNOTATION,
  INITDATA_ANNOTATION_OLD,
  initdataAnnotationKey,
  parseInitdata,
  pcr8,
  platformField,
  rvpsConfigMap,
  type InitdataReader,
} from './index.ts';
import { decodeBase64Stream } from './base64.ts';

const SAMPLE_S =
  'algorithm = "sha384"\nversion = "0.1.0"\n\n[data]\n"policy.rego" = \'\'\'\npackage agent_policy\n\ndefault ExecProcessRequest := false\n\'\'\'\n';
const DIGEST_S =
  '38961a0a35db43d703e1a4b8cea40525c7bd019d0b27cec590c0ee1322d2aa91a7326d01b8cf4f902d3ba2e1cc53ed6b';

const codeOf = (action: () => unknown): { code: string; message: string } => {
  try {
    action();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('expected a failure');
};

const attempt = (action: () => string): string => {
  try {
    return action();
  } catch (error) {
    return (error as Error).message;
  }
};

describe('digests of the published documents', () => {
  test.each([
    {
      note: 'the dummy',
      toml: DUMMY_INITDATA,
      length: 66,
      digest: 'adb48cc14fea9403d3d51f3b5f5068fd4d80445a14e94f1b3d5dbabaad66478d',
      pcr: '4b58b30becd30d16f7f60d56b32661d921ae0d3310c6a89f5d552f9bfee921a9',
    },
    {
      note: 'sample S',
      toml: SAMPLE_S,
      length: 129,
      digest: DIGEST_S,
      pcr: '0c6eec2774add2c1e1b9cd9abd947fcd4427a3ee3bbb8897bebc494c73c8d93a',
    },
    {
      note: 'sample S without its final newline',
      toml: SAMPLE_S.slice(0, -1),
      length: 128,
      digest:
        '1fe98cf7aaf9397b30800c20b2bc4acf7d6f1b9d50debe9736ab7a44a62d2a9bb34c3902b4bf743d8e89a030fedadb9a',
      pcr: undefined,
    },
  ])('$note', ({ toml, length, digest, pcr }) => {
    const document = decodeInitdata(encodeInitdata(toml));
    expect(document.bytes.length).toBe(length);
    expect(digestInitdata(document)).toBe(digest);
    if (pcr !== undefined) expect(pcr8(digest)).toBe(pcr);
  });

  test('the sha256sum recipe on a sha384 document gives another PCR 8', () => {
    const sha256 = digestBytes(Buffer.from(SAMPLE_S), 'sha256');
    expect(sha256).toBe('a69a8c74faa684d3fad21f32762c2791c8e4876043e93f42c7d386c1389984fe');
    expect(pcr8(sha256)).toBe('28baac4d7248719f9b806ebe64c6a11164802aaebd5e5f9bde667b92c5419fec');
  });

  test.each([
    { platform: 'snp', size: 32, tail: DIGEST_S.slice(56, 64) },
    { platform: 'tdx', size: 48, tail: DIGEST_S.slice(-8) },
    { platform: 'cca', size: 64, tail: '00000000' },
    { platform: 'sgx', size: 64, tail: '00000000' },
    { platform: 'se', size: 256, tail: '00000000' },
    { platform: 'none', size: 48, tail: DIGEST_S.slice(-8) },
  ] as const)('$platform takes $size bytes', ({ platform, size, tail }) => {
    const field = platformField(DIGEST_S, platform);
    expect(field.bytes.length).toBe(size);
    expect(field.hex.startsWith(DIGEST_S.slice(0, 64))).toBe(true);
    expect(field.hex.slice(-8)).toBe(tail);
    expect(Buffer.from(field.base64, 'base64').equals(field.bytes)).toBe(true);
  });

  test('what is no digest is refused', () => {
    expect(codeOf(() => pcr8('zz')).code).toBe('INITDATA_DIGEST');
  });
});

describe('the annotation value', () => {
  const value = encodeInitdata(SAMPLE_S);
  const plain = Buffer.from(SAMPLE_S).toString('base64');

  test('gzip and base64 of the command line are read too', () => {
    const bytes = decodeInitdataBytes(gzipSync(SAMPLE_S).toString('base64') + '\n');
    expect(Buffer.from(bytes).toString()).toBe(SAMPLE_S);
  });

  test('encoding is deterministic and standard', () => {
    expect(encodeInitdata(SAMPLE_S)).toBe(value);
    expect(value).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
  });

  test.each<{ note: string; value: string; reader?: InitdataReader; message: string }>([
    { note: 'plain base64 of TOML', value: plain, message: 'gzip: invalid header' },
    { note: 'garbage', value: '*nonsense*', message: 'illegal base64 data at input byte 0' },
    { note: 'URL-safe', value: 'H4sI-___', message: 'illegal base64 data at input byte 4' },
    { note: 'empty', value: '', message: 'EOF' },
    { note: 'truncated', value: value.slice(0, 40), message: 'unexpected EOF' },
    {
      note: 'padding removed',
      value: value.replace(/=+$/, '').slice(0, -1),
      message: 'unexpected EOF',
    },
    {
      note: 'no gzip, Go shim',
      value: plain,
      reader: 'runtime-go',
      message: 'initdata create gzip reader error: gzip: invalid header',
    },
    {
      note: 'truncated, Go shim',
      value: value.slice(0, 40),
      reader: 'runtime-go',
      message: 'uncompressing initdata with gzip error: unexpected EOF',
    },
    {
      note: 'garbage, runtime-rs',
      value: '*',
      reader: 'runtime-rs',
      message: 'decoding initdata annotation failed: base64 decode: unexpected EOF',
    },
  ])('$note: $message', ({ value: text, reader = 'adaptor', message }) => {
    expect(codeOf(() => decodeInitdataBytes(text, { reader })).message).toBe(message);
  });

  test('a bomb is stopped at the limit', () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20)).toString('base64');
    expect(codeOf(() => decodeInitdataBytes(bomb)).code).toBe('INITDATA_TOO_LARGE');
    expect(codeOf(() => decodeInitdataBytes('A'.repeat(300), { maxBytes: 100 })).code).toBe(
      'INITDATA_TOO_LARGE',
    );
  });

  test('a flipped bit never gives another document', () => {
    const bytes = Buffer.from(value, 'base64');
    for (let i = 10; i < bytes.length; i++) {
      const bad = Buffer.from(bytes);
      bad.writeUInt8(bad.readUInt8(i) ^ 0x10, i);
      const outcome = attempt(() =>
        Buffer.from(decodeInitdataBytes(bad.toString('base64'))).toString(),
      );
      // A few bits only fill the last byte up before the check sum; flipping those changes nothing.
      if (outcome !== SAMPLE_S) expect(outcome).toMatch(/^(gzip: |flate: |unexpected EOF)/);
    }
  });

  test('each adaptor version reads one key', () => {
    expect(initdataAnnotationKey('v0.15.1')).toBe(INITDATA_ANNOTATION_OLD);
    expect(initdataAnnotationKey('0.16.0')).toBe(INITDATA_ANNOTATION);
    expect(initdataAnnotationKey()).toBe(INITDATA_ANNOTATION);
  });
});

describe('base64 as Go streams it', () => {
  test('agrees with Buffer on every valid text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        const stream = decodeBase64Stream(text.replace(/(.{76})/g, '$1\r\n'));
        expect(stream.error).toBeUndefined();
        expect(Buffer.from(stream.bytes).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });

  test.each([
    { text: 'QUJD!UJD', error: 'illegal base64 data at input byte 4', bytes: 'ABC', at: 4 },
    { text: 'QQ==QUJD', error: 'illegal base64 data at input byte 4', bytes: 'A', at: 4 },
    { text: 'QQ=A', error: 'illegal base64 data at input byte 2', bytes: '', at: 2 },
    { text: 'Q===', error: 'illegal base64 data at input byte 1', bytes: '', at: 1 },
    { text: 'QUJDQ', error: 'unexpected EOF', bytes: 'ABC', at: 5 },
    {
      text: `${'QUJD'.repeat(256)}QU D`,
      error: 'illegal base64 data at input byte 2',
      bytes: 'ABC'.repeat(256),
      at: 1026,
    },
  ])('$text', ({ text, error, bytes, at }) => {
    const stream = decodeBase64Stream(text);
    expect(stream).toMatchObject({ error, errorAt: at });
    expect(Buffer.from(stream.bytes).toString()).toBe(bytes);
  });
});

describe('parsing as each part does', () => {
  const toml = (version: string, algorithm: string, rest = '[data]\n'): string =>
    `version = "${version}"\nalgorithm = "${algorithm}"\n${rest}`;
  test.each<{ note: string; text: string; reader: InitdataReader; message: string | RegExp }>([
    {
      note: 'version, agent',
      text: toml('0.2.0', 'sha256'),
      reader: 'agent',
      message: 'unsupported version: 0.2.0, expected: 0.1.0',
    },
    {
      note: 'algorithm, agent',
      text: toml('0.1.0', 'sha-256'),
      reader: 'agent',
      message: 'unsupported algorithm: sha-256, supported algorithms: sha256, sha384, sha512',
    },
    {
      note: 'algorithm, adaptor',
      text: toml('9', 'md5'),
      reader: 'adaptor',
      message: 'Error creating initdata digest, algorithm md5 is not supported',
    },
    {
      note: 'missing field, agent',
      text: 'version = "0.1.0"\n[data]\n',
      reader: 'agent',
      message: 'parse initdata failed: missing field `algorithm`',
    },
    {
      note: 'missing field, runtime-rs',
      text: '[data]\n',
      reader: 'runtime-rs',
      message: 'parse initdata: missing field `version`',
    },
    {
      note: 'syntax, Go shim',
      text: 'x',
      reader: 'runtime-go',
      message: /^parsing initdata annotation failed: .*line 1, column 1/,
    },
    {
      note: 'non-string data',
      text: toml('0.1.0', 'sha256', '[data]\na = 1\n'),
      reader: 'agent',
      message: 'parse initdata failed: data.a is a number, not a string',
    },
    {
      note: 'unquoted key with a dot',
      text: toml('0.1.0', 'sha256', '[data]\npolicy.rego = "x"\n'),
      reader: 'agent',
      message: /did you mean "policy.rego" in quotes\?$/,
    },
  ])('$note', ({ text, reader, message }) => {
    expect(codeOf(() => parseInitdata(text, { reader })).message).toMatch(message);
  });

  test('Go checks no version and leaves data empty', () => {
    const document = parseInitdata('algorithm = "sha512"\n', { reader: 'adaptor' });
    expect(document).toMatchObject({ version: '', algorithm: 'sha512', data: new Map() });
  });

  test('bytes that are not UTF-8 are located', () => {
    const bytes = Buffer.concat([Buffer.from('a = "é'), Buffer.from([0xff])]);
    expect(codeOf(() => parseInitdata(bytes)).message).toBe('initdata is not UTF-8 at byte 7');
  });

  test('any text either parses or fails with a code', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        try {
          parseInitdata(text);
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^INITDATA_/);
        }
      }),
    );
  });
});

describe('the disk image', () => {
  const image = Buffer.from(encodeDiskImage(Buffer.from(SAMPLE_S)));

  test('magic, length, stream, zeros to a sector', () => {
    expect(image.subarray(0, 8).toString()).toBe('initdata');
    expect(image.length % 512).toBe(0);
    const length = Number(image.readBigUInt64LE(8));
    expect(image.subarray(16, 18).toString('hex')).toBe('1f8b');
    expect(image.subarray(16 + length).every((byte) => byte === 0)).toBe(true);
    expect(Buffer.from(decodeDiskImage(image)).toString()).toBe(SAMPLE_S);
  });

  test.each([
    { note: 'no magic', bytes: Buffer.from('initdatx'), reason: 'the magic is missing' },
    { note: 'cut header', bytes: image.subarray(0, 12), reason: 'the header is cut' },
    { note: 'cut body', bytes: image.subarray(0, 40), reason: /length field says/ },
    {
      note: 'absurd length',
      bytes: Buffer.concat([Buffer.from('initdata'), Buffer.alloc(8, 0xff)]),
      reason: /18446744073709551615/,
    },
  ])('$note', ({ bytes, reason }) => {
    expect(codeOf(() => decodeDiskImage(bytes)).message).toMatch(reason);
  });
});

test('two documents are compared by key, byte and digest', () => {
  const left = parseInitdata(SAMPLE_S);
  const right = parseInitdata(SAMPLE_S.replace(':= false', ':= true') + '"aa.toml" = ""\n');
  expect(diffInitdata(left, right)).toMatchObject({
    keys: [
      { key: 'aa.toml', change: 'added' },
      { key: 'policy.rego', change: 'changed', at: { line: 3, column: 31 } },
    ],
    bytes: { equal: false, firstDifference: 119 },
    digestEqual: false,
    note: undefined,
  });
  expect(diffInitdata(left, parseInitdata(SAMPLE_S.slice(0, -1)))).toMatchObject({
    keys: [],
    digestEqual: false,
    note: 'Only the end of the file differs (a final newline, most likely).',
  });
  expect(diffInitdata(left, left)).toMatchObject({
    keys: [],
    bytes: { equal: true },
    digestEqual: true,
  });
});

test('RVPS reference values, old and new', () => {
  const options = { pcr8: 'ab'.repeat(32), expiration: '2026-12-12T00:00:00Z' };
  const older = rvpsConfigMap({ ...options, format: 'older' });
  expect(older.metadata.name).toBe('rvps-reference-values');
  expect(JSON.parse(older.data['reference-values.json'])).toEqual([
    {
      name: 'pcr08',
      expiration: options.expiration,
      'hash-value': [{ alg: 'sha256', value: options.pcr8 }],
    },
  ]);
  const newer = rvpsConfigMap({ ...options, format: 'newer' });
  expect(newer.metadata.name).toBe('trusteeconfig-rvps-reference-values');
  expect(JSON.parse(newer.data['reference-values.json'])).toEqual([
    { name: 'snp_pcr08', expiration: options.expiration, value: [options.pcr8] },
    { name: 'tdx_pcr08', expiration: options.expiration, value: [options.pcr8] },
  ]);
});
