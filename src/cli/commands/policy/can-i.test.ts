import { describe, expect, test } from 'vitest';
import { endpoints } from '#wire';
import { folderOf, katasim } from '../../testing.ts';

const policy = (rules: string): string =>
  [
    'package agent_policy',
    'import rego.v1',
    rules,
    ...endpoints
      .filter(({ endpoint }) => !rules.includes(`default ${endpoint} `))
      .map(({ endpoint }) => `default ${endpoint} := true`),
    '',
  ].join('\n');
const onlyDate = policy(
  'default ExecProcessRequest := false\nExecProcessRequest if input.process.Args == ["date"]',
);
const ofState = policy(
  'default ExecProcessRequest := false\nExecProcessRequest if {\n  input.process.Args == ["date"]\n  input.container_id == "c1"\n}',
);
const noSecond = policy(
  'default CreateContainerRequest := false\nCreateContainerRequest if input.OCI.Annotations["io.kubernetes.cri.container-type"] == "sandbox"',
);
const pod =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: busybox, command: [sleep, "100"]}]}\n';

async function ask(text: string, ...argv: readonly string[]) {
  await using folder = await folderOf({ 'p.rego': text, 'pod.yaml': pod });
  const words = argv.map((word) => (/\.(rego|yaml)$/.test(word) ? folder.path(word) : word));
  return await katasim('policy', 'can-i', ...words);
}

describe('the exit code says yes, no, or that it depends', () => {
  test.each([
    { note: 'no command is given', text: onlyDate, argv: ['exec', 'p.rego'], code: 4 },
    {
      note: 'the command is allowed',
      text: onlyDate,
      argv: ['exec', 'p.rego', '--', 'date'],
      code: 0,
    },
    {
      note: 'the command is not allowed',
      text: onlyDate,
      argv: ['exec', 'p.rego', '--', 'sh'],
      code: 1,
    },
    {
      note: 'the allowed command has another argument',
      text: onlyDate,
      argv: ['exec', 'p.rego', '--', 'date', '-u'],
      code: 1,
    },
    {
      note: 'the command is allowed, and the container is another',
      text: ofState,
      argv: ['exec', 'p.rego', '--', 'date'],
      code: 4,
    },
    { note: 'neither is allowed', text: ofState, argv: ['exec', 'p.rego', '--', 'sh'], code: 1 },
    { note: 'everything is allowed', text: policy(''), argv: ['exec', 'p.rego'], code: 0 },
  ])('$note: $code', async ({ text, argv, code }) => {
    const answer = await ask(text, ...argv);
    expect(answer, answer.stderr).toMatchObject({ code });
  });

  test('a pod whose second container is refused does not start', async () => {
    expect(await ask(noSecond, 'start', 'p.rego')).toMatchObject({ code: 4 });
    const { code, stdout } = await ask(noSecond, 'start', 'p.rego', '--pod', 'pod.yaml');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^start: no/)]);
    expect(stdout).toMatch(/CreateContainerRequest +deny 1\/2/);
  });

  test('--list: a no comes before what depends', async () => {
    expect(await ask(onlyDate, '--list', 'p.rego')).toMatchObject({ code: 4 });
    const both = onlyDate.replace(
      'default WriteStreamRequest := true',
      'default WriteStreamRequest := false',
    );
    expect(await ask(both, '--list', 'p.rego')).toMatchObject({ code: 1 });
  });
});
