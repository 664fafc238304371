import { expect, test } from 'vitest';
import { folderOf, katasim } from '../../testing.ts';

const policy = `package agent_policy
import rego.v1
default CreateSandboxRequest := true
default ExecProcessRequest := false
default CreateContainerRequest := false
CreateContainerRequest if input.OCI.Hostname == "db"
`;
const line = (kind: string, request: object): string => JSON.stringify({ kind, request });
const sandbox = line('CreateSandboxRequest', {});
const exec = line('ExecProcessRequest', { process: { Args: ['id'] } });
const create = line('CreateContainerRequest', { OCI: { Hostname: 'web' } });
/** No rule has it: the runtime's own call when it gives the pod up. */
const destroy = line('DestroySandboxRequest', {});

async function explained(...lines: readonly string[]) {
  await using folder = await folderOf({ 'p.rego': policy, 'log.jsonl': `${lines.join('\n')}\n` });
  const { stdout } = await katasim(
    ...['policy', 'explain', '-o', 'json', folder.path('p.rego'), folder.path('log.jsonl')],
  );
  const { endpoint, request } = JSON.parse(stdout) as { endpoint: string; request: string };
  return [endpoint, /:(\d+), one of/.exec(request)?.[1]];
}

test.each([
  {
    note: 'the call that ended the pod, not the teardown after it',
    lines: [sandbox, create, destroy],
    want: ['CreateContainerRequest', '2'],
  },
  {
    note: 'a refused start before what was refused on a running container',
    lines: [sandbox, exec, create, create, destroy],
    want: ['CreateContainerRequest', '3'],
  },
  {
    note: 'the first of several where every start was allowed',
    lines: [sandbox, exec, exec, destroy],
    want: ['ExecProcessRequest', '2'],
  },
  {
    note: 'the teardown when nothing else is refused',
    lines: [sandbox, destroy],
    want: ['DestroySandboxRequest', '2'],
  },
])('without --line it is $note', async ({ lines, want }) => {
  expect(await explained(...lines)).toEqual(want);
});
