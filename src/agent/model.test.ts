/**
 * Random sequences of calls against a tiny model of the state machine: the codes must be the model's,
 * whatever happened before. Every container runs `sleep`, so nothing ends unless it is told to.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Code, RpcStatusError, dial, type RpcClient } from '#rpc';
import { startAgent } from './start-agent.ts';
import { createContainer, processSpec } from './testdata/containers.ts';

const ALLOW = `package agent_policy
default CreateContainerRequest := true
default StartContainerRequest := true
default RemoveContainerRequest := true
default PauseContainerRequest := true
default ResumeContainerRequest := true
default ExecProcessRequest := true
default SignalProcessRequest := true
default WaitProcessRequest := true
default StatsContainerRequest := true`;

/** What the model knows: processes that have ended stay until somebody waits for them. */
interface ModelContainer {
  status: 'Created' | 'Running' | 'Paused';
  started: boolean;
  paused: boolean;
  /** `true` while it runs. */
  readonly processes: Map<string, boolean>;
}
type Model = Map<string, ModelContainer>;

interface Step {
  readonly call: (client: RpcClient) => Promise<unknown>;
  /** The code the call must end with; changes the model as the call changes the agent. */
  readonly model: (model: Model) => number;
  readonly text: string;
}

const { OK, INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, INTERNAL } = Code;
const service = 'grpc.AgentService';

/** Looks a process up as the agent does: an empty id and the container's id are both init. */
function lookup(model: Model, id: string, execId: string, then: (key: string) => number): number {
  const container = model.get(id);
  if (container === undefined) return INVALID_ARGUMENT;
  const key = execId === '' ? id : execId;
  return container.processes.has(key) ? then(key) : NOT_FOUND;
}

const steps = {
  create: (id: string): Step => ({
    text: `create ${id}`,
    call: (client) =>
      client.call(service, 'CreateContainer', createContainer(id, ['sleep', '9999'])),
    model(model) {
      if (model.has(id)) return ALREADY_EXISTS;
      model.set(id, {
        status: 'Created',
        started: false,
        paused: false,
        processes: new Map([[id, true]]),
      });
      return OK;
    },
  }),
  start: (id: string): Step => ({
    text: `start ${id}`,
    call: (client) => client.call(service, 'StartContainer', { container_id: id }),
    model(model) {
      const container = model.get(id);
      if (container === undefined) return INTERNAL;
      if (container.started) return FAILED_PRECONDITION;
      container.started = true;
      if (!container.paused) container.status = 'Running';
      return OK;
    },
  }),
  remove: (id: string): Step => ({
    text: `remove ${id}`,
    call: (client) => client.call(service, 'RemoveContainer', { container_id: id }),
    model: (model) => (model.delete(id) ? OK : INTERNAL),
  }),
  pause: (id: string): Step => ({
    text: `pause ${id}`,
    call: (client) => client.call(service, 'PauseContainer', { container_id: id }),
    model(model) {
      const container = model.get(id);
      if (container === undefined) return INVALID_ARGUMENT;
      if (container.paused) return INTERNAL;
      container.paused = true;
      container.status = 'Paused';
      return OK;
    },
  }),
  resume: (id: string): Step => ({
    text: `resume ${id}`,
    call: (client) => client.call(service, 'ResumeContainer', { container_id: id }),
    model(model) {
      const container = model.get(id);
      if (container === undefined) return INVALID_ARGUMENT;
      if (!container.paused) return INTERNAL;
      container.paused = false;
      container.status = 'Running';
      return OK;
    },
  }),
  exec: (id: string, execId: string): Step => ({
    text: `exec ${id} ${execId}`,
    call: (client) =>
      client.call(service, 'ExecProcess', {
        container_id: id,
        exec_id: execId,
        process: processSpec(['sleep', '9999']),
      }),
    model(model) {
      const container = model.get(id);
      if (container === undefined || container.processes.has(execId)) return INTERNAL;
      container.processes.set(execId, true);
      return OK;
    },
  }),
  stats: (id: string): Step => ({
    text: `stats ${id}`,
    call: (client) => client.call(service, 'StatsContainer', { container_id: id }),
    model: (model) => (model.has(id) ? OK : INVALID_ARGUMENT),
  }),
  probe: (id: string, execId: string): Step => ({
    text: `signal 0 ${id} ${execId}`,
    call: (client) =>
      client.call(service, 'SignalProcess', { container_id: id, exec_id: execId, signal: 0 }),
    model: (model) => lookup(model, id, execId, () => OK),
  }),
};

const ids = fc.constantFrom('c1', 'c2');
const execIds = fc.constantFrom('', 'c1', 'e1', 'e2');
const someExec = fc.constantFrom('c1', 'e1', 'e2');
const step = fc.oneof(
  ids.map(steps.create),
  ids.map(steps.start),
  ids.map(steps.remove),
  ids.map(steps.pause),
  ids.map(steps.resume),
  ids.map(steps.stats),
  fc.tuple(ids, someExec).map(([id, execId]) => steps.exec(id, execId)),
  fc.tuple(ids, execIds).map(([id, execId]) => steps.probe(id, execId)),
);

async function codeOf(call: Promise<unknown>): Promise<number> {
  try {
    await call;
    return OK;
  } catch (error) {
    return error instanceof RpcStatusError ? error.code : -1;
  }
}

describe.each(['ttrpc', 'grpc'] as const)('over %s', (protocol) => {
  test('any sequence of calls ends with the codes of the model', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (sequence) => {
        const policies = [{ source: 'image-default', text: ALLOW }] as const;
        await using agent = await startAgent({ listen: ['tcp://127.0.0.1:0'], policies });
        await using client = await dial(agent.endpoints[0]!, { protocol });
        const model: Model = new Map();
        const got: string[] = [];
        const want: string[] = [];
        for (const { call, model: apply, text } of sequence) {
          want.push(`${text}: ${String(apply(model))}`);
          got.push(`${text}: ${String(await codeOf(call(client)))}`);
        }
        expect(got).toEqual(want);
        const listed = agent.sandbox.containers().map(({ id, status }) => `${id} ${status}`);
        const modelled = Array.from(model, ([id, { status }]) => `${id} ${status}`);
        expect(listed.sort()).toEqual(modelled.sort());
      }),
      { numRuns: 40 },
    );
  });
});
