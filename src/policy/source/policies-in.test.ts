import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { kataProfile } from '#gate';
import { checkPolicy } from '../check/check-policy.ts';
import { relocate } from '../check/relocate.ts';
import { kindOfPolicyFile, policiesIn } from './policies-in.ts';

const rego = 'package agent_policy\n\ndefault ExecProcesRequest := false\n';
const toml = `version = "0.1.0"\nalgorithm = "sha384"\n\n[data]\n"policy.rego" = '''\n${rego}'''\n`;
const base64 = Buffer.from(rego).toString('base64');
const initdata = gzipSync(toml).toString('base64');
const pod = (annotations: string): string =>
  `# a pod\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n${annotations}\nspec: {}\n`;

/** Where the mistyped endpoint is said to be. */
async function places(text: string): Promise<readonly string[]> {
  const policies = await policiesIn(text, 'file');
  return policies.flatMap((policy) =>
    checkPolicy(policy.text, 'file', kataProfile())
      .findings.filter(({ id }) => id === 'endpoint-unknown')
      .map((finding) => relocate(finding, policy))
      .map(({ location, message }) => `${location.line}:${location.column ?? ''} ${message}`),
  );
}

const said = 'ExecProcesRequest is not an endpoint: the agent never asks for it';

describe('a policy is found and its lines are those of the file', () => {
  test.each([
    ['Rego', rego, `3:1 ${said}`],
    ['an initdata document', toml, `8:1 ${said}`],
    [
      'an initdata document with escapes',
      toml.replaceAll("'''", '"""').replace('package', 'pack\\u0061ge'),
      `5: ${said} (line 3 of the policy in initdata)`,
    ],
    [
      'a policy annotation’s value',
      base64,
      `1: ${said} (line 3 of the policy in the annotation value)`,
    ],
    [
      'an initdata annotation’s value',
      initdata,
      `1: ${said} (line 3 of the policy in the annotation value)`,
    ],
    [
      'a pod with a policy annotation',
      pod(`    io.katacontainers.config.agent.policy: ${base64}`),
      `7:44 ${said} (line 3 of the policy in the policy annotation)`,
    ],
    [
      'a pod with initdata',
      pod(`    io.katacontainers.config.hypervisor.cc_init_data: ${initdata}`),
      `7:55 ${said} (line 3 of the policy in the initdata annotation)`,
    ],
    [
      'peer-pods-cm',
      `kind: ConfigMap\ndata:\n  INITDATA: "${initdata}"\n`,
      `3:13 ${said} (line 3 of the policy in INITDATA)`,
    ],
  ])('%s', async (_note, text, want) => {
    expect(await places(text)).toEqual([want]);
  });

  test('every document of a file counts, and a manifest as JSON too', async () => {
    const one = pod(`    io.katacontainers.config.agent.policy: ${base64}`);
    expect(await places(`${one}---\n${one}`)).toHaveLength(2);
    const json = { metadata: { annotations: { 'io.katacontainers.config.agent.policy': base64 } } };
    expect(await places(JSON.stringify(json))).toHaveLength(1);
  });
});

test('broken initdata is told with its line', async () => {
  await expect(policiesIn(toml.replace('[data]', '[data'), 'file')).rejects.toThrow('line 4');
});

describe('what holds no policy is one located error', () => {
  test.each([
    ['a pod without annotations', pod('    a: b'), 'CHECK_NO_POLICY', undefined],
    [
      'initdata without a policy',
      toml.replace('policy.rego', 'aa.toml'),
      'CHECK_NO_POLICY',
      undefined,
    ],
    // The Go reader's words have the place in them.
    ['broken initdata', toml.replace('[data]', '[data'), 'INITDATA_NOT_TOML', undefined],
    [
      'noise in an annotation',
      pod(`    io.katacontainers.config.agent.policy: ${'gYA='.repeat(20)}`),
      'CHECK_NO_POLICY',
      7,
    ],
    ['broken YAML', 'apiVersion: v1\nkind: "Pod\n', 'CHECK_YAML', 3],
    [
      'a cut annotation',
      pod(`    io.katacontainers.config.hypervisor.cc_init_data: ${initdata.slice(0, 80)}`),
      'INITDATA_NOT_GZIP',
      7,
    ],
  ])('%s', async (_note, text, code, line) => {
    await expect(policiesIn(text, 'file')).rejects.toMatchObject({
      code,
      location: { file: 'file', ...(line !== undefined && { line }) },
    });
  });
});

test.each([
  ['', 'rego'],
  ['# comment\n\npackage x', 'rego'],
  ['import rego.v1', 'rego'],
  ['[data]\n', 'initdata'],
  ['---\na: b', 'manifest'],
  ['{"kind": "Pod"}', 'manifest'],
  ['\u0000\u0001', 'rego'],
])('%j is %s', (text, want) => {
  expect(kindOfPolicyFile(text)).toBe(want);
});

test('aliases of a YAML that expand without end are not followed', async () => {
  const levels = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`);
  const bomb = `kind: Pod\na: &a [x]\n${levels.join('\n').replace('*a-1, *a-1', '*a, *a')}\n`;
  await expect(policiesIn(bomb, 'file')).rejects.toMatchObject({ code: 'CHECK_NO_POLICY' });
});
