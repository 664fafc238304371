/**
 * Random command sequences against a tiny model of the state machine: whatever the order of calls, the
 * sandbox answers what the model predicts and never breaks.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GuestError } from './errors.ts';
import { createRequest, openTestGuest, processSpec, type TestSandbox } from './testing.ts';

type Status = 'Created' | 'Running' | 'Paused' | 'Stopped';

interface ModelContainer {
  status: Status;
  started: boolean;
  paused: boolean;
  /** Process table: keys and whether the process lives. */
  readonly processes: Map<string, boolean>;
}
type Model = Map<string, ModelContainer>;

interface Call {
  readonly op: string;
  readonly id: string;
  readonly execId: string;
}

const ids = fc.constantFrom('aa', 'bb');
const execIds = fc.constantFrom('', 'e1', 'e2', 'self');
const ops = [
  'create',
  'start',
  'pause',
  'resume',
  'exec',
  'term',
  'kill',
  'killall',
  'wait',
  'remove',
  'write',
  'close',
  'resize',
  'stats',
];
const calls = fc.record({ op: fc.constantFrom(...ops), id: ids, execId: execIds });

/** The status the call must fail with, or 'ok'; changes the model when it succeeds. */
function predict(model: Model, { op, id, execId }: Call): string {
  const container = model.get(id);
  const key = execId === '' || execId === 'self' ? id : execId;
  const isInit = key === id;
  if (op === 'create') {
    if (container !== undefined) return 'ALREADY_EXISTS';
    const processes = new Map([[id, true]]);
    model.set(id, { status: 'Created', started: false, paused: false, processes });
    return 'ok';
  }
  if (container === undefined) {
    const lookups = ['wait', 'term', 'kill', 'close', 'resize', 'pause', 'resume', 'stats'];
    return lookups.includes(op) ? 'INVALID_ARGUMENT' : 'INTERNAL';
  }
  const { processes } = container;
  const endAll = (): void => {
    for (const name of processes.keys()) processes.set(name, false);
    container.status = 'Stopped';
  };
  const initAlive = container.status !== 'Stopped';
  /** The empty exec id is a name like others here, though nothing finds the process by it. */
  const execute = (name: string): string => {
    if (name === id || processes.has(name) || !initAlive) return 'INTERNAL';
    processes.set(name, true);
    return 'ok';
  };
  switch (op) {
    case 'start':
      if (container.started || !initAlive) return 'FAILED_PRECONDITION';
      container.started = true;
      if (container.status === 'Created') container.status = 'Running';
      return 'ok';
    case 'pause':
      if (container.paused) return 'INTERNAL';
      container.paused = true;
      if (initAlive) container.status = 'Paused';
      return 'ok';
    case 'resume':
      if (!container.paused) return 'INTERNAL';
      container.paused = false;
      if (initAlive) container.status = 'Running';
      return 'ok';
    case 'exec':
      return execute(execId === '' ? '' : key);
    case 'killall':
      endAll();
      return 'ok';
    case 'remove':
      model.delete(id);
      return 'ok';
    case 'stats':
      return 'ok';
    default:
  }
  const alive = processes.get(key);
  if (op === 'write') return alive === true ? 'ok' : 'INTERNAL';
  if (alive === undefined) return 'NOT_FOUND';
  switch (op) {
    case 'term':
    case 'kill':
      if (isInit && alive) endAll();
      else processes.set(key, false);
      return 'ok';
    case 'wait':
      // Only asked of the dead: a live one would wait for ever.
      processes.delete(key);
      return 'ok';
    case 'resize':
      return 'UNAVAILABLE';
    default:
      return 'ok';
  }
}

function perform(sandbox: TestSandbox, { op, id, execId }: Call): Promise<unknown> {
  const ref = { container_id: id, exec_id: execId === 'self' ? id : execId };
  switch (op) {
    case 'create':
      return sandbox.createContainer(createRequest(id, ['sleep', '1000']));
    case 'start':
      return sandbox.startContainer(ref);
    case 'pause':
      return sandbox.pauseContainer(ref);
    case 'resume':
      return sandbox.resumeContainer(ref);
    case 'exec':
      return sandbox.execProcess({ ...ref, process: processSpec(['sleep', '1000']) });
    case 'term':
      return sandbox.signalProcess({ ...ref, signal: 15 });
    case 'kill':
      // The empty exec id would be everybody; that is `killall`.
      return sandbox.signalProcess({
        ...ref,
        exec_id: ref.exec_id === '' ? id : ref.exec_id,
        signal: 9,
      });
    case 'killall':
      return sandbox.signalProcess({ ...ref, exec_id: '', signal: 9 });
    case 'wait':
      return sandbox.waitProcess(ref);
    case 'remove':
      return sandbox.removeContainer({ ...ref, timeout: 10 });
    case 'write':
      return sandbox.writeStdin({ ...ref, data: Buffer.from('x') });
    case 'close':
      // Closing twice is fine; closing for good would change what `write` answers.
      return sandbox.ttyWinResize({ ...ref, row: 1, column: 1 }).catch((error: unknown) => {
        if (error instanceof GuestError && error.failure.status === 'UNAVAILABLE') return;
        throw error;
      });
    case 'resize':
      return sandbox.ttyWinResize({ ...ref, row: 1, column: 1 });
    default:
      return sandbox.statsContainer(ref);
  }
}

const isLive = (model: Model, { id, execId }: Call): boolean =>
  model.get(id)?.processes.get(execId === '' || execId === 'self' ? id : execId) === true;

test('any sequence of calls answers as the model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(calls, { maxLength: 40 }), async (sequence) => {
      const { sandbox, faults } = openTestGuest();
      const model: Model = new Map();
      try {
        for (const call of sequence) {
          if (call.op === 'wait' && isLive(model, call)) continue;
          const want = predict(model, call);
          const got = await perform(sandbox, call).then(
            () => 'ok',
            (error: unknown) =>
              error instanceof GuestError ? error.failure.status : String(error),
          );
          expect(`${call.op} ${call.id}/${call.execId}: ${got}`).toBe(
            `${call.op} ${call.id}/${call.execId}: ${want}`,
          );
          const statuses = sandbox
            .containers()
            .map(({ id, status, processes }) => [id, status, [...processes].sort()]);
          expect(statuses).toEqual(
            [...model].map(([id, { status, processes }]) => [
              id,
              status,
              [...processes.keys()].sort(),
            ]),
          );
        }
      } finally {
        await sandbox.close();
      }
      expect(faults).toEqual([]);
      expect(sandbox.processes()).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
