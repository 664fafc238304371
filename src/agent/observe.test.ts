/** The window into a running agent. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { dial } from '#rpc';
import { startAgent } from './start-agent.ts';
import { stubSandbox } from './testdata/stub-sandbox.ts';

const text = `package agent_policy
default PauseContainerRequest := true
default WriteStreamRequest := false
ResumeContainerRequest := {"allowed": true, "ops": [{"op": "add", "path": "/pstate/a", "value": 1}]}`;

const open = () =>
  startAgent({
    listen: ['tcp://127.0.0.1:0'],
    observe: 'tcp://127.0.0.1:0',
    policies: [{ source: 'initdata', text }],
    sandbox: stubSandbox().sandbox,
  });

const http = (address: string | undefined): string => address!.replace('tcp:', 'http:');

test('/metrics counts decisions, calls and state', async () => {
  await using agent = await open();
  await using client = await dial(agent.endpoints[0]!);
  await client.call('grpc.AgentService', 'PauseContainer', {});
  await client.call('grpc.AgentService', 'PauseContainer', {});
  await client.call('grpc.AgentService', 'ResumeContainer', {});
  await client.call('grpc.AgentService', 'WriteStdin', {}).catch(() => undefined);
  await client.call('grpc.AgentService', 'GetMetrics', {}).catch(() => undefined);
  const response = await fetch(`${http(agent.observer)}/metrics`);
  expect(response.headers.get('content-type')).toContain('version=0.0.4');
  const lines = (await response.text()).split('\n');
  for (const line of [
    'katasim_policy_decisions_total{endpoint="PauseContainerRequest",verdict="allow",policy="initdata"} 2',
    'katasim_policy_decisions_total{endpoint="WriteStreamRequest",verdict="deny",policy="initdata"} 1',
    'katasim_policy_decisions_total{endpoint="GetMetricsRequest",verdict="fault",policy="initdata"} 1',
    'katasim_policy_eval_duration_seconds_count 5',
    'katasim_policy_state_entries 1',
    'katasim_rpc_requests_total{method="PauseContainer",code="OK",transport="ttrpc"} 2',
    'katasim_rpc_requests_total{method="WriteStdin",code="PERMISSION_DENIED",transport="ttrpc"} 1',
    'katasim_rpc_duration_seconds_bucket{le="+Inf"} 5',
  ])
    expect(lines).toContain(line);
  expect(agent.metrics()).toBe(lines.join('\n'));
});

test('/decisions has the past, and with follow what comes, with secrets masked', async () => {
  await using agent = await open();
  await using client = await dial(agent.endpoints[0]!);
  const deny = () =>
    client
      .call('grpc.AgentService', 'WriteStdin', { data: Buffer.from('pass') })
      .catch(() => undefined);
  await deny();
  const past = await (await fetch(`${http(agent.observer)}/decisions`)).text();
  expect(JSON.parse(past)).toMatchObject({
    path: 'agent_policy/WriteStreamRequest',
    result: false,
    erased: ['/input/data'],
    labels: { version: '4.1.0' },
  });
  const follow = await fetch(`${http(agent.observer)}/decisions?follow`);
  const reader = follow.body!.getReader();
  const next = async () => Buffer.from((await reader.read()).value).toString();
  expect(await next()).toBe(past);
  await deny();
  expect(JSON.parse(await next())).toMatchObject({ req_id: 2 });
  await agent.close();
  expect((await reader.read()).done).toBe(true);
});

test('anything else is told what there is', async () => {
  await using agent = await open();
  const missing = await fetch(`${http(agent.observer)}/nope`);
  expect([missing.status, await missing.text()]).toEqual([404, 'try /metrics or /decisions\n']);
  const posted = await fetch(`${http(agent.observer)}/metrics`, { method: 'POST' });
  expect(posted.status).toBe(405);
});

test('an address in use is a clear error, and nothing is left open', async () => {
  await using agent = await open();
  const again = startAgent({
    observe: agent.observer!,
    policies: 'none',
    sandbox: stubSandbox().sandbox,
  });
  await expect(again).rejects.toMatchObject({ code: 'AGENT_CANNOT_OBSERVE' });
});

test.each(['//', '///', '//[', 'http://[', '/%', '//user@:99999/metrics', '*', '/metrics/../..//'])(
  'the agent goes on after a request for %s',
  async (target) => {
    await using agent = await open();
    const { hostname, port } = new URL(http(agent.observer));
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n`);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    const after = await fetch(`${http(agent.observer)}/metrics`);
    expect(after.status).toBe(200);
  },
);
