import { describe, expect, test } from 'vitest';
import { folderOf, katasim } from '../../testing.ts';

const allow = 'package agent_policy\nimport rego.v1\ndefault ExecProcessRequest := true\n';
const deny = allow.replace('true', 'false');
const denied =
  '- {description: exec, kind: ExecProcessRequest, request: {process: {Args: [id]}}, verdict: deny}\n';
/** `a.rego` beside the cases would pass them; the policy that is named does not. */
const files = {
  'a.rego': deny,
  'a.cases.yaml': denied,
  'b.rego': allow,
  'b.toml': `version = "0.1.0"\nalgorithm = "sha256"\n[data]\n"policy.rego" = '''\n${allow}'''\n`,
  'b.b64': Buffer.from(`${allow}# long enough for a value that says what it is\n`).toString(
    'base64',
  ),
};

describe('what is tested does not depend on the order of operands', () => {
  test.each(['b.rego', 'b.toml', 'b.b64'])('%s before or after its cases', async (policy) => {
    await using folder = await folderOf(files);
    const [cases, named] = [folder.path('a.cases.yaml'), folder.path(policy)];
    const before = await katasim('policy', 'test', named, cases, '-o', 'json');
    const after = await katasim('policy', 'test', cases, named, '-o', 'json');
    expect(before.code, before.stderr).toBe(1);
    expect(after.code, after.stderr).toBe(1);
    const suites = (text: string): unknown =>
      (JSON.parse(text) as { suites: { policy: string; file: string }[] }).suites.map(
        ({ policy: used, file }) => [used, file],
      );
    expect(suites(after.stdout)).toEqual(suites(before.stdout));
    expect(suites(after.stdout)).toEqual([[named, cases]]);
  });

  test.each([
    ['a.cases.yaml', 'a.rego', 'b.rego'],
    ['a.rego', 'a.cases.yaml', 'b.rego'],
    ['a.rego', 'b.toml', 'a.cases.yaml'],
  ])('two policies (%s %s %s) are refused', async (...names) => {
    await using folder = await folderOf(files);
    const { code, stderr } = await katasim('policy', 'test', ...names.map(folder.path));
    expect([code, stderr]).toEqual([2, expect.stringContaining('2 policies given')]);
  });

  test('a policy without cases is no green run', async () => {
    await using folder = await folderOf(files);
    const { code, stderr } = await katasim('policy', 'test', folder.path('b.rego'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('no test cases in')]);
  });

  test('cases alone take the policy beside them', async () => {
    await using folder = await folderOf(files);
    expect(await katasim('policy', 'test', folder.path('a.cases.yaml'))).toMatchObject({ code: 0 });
  });
});

test('other commands refuse operands in another order instead of guessing', async () => {
  await using folder = await folderOf(files);
  const [policy, cases] = [folder.path('b.rego'), folder.path('a.cases.yaml')];
  for (const verb of ['replay', 'coverage', 'bench', 'mutate', 'explain']) {
    const { code, stderr } = await katasim('policy', verb, cases, policy);
    expect([verb, code, stderr]).toEqual([verb, 2, expect.stringContaining('error:')]);
  }
});

test('a plan writes the pairs out; operands beside it are refused', async () => {
  await using folder = await folderOf(files);
  const pair = { policy: folder.path('b.rego'), file: folder.path('a.cases.yaml') };
  await using plans = await folderOf({ 'plan.json': JSON.stringify([pair]), 'bad.json': '{}' });
  const run = (...argv: readonly string[]) => katasim('policy', 'test', '--plan', ...argv);
  expect(await run(plans.path('plan.json'))).toMatchObject({ code: 1 });
  expect(await run(plans.path('bad.json'))).toMatchObject({ code: 2 });
  expect(await run(plans.path('plan.json'), pair.file)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('mutually exclusive'),
  });
});
