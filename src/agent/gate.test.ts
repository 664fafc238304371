/** The gate in front of all 42 methods, over both protocols. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeMessage, endpointOf, methodsOf, type Json } from '#wire';
import { Code, dial, type RpcClient } from '#rpc';
import { GuestError, type GuestFailure } from '#guest';
import { startAgent, type AgentOptions } from './start-agent.ts';
import { stubSandbox, type StubSandbox } from './testdata/stub-sandbox.ts';

const methods = methodsOf('grpc.AgentService');
const endpointNames = [...new Set(methods.map(endpointOf))];
const rules = (verdict: 'true' | 'false', names = endpointNames): string =>
  ['package agent_policy', ...names.map((name) => `default ${name} := ${verdict}`)].join('\n');

interface Setup {
  readonly stub: StubSandbox;
  readonly client: RpcClient;
  readonly agent: Awaited<ReturnType<typeof startAgent>>;
}

async function withAgent(
  text: string | undefined,
  run: (setup: Setup) => Promise<void>,
  options: Partial<AgentOptions> & { protocol?: 'ttrpc' | 'grpc' } = {},
): Promise<void> {
  const stub = stubSandbox();
  const { protocol = 'ttrpc', ...rest } = options;
  await using agent = await startAgent({
    listen: ['tcp://127.0.0.1:0'],
    policies: text === undefined ? 'none' : [{ source: 'image-default', text }],
    sandbox: stub.sandbox,
    ...rest,
  });
  await using client = await dial(agent.endpoints[0]!, { protocol });
  await run({ stub, client, agent });
}

const isRead = (method: string): boolean => method.startsWith('ReadStd');

describe.each(['ttrpc', 'grpc'] as const)('over %s', (protocol) => {
  test.each(methods)(
    '$method: a policy that says false refuses it and nothing happens',
    async (info) => {
      const run = async ({ stub, client }: Setup): Promise<void> => {
        const call = client.callRaw(info.service, info.method, new Uint8Array());
        if (isRead(info.method)) {
          stub.answer(info.method === 'ReadStdout' ? 'readStdout' : 'readStderr', {
            data: Buffer.from('secret'),
          });
          // Success without data: the bytes are read and lost.
          expect(await call).toHaveLength(0);
          expect(stub.calls).toHaveLength(1);
          return;
        }
        await expect(call).rejects.toMatchObject({
          code: Code.PERMISSION_DENIED,
          message: `"${endpointOf(info)} is blocked by policy: "`,
        });
        expect(stub.calls).toEqual([]);
      };
      await withAgent(rules('false'), run, { protocol });
    },
  );

  test('the reply to DestroySandbox gets out, then the agent stops', async () => {
    const run = async ({ client, agent }: Setup): Promise<void> => {
      expect(await client.call('grpc.AgentService', 'DestroySandbox', {})).toEqual({});
      await agent.stopped;
      await expect(dial(agent.endpoints[0]!)).rejects.toMatchObject({ code: 'RPC_CANNOT_CONNECT' });
    };
    await withAgent(rules('true'), run, { protocol });
  });
});

test.each(methods)('$method: undefined is INTERNAL, not PERMISSION_DENIED', async (info) => {
  await withAgent('package agent_policy', async ({ stub, client }) => {
    const call = client.callRaw(info.service, info.method, new Uint8Array());
    if (isRead(info.method)) {
      expect(await call).toHaveLength(0);
      return;
    }
    await expect(call).rejects.toMatchObject({
      code: Code.INTERNAL,
      message: `"${endpointOf(info)}: internal error policy check: unexpected eval_query result len QueryResults { result: [] }"`,
    });
    expect(stub.calls).toEqual([]);
  });
});

test.each(methods)('$method: an allowed call reaches the guest once', async (info) => {
  await withAgent(rules('true'), async ({ stub, client }) => {
    const policy = encodeMessage('grpc.SetPolicyRequest', { policy: 'package agent_policy' });
    const payload = info.method === 'SetPolicy' ? policy : new Uint8Array();
    await client.callRaw(info.service, info.method, payload);
    expect(stub.calls).toHaveLength(info.method === 'SetPolicy' ? 0 : 1);
  });
});

describe('reads', () => {
  test('fail with their own error before the policy is asked', async () => {
    await withAgent(rules('false'), async ({ stub, client, agent }) => {
      const failure = { kind: 'lookup', status: 'NOT_FOUND', variant: 'InvalidExecId' } as const;
      stub.answer('readStdout', new GuestError(failure));
      const decisions: string[] = [];
      agent.policy?.onDecision(({ endpoint }) => decisions.push(endpoint));
      const read = client.call('grpc.AgentService', 'ReadStdout', { len: 10 });
      await expect(read).rejects.toMatchObject({ code: Code.NOT_FOUND, message: 'InvalidExecId' });
      expect(decisions).toEqual([]);
    });
  });

  test('return their data when allowed', async () => {
    await withAgent(rules('true'), async ({ stub, client }) => {
      stub.answer('readStderr', { data: Buffer.from('hi') });
      const { data } = await client.call('grpc.AgentService', 'ReadStderr', { len: 10 });
      expect(Buffer.from(data).toString()).toBe('hi');
    });
  });

  test('are refused with an error by releases before 3.15.0', async () => {
    const run = async ({ client }: Setup): Promise<void> => {
      const read = client.call('grpc.AgentService', 'ReadStdout', { len: 10 });
      await expect(read).rejects.toMatchObject({ code: Code.PERMISSION_DENIED });
    };
    await withAgent('package agent_policy\ndefault ReadStreamRequest = false', run, {
      kataVersion: '3.14.0',
    });
  });
});

describe('CopyFile', () => {
  const input = async (request: object): Promise<Json | undefined> => {
    let seen: Json | undefined;
    await withAgent(rules('true'), async ({ client, agent }) => {
      agent.policy?.onDecision((decision) => (seen = decision.input));
      await client.call('grpc.AgentService', 'CopyFile', request);
    });
    return seen;
  };

  test('shows the policy a file without its data', async () => {
    const data = Buffer.from('secret');
    const request = { path: '/p', file_size: 6n, file_mode: 0o100644, dir_mode: 2147484136, data };
    expect(await input(request)).toEqual({
      path: '/p',
      file_type: 'Regular',
      symlink_target: null,
      file_size: 6n,
      file_mode: 0o100644,
      dir_mode: 2147484136,
      uid: 0,
      gid: 0,
      offset: 0n,
    });
  });

  test.each([
    { mode: 0o120777, file_type: 'Symlink', symlink_target: '..data/é' },
    { mode: 0o040755, file_type: 'Directory', symlink_target: null },
    { mode: 0o140000, file_type: 'Unknown', symlink_target: null },
    { mode: 0, file_type: 'Unknown', symlink_target: null },
  ])('mode $mode is a $file_type', async ({ mode, ...want }) => {
    expect(await input({ file_mode: mode, data: Buffer.from('..data/é') })).toMatchObject(want);
  });

  test('a link whose target is no text fails before the policy is asked', async () => {
    await withAgent(rules('false'), async ({ client }) => {
      const request = { file_mode: 0o120777, data: Buffer.from([0xff]) };
      await expect(client.call('grpc.AgentService', 'CopyFile', request)).rejects.toMatchObject({
        code: Code.INTERNAL,
        message: 'parsing CopyFileRequest for policy\n\nCaused by:\n    invalid symlink content',
      });
    });
  });
});

describe('SetPolicy', () => {
  const onlySetPolicy = rules('true', ['SetPolicyRequest']);
  const set = (client: RpcClient, policy: string, metadata?: [string, string][]) =>
    client.call('grpc.AgentService', 'SetPolicy', { policy }, { metadata });

  test('is judged by the old policy and judges what follows by the new one', async () => {
    await withAgent(onlySetPolicy, async ({ client, agent }) => {
      await set(client, rules('true', ['PauseContainerRequest']));
      expect(await client.call('grpc.AgentService', 'PauseContainer', {})).toEqual({});
      expect(agent.policy?.provenance.source).toBe('set-policy');
      await expect(set(client, 'package agent_policy')).rejects.toMatchObject({
        code: Code.INTERNAL,
      });
    });
  });

  test('that is refused changes nothing', async () => {
    await withAgent(rules('false'), async ({ client, agent }) => {
      const before = agent.policy?.provenance;
      await expect(set(client, rules('true'))).rejects.toMatchObject({
        code: Code.PERMISSION_DENIED,
        message: '"SetPolicyRequest is blocked by policy: "',
      });
      expect(agent.policy?.provenance).toEqual(before);
    });
  });

  test('that does not parse is INVALID_ARGUMENT and leaves every request INTERNAL', async () => {
    await withAgent(rules('true'), async ({ client }) => {
      await expect(set(client, 'package agent_policy\nX := {')).rejects.toMatchObject({
        code: Code.INVALID_ARGUMENT,
        message: /^\n--> agent_policy:2:\d+\n {2}\|\n2 \| X := \{\n[^]*\nerror: /,
      });
      const refused = client.call('grpc.AgentService', 'PauseContainer', {});
      await expect(refused).rejects.toMatchObject({ code: Code.INTERNAL });
      await expect(set(client, rules('true'))).rejects.toMatchObject({ code: Code.INTERNAL });
    });
  });

  test('tells the annotation’s policy from others by the shim’s metadata', async () => {
    await withAgent(rules('true'), async ({ client, agent }) => {
      await set(client, rules('true'), [['katasim-policy-source', 'annotation']]);
      expect(agent.policy?.provenance.source).toBe('annotation');
    });
  });
});

test('requests sent together are decided in the order they were sent', async () => {
  const text = `package agent_policy
PauseContainerRequest := {"allowed": true, "ops": [{"op": "add", "path": "/pstate/paused", "value": input.container_id}]}
ResumeContainerRequest if data.pstate.paused == input.container_id`;
  await withAgent(text, async ({ client }) => {
    const ids = Array.from({ length: 50 }, (_, index) => `c${index}`);
    await Promise.all(
      ids.flatMap((container_id) => [
        client.call('grpc.AgentService', 'PauseContainer', { container_id }),
        client.call('grpc.AgentService', 'ResumeContainer', { container_id }),
      ]),
    );
  });
});

test('Health is never gated', async () => {
  await withAgent(rules('false'), async ({ client }) => {
    expect(await client.call('grpc.Health', 'Check', {})).toEqual({ status: 1 });
    expect(await client.call('grpc.Health', 'Version', {})).toEqual({
      grpc_version: '0.0.1',
      agent_version: '4.1.0',
    });
  });
});

test('an agent built without policy lets everything through but SetPolicy', async () => {
  await withAgent(undefined, async ({ client, agent }) => {
    expect(agent.policy).toBeUndefined();
    expect(await client.call('grpc.AgentService', 'PauseContainer', {})).toEqual({});
    const set = client.call('grpc.AgentService', 'SetPolicy', { policy: 'x' });
    await expect(set).rejects.toMatchObject({
      code: Code.NOT_FOUND,
      message: '/grpc.AgentService/SetPolicy is not supported',
    });
  });
});

test('a method the release does not know is UNIMPLEMENTED', async () => {
  const run = async ({ client }: Setup): Promise<void> => {
    const call = client.call('grpc.AgentService', 'GetDiagnosticData', {});
    await expect(call).rejects.toMatchObject({
      code: Code.UNIMPLEMENTED,
      message: 'GetDiagnosticData method',
    });
  };
  await withAgent('package agent_policy', run, { kataVersion: '3.28.0' });
});

const failures: { note: string; failure: GuestFailure; code: number; message: string }[] = [
  {
    note: 'a string in quotes',
    failure: { kind: 'string', status: 'UNAVAILABLE', text: 'no "tty"' },
    code: 14,
    message: String.raw`"no \"tty\""`,
  },
  {
    note: 'an empty string',
    failure: { kind: 'string', status: 'INTERNAL', text: '' },
    code: 13,
    message: '""',
  },
  {
    note: 'an error chain',
    failure: { kind: 'anyhow', status: 'INTERNAL', text: 'Invalid container id', causes: [] },
    code: 13,
    message: 'Invalid container id',
  },
  {
    note: 'one cause',
    failure: { kind: 'anyhow', status: 'INTERNAL', text: 'online cpus', causes: ['failed'] },
    code: 13,
    message: 'online cpus\n\nCaused by:\n    failed',
  },
  {
    note: 'several causes',
    failure: { kind: 'anyhow', status: 'INTERNAL', text: 'a', causes: ['b\nc', 'd'] },
    code: 13,
    message: 'a\n\nCaused by:\n    0: b\n       c\n    1: d',
  },
  {
    note: 'a lookup error bare',
    failure: { kind: 'lookup', status: 'NOT_FOUND', variant: 'InitProcessNotFound' },
    code: 5,
    message: 'InitProcessNotFound',
  },
  {
    note: 'an I/O error',
    failure: {
      kind: 'io',
      status: 'INTERNAL',
      errno: 2,
      rustKind: 'NotFound',
      text: 'No such file or directory',
    },
    code: 13,
    message: 'Os { code: 2, kind: NotFound, message: "No such file or directory" }',
  },
  {
    note: 'a plain text',
    failure: { kind: 'plain', status: 'INTERNAL', text: 'mem-agent is disabled' },
    code: 13,
    message: 'mem-agent is disabled',
  },
];

test.each(failures)('a guest’s failure is sent as $note', async ({ failure, code, message }) => {
  await withAgent(rules('true'), async ({ stub, client }) => {
    stub.answer('pauseContainer', new GuestError(failure));
    const call = client.call('grpc.AgentService', 'PauseContainer', {});
    await expect(call).rejects.toMatchObject({ code, message });
  });
});

test('the debug log has every request by the time it is answered', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'katasim-agent-'));
  const policyLog = join(folder, 'policy.jsonl');
  const run = async ({ client }: Setup): Promise<void> => {
    const write = { container_id: 'c', data: Buffer.from('hi') };
    await client.call('grpc.AgentService', 'WriteStdin', write);
    await client.call('grpc.AgentService', 'StatsContainer', {});
    expect(await readFile(policyLog, 'utf8')).toBe(
      '{"kind":"AllowRequestsFailingPolicy","request":{}}\n' +
        '{"kind":"WriteStreamRequest","request":{"container_id":"c","exec_id":"","data":[104,105]}}\n',
    );
  };
  await withAgent(rules('true'), run, { policyLog });
  await rm(folder, { recursive: true });
});

test('an agent whose policy does not parse does not start and leaves no listener', async () => {
  const start = startAgent({
    listen: ['tcp://127.0.0.1:0'],
    policies: [{ source: 'image-default', text: 'package agent_policy\nX := {', module: 'p.rego' }],
    sandbox: stubSandbox().sandbox,
  });
  await expect(start).rejects.toMatchObject({
    code: 'POLICY_PARSE',
    location: { file: 'p.rego', line: 2 },
  });
});
