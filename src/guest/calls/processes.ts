/** Processes of containers: exec, signals, exit codes, streams. Source: kata-containers 4.1.0 src/agent/src/rpc.rs. */
import { anyhow, guestErrors } from '../errors.ts';
import type { Guest } from '../guest.ts';
import { SIGKILL } from '../kernel/signals.ts';
import type { ContainerProcess } from '../stdio.ts';
import type { Calls } from './calls.ts';

export const processCalls = (
  guest: Guest,
): Calls<'execProcess' | 'signalProcess' | 'waitProcess'> => ({
  execProcess: ({ container_id: id, exec_id: execId, process }) => {
    if (process === null) throw guestErrors.noProcess();
    guest.containers.get(id, guestErrors.noSuchContainer).exec(execId, process);
    guest.report({ kind: 'started', containerId: id, execId, argv: process.Args });
  },
  signalProcess: ({ container_id: id, exec_id: execId, signal }) => {
    const { containers } = guest;
    if (execId === '' && signal === SIGKILL) {
      containers.get(id, () => guestErrors.noSuchContainerNamed(id, ' ')).signalAll();
      return;
    }
    const { container, entry } = containers.lookup(id, execId);
    container.signal(entry, signal);
  },
  waitProcess: async ({ container_id: id, exec_id: execId }, signal) => {
    const { container, entry } = guest.containers.lookup(id, execId);
    const status = await entry.wait(signal);
    if (guest.containers.byId.get(id) !== container) throw guestErrors.noSuchContainer();
    container.reap(entry);
    return { status };
  },
});

export function streamCalls({
  containers,
}: Pick<Guest, 'containers'>): Calls<
  'readStdout' | 'readStderr' | 'writeStdin' | 'closeStdin' | 'ttyWinResize'
> {
  const found = (ref: { container_id: string; exec_id: string }): ContainerProcess =>
    containers.lookup(ref.container_id, ref.exec_id).entry;
  /** WriteStdin looks the process up by itself, with texts of its own. */
  const writer = (id: string, execId: string): ContainerProcess => {
    const entry = containers.get(id, guestErrors.noSuchContainer).find(execId);
    if (entry !== undefined) return entry;
    const init = execId === '' || execId === id;
    throw anyhow(`Process not found: ${init ? 'init process missing' : 'invalid exec id'}`);
  };
  return {
    readStdout: async (request, signal) => ({
      data: await found(request).readStdout(request.len, signal),
    }),
    readStderr: async (request, signal) => ({
      data: await found(request).readStderr(request.len, signal),
    }),
    writeStdin: async ({ container_id: id, exec_id: execId, data }, signal) => ({
      len: await writer(id, execId).writeStdin(data, signal),
    }),
    closeStdin: (request) => found(request).closeStdin(),
    ttyWinResize: (request) => found(request).resize(request.row, request.column),
  };
}
