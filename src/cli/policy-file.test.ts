import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeDiskImage } from '#initdata';
import { endpoints } from '#wire';
import { folderOf, katasim, katasimWith } from './testing.ts';

const rego = [
  'package agent_policy',
  'import rego.v1',
  'default ExecProcessRequest := false',
  'ExecProcessRequest if input.process.Args == ["date"]',
  ...endpoints
    .filter(({ endpoint }) => endpoint !== 'ExecProcessRequest')
    .map(({ endpoint }) => `default ${endpoint} := true`),
  '',
].join('\n');
const toml = `version = "0.1.0"\nalgorithm = "sha384"\n\n[data]\n"policy.rego" = '''\n${rego}'''\n`;
const base64 = Buffer.from(rego).toString('base64');
const initdata = gzipSync(toml).toString('base64');
const pod = (key: string, value: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    ${key}: ${value}\nspec: {}\n`;

/** One file of a tar archive. Source: POSIX ustar. */
function tarEntry(name: string, text: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(Buffer.byteLength(text).toString(8).padStart(11, '0') + '\0', 124);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
  body.write(text);
  return Buffer.concat([header, body]);
}
const tar = (files: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([
    ...Object.entries(files).map(([name, text]) => tarEntry(name, text)),
    Buffer.alloc(1024),
  ]);

const CARRIERS: Readonly<Record<string, string | Uint8Array>> = {
  'Rego text': rego,
  'an initdata document': toml,
  'a gzipped initdata document': gzipSync(toml),
  'the initdata disk image': encodeDiskImage(Buffer.from(toml)),
  'the policy annotation’s value': base64,
  'the initdata annotation’s value': initdata,
  'a pod with a policy annotation': pod('io.katacontainers.config.agent.policy', base64),
  'a pod with initdata': pod('io.katacontainers.config.hypervisor.cc_init_data', initdata),
  'peer-pods-cm': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: peer-pods-cm\ndata:\n  INITDATA: "${initdata}"\n`,
  'an OPA bundle': gzipSync(tar({ '/data.json': '{}', '/policy.rego': rego, '/.manifest': '{}' })),
  'a tar archive': tar({ 'policy.rego': rego }),
};

const exec = JSON.stringify({ kind: 'ExecProcessRequest', request: { process: { Args: ['id'] } } });
const cases =
  '- {description: id, kind: ExecProcessRequest, request: {process: {Args: [id]}}, verdict: deny}\n';

describe.each(Object.entries(CARRIERS))('%s', (_carrier, content) => {
  test.each([
    { note: 'eval', argv: ['eval', 'POLICY', 'ExecProcessRequest', 'exec.json'], code: 1 },
    { note: 'explain', argv: ['explain', 'POLICY', 'exec.json'], code: 1 },
    { note: 'test', argv: ['test', 'POLICY', 'cases.yaml'], code: 0 },
    { note: 'replay', argv: ['replay', 'POLICY', 'exec.json'], code: 0 },
    { note: 'coverage', argv: ['coverage', 'POLICY', 'cases.yaml'], code: 0 },
    { note: 'diff', argv: ['diff', 'POLICY', 'POLICY', 'cases.yaml'], code: 0 },
    { note: 'bench', argv: ['bench', 'POLICY', 'cases.yaml', '--duration', '1ms'], code: 0 },
    { note: 'check', argv: ['check', 'POLICY'], code: 0 },
    { note: 'can-i', argv: ['can-i', 'exec', 'POLICY', '--', 'date'], code: 0 },
  ])('$note takes it', async ({ argv, code }) => {
    await using folder = await folderOf({
      POLICY: content,
      'exec.json': exec,
      'cases.yaml': cases,
    });
    const files = new Set(['POLICY', 'exec.json', 'cases.yaml']);
    const answer = await katasim(
      'policy',
      ...argv.map((word) => (files.has(word) ? folder.path(word) : word)),
    );
    expect(answer, answer.stderr).toMatchObject({ code });
  });
});

test('mutate takes it: a pod that is recorded under the policy', async () => {
  await using folder = await folderOf({
    'policy.toml': toml,
    'log.jsonl': JSON.stringify({
      kind: 'ExecProcessRequest',
      request: { container_id: 'c', process: { Args: ['date'] } },
    }),
  });
  const { code, stderr } = await katasim(
    'policy',
    'mutate',
    folder.path('policy.toml'),
    folder.path('log.jsonl'),
  );
  expect([0, 1], stderr).toContain(code);
});

describe('a compiled module', () => {
  const wasm = readFileSync(join(import.meta.dirname, '../gate/testdata/compiled/policy.wasm'));

  test('decides', async () => {
    await using folder = await folderOf({ 'p.wasm': wasm, 'exec.json': exec });
    const { stdout, code } = await katasim(
      'policy',
      'eval',
      folder.path('p.wasm'),
      'ExecProcessRequest',
      folder.path('exec.json'),
    );
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'allow ExecProcessRequest']);
  });

  test.each(['check', 'explain', 'coverage', 'can-i'])('%s says what it lacks', async (verb) => {
    await using folder = await folderOf({ 'p.wasm': wasm, 'exec.json': exec });
    const operands = verb === 'check' ? [] : [folder.path('exec.json')];
    const argv =
      verb === 'can-i'
        ? ['can-i', 'exec', folder.path('p.wasm')]
        : [verb, folder.path('p.wasm'), ...operands];
    const { code, stderr } = await katasim('policy', ...argv);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('is a compiled policy without Rego'),
    ]);
  });
});

test.each([
  [
    'two policies of a manifest',
    `${pod('io.katacontainers.config.agent.policy', base64)}---\n${pod('io.katacontainers.config.agent.policy', Buffer.from('package agent_policy\n# another one\n').toString('base64'))}`,
    'holds 2 policies',
  ],
  [
    'a bundle with data',
    tar({ 'data.json': '{"a": 1}', 'policy.rego': rego }),
    'has data beside its Rego',
  ],
  ['a bundle with two texts', tar({ 'a.rego': rego, 'b.rego': rego }), 'has 2 Rego files'],
  ['a bundle without a policy', tar({ 'data.json': '{}' }), 'no policy.wasm and no Rego'],
  ['damaged gzip', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), 'gzip stream is damaged'],
])('%s is refused in one sentence', async (_note, content, message) => {
  await using folder = await folderOf({ p: content, 'exec.json': exec });
  const { code, stderr } = await katasim(
    'policy',
    'explain',
    folder.path('p'),
    folder.path('exec.json'),
  );
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test('a policy comes from standard input in any carrier', async () => {
  await using folder = await folderOf({ 'exec.json': exec });
  const argv = ['policy', 'eval', '-', 'ExecProcessRequest', folder.path('exec.json')];
  const { code, stdout } = await katasimWith({ stdin: CARRIERS['an OPA bundle'] ?? '' }, ...argv);
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^deny/)]);
});
