import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diagnoseInitdata, encodeDiskImage, encodeInitdata } from './index.ts';
import { findToml11 } from './toml11.ts';

const GOOD =
  "algorithm = \"sha256\"\nversion = \"0.1.0\"\n\n[data]\n\"aa.toml\" = '''\n[token_configs]\n'''\n\"policy.rego\" = '''\npackage agent_policy\n'''\n";
const value = encodeInitdata(GOOD);
const base64 = (data: string | Uint8Array): string => Buffer.from(data).toString('base64');
const text = (from: string | RegExp, to: string): string => encodeInitdata(GOOD.replace(from, to));

test('a good value has no finding', () => {
  expect(diagnoseInitdata(value)).toMatchObject({
    ok: true,
    layers: ['base64', 'gzip', 'toml'],
    findings: [],
    upstream: undefined,
  });
});

test.each([
  {
    note: 'double base64',
    input: base64(value),
    code: 'double-base64',
    upstream: 'gzip: invalid header',
  },
  {
    note: 'missing gzip',
    input: base64(GOOD),
    code: 'missing-gzip',
    upstream: 'gzip: invalid header',
  },
  {
    note: 'URL-safe alphabet',
    input: 'H4sI' + value.slice(4).replace(/[A-Z]/, '-'),
    code: 'url-safe',
    upstream: /^illegal base64 data/,
  },
  {
    note: 'cut in the middle',
    input: value.slice(0, 60),
    code: 'truncated',
    upstream: 'unexpected EOF',
  },
  {
    note: 'one character short',
    input: value.slice(0, 61),
    code: 'truncated',
    upstream: 'unexpected EOF',
  },
  {
    note: 'zlib, not gzip',
    input: base64(deflateSync(GOOD)),
    code: 'not-gzip',
    upstream: 'gzip: invalid header',
  },
  {
    note: 'gzip twice',
    input: base64(gzipSync(gzipSync(GOOD))),
    code: 'wrong-order',
    upstream: /^toml: invalid character at start of key: /,
  },
  {
    note: 'quotes inside',
    input: `"${value}"`,
    code: 'quoted',
    upstream: 'illegal base64 data at input byte 0',
  },
  {
    note: 'blanks from YAML folding',
    input: value.replace(/(.{40})/g, '$1 '),
    code: 'blanks',
    upstream: /^illegal base64/,
  },
  {
    note: 'algorithm',
    input: text('sha256', 'sha-256'),
    code: 'wrong-algorithm',
    upstream: 'Error creating initdata digest, algorithm sha-256 is not supported',
  },
  { note: 'version', input: text('0.1.0', '0.2.0'), code: 'wrong-version', upstream: undefined },
  {
    note: 'TOML 1.1 escape',
    input: text('[data]', '[data]\n"x" = "\\e"'),
    code: 'toml-1.1',
    upstream: undefined,
  },
  {
    note: 'a number in data',
    input: text('[data]', '[data]\nx = 1'),
    code: 'not-toml',
    upstream:
      'toml: cannot decode TOML integer into struct field initdata.InitDataBody.Data of type map[string]string',
  },
  {
    note: 'JSON',
    input: encodeInitdata('{"version": "0.1.0"}'),
    code: 'not-toml',
    upstream: 'toml: invalid character at start of key: {',
  },
  {
    note: 'broken aa.toml',
    input: text('[token_configs]', '[token_configs'),
    code: 'inner-toml',
    upstream: undefined,
  },
  { note: 'empty', input: '', code: 'empty', upstream: 'EOF' },
  {
    note: 'base64 of noise',
    input: base64(Uint8Array.from({ length: 60 }, (_, i) => (i * 37 + 200) & 0xff)),
    code: 'not-gzip',
    upstream: 'gzip: invalid header',
  },
  {
    note: 'gzip of noise',
    input: base64(gzipSync(Uint8Array.from({ length: 60 }, (_, i) => (i * 37 + 200) & 0xff))),
    code: 'not-toml',
    upstream: /^toml: invalid character at start of key: /,
  },
  {
    note: 'words',
    input: 'hello world',
    code: 'unknown',
    upstream: 'illegal base64 data at input byte 5',
  },
  { note: 'one word', input: 'null', code: 'unknown', upstream: 'unexpected EOF' },
  {
    note: 'signs',
    input: '%%%%',
    code: 'unknown',
    upstream: 'illegal base64 data at input byte 0',
  },
  { note: 'a word in base64', input: base64('hello world'), code: 'not-gzip', upstream: /gzip/ },
  {
    note: 'UTF-16',
    input: encodeInitdata(Buffer.from(`\ufeff${GOOD}`, 'utf16le')),
    code: 'not-utf8',
    upstream: /^toml: invalid character at start of key: /,
  },
])('$note: error $code', ({ input, code, upstream }) => {
  const diagnosis = diagnoseInitdata(input);
  expect(diagnosis.ok).toBe(false);
  expect(
    diagnosis.findings.filter(({ severity }) => severity === 'error').map((f) => f.code),
  ).toContain(code);
  if (upstream === undefined) expect(diagnosis.upstream).toBeUndefined();
  else expect(diagnosis.upstream).toMatch(upstream);
});

test.each([
  { note: 'CR LF', input: encodeInitdata(GOOD.replaceAll('\n', '\r\n')), code: 'crlf' },
  {
    note: 'stripped final newline',
    input: encodeInitdata(GOOD.trimEnd()),
    code: 'no-final-newline',
  },
  { note: 'wrapped lines', input: value.replace(/(.{40})/g, '$1\n'), code: 'wrapped' },
  {
    note: 'a key that no part reads',
    input: text('"policy.rego"', '"policy.reg"'),
    code: 'ignored-key',
  },
])('$note: warning $code, still good', ({ input, code }) => {
  const diagnosis = diagnoseInitdata(input);
  expect(diagnosis).toMatchObject({ ok: true, upstream: undefined });
  expect(diagnosis.findings).toContainEqual(expect.objectContaining({ code, severity: 'warning' }));
});

test('a line pasted from a manifest names its key', () => {
  const pasted = `    io.katacontainers.config.runtime.cc_init_data: "${value}"`;
  const diagnosis = diagnoseInitdata(pasted);
  expect(diagnosis).toMatchObject({ ok: true, layers: ['base64', 'gzip', 'toml'] });
  expect(diagnosis.findings.map(({ code }) => code)).toEqual(['pasted-with-key', 'old-key']);
});

test.each([
  { note: 'TOML', input: GOOD, layers: ['toml'] },
  { note: 'gzip', input: gzipSync(GOOD), layers: ['gzip', 'toml'] },
  { note: 'disk image', input: encodeDiskImage(Buffer.from(GOOD)), layers: ['image', 'toml'] },
])('a file that is not yet a value is taken as such: $note', ({ input, layers }) => {
  expect(diagnoseInitdata(input)).toMatchObject({ ok: true, layers });
});

test.each(['hello world', '%%%%', 'null', base64('hello world')])(
  'unrecognised input gets one error: %s',
  (input) => {
    const { findings } = diagnoseInitdata(input);
    expect(findings.filter(({ severity }) => severity === 'error')).toHaveLength(1);
  },
);

test('the caller checks the files inside', () => {
  const document = encodeInitdata(GOOD);
  const diagnosis = diagnoseInitdata(document, {
    checkFile: (name, content) =>
      name === 'policy.rego' && content.includes('agent_policy')
        ? [{ severity: 'error', code: 'bad-policy', message: `${name}:2:1: no`, hint: 'fix it' }]
        : [],
  });
  expect(diagnosis.ok).toBe(false);
  expect(diagnosis.findings).toEqual([
    {
      layer: 'data',
      severity: 'error',
      code: 'bad-policy',
      message: 'policy.rego:2:1: no',
      hint: 'fix it',
    },
  ]);
});

test('TOML 1.1 is told from strings that look like it', () => {
  const plain =
    'a = \'\\e\'\n# \\e {\nb = """x\n\\u0041"""\nc = [1,\n 2,]\nd = 10:30:00\ne = "10:30"\nf = {a = 1}\n';
  expect(findToml11(plain)).toEqual([]);
  expect(
    findToml11('a = "\\x41"\nb = { c = 1,\n}\nd = 10:30\n').map(
      ({ what, line }) => `${line} ${what}`,
    ),
  ).toEqual([
    '1 the escape \\x',
    '2 a line break in an inline table',
    '3 a trailing comma in an inline table',
    '4 a time without seconds',
  ]);
});

test('no input makes the doctor throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      diagnoseInitdata(bytes);
      diagnoseInitdata(base64(bytes));
      diagnoseInitdata(Buffer.from(bytes).toString('latin1'));
    }),
  );
});
