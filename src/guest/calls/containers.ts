/** The calls on a container as a whole. Source: kata-containers 4.1.0 src/agent/src/rpc.rs. */
import type { Container } from '../container.ts';
import { anyhow, guestErrors, quoted } from '../errors.ts';
import type { FileView } from '../fs/view.ts';
import type { Guest } from '../guest.ts';
import { errnoOf } from '../kernel/errno.ts';
import { statsOf } from '../stats.ts';
import type { Calls } from './calls.ts';

/** Source: kata-containers 4.1.0 src/agent/src/rpc.rs, TERMINATION_LOG_MAX. */
const TERMINATION_LOG_BYTES = 4096;

export function containerCalls(
  guest: Guest,
): Calls<
  | 'createContainer'
  | 'startContainer'
  | 'removeContainer'
  | 'pauseContainer'
  | 'resumeContainer'
  | 'updateContainer'
  | 'statsContainer'
  | 'getDiagnosticData'
> {
  const { containers, files } = guest;
  const known = (id: string) => containers.get(id, guestErrors.noSuchContainer);
  const knownQuoted = (id: string) => containers.get(id, guestErrors.noSuchContainerQuoted);
  return {
    createContainer: (request) => containers.create(request),
    startContainer: ({ container_id: id }) => {
      const container = known(id);
      container.start();
      const argv = container.find('')?.process.argv ?? [];
      guest.report({ kind: 'started', containerId: id, execId: id, argv });
    },
    removeContainer: ({ container_id: id }) => containers.remove(known(id)),
    pauseContainer: ({ container_id: id }) => knownQuoted(id).pause(),
    resumeContainer: ({ container_id: id }) => knownQuoted(id).resume(),
    updateContainer: ({ container_id: id, resources }) => {
      const container = knownQuoted(id);
      if (resources !== null) container.update(resources);
    },
    statsContainer: ({ container_id: id }) => ({
      cgroup_stats: statsOf(knownQuoted(id).cgroup),
      network_stats: [],
    }),
    getDiagnosticData: ({ container_id: id, log_type: type }) => {
      if (type !== 'termination_log')
        throw quoted('INVALID_ARGUMENT', `unsupported diagnostic log_type: ${type}`);
      const container = containers.get(id, () => guestErrors.noSuchContainerNamed(id, ': '));
      return { data: terminationLog(container, files) };
    },
  };
}

/** The file behind the container's termination message path, as far as it is kept. */
function terminationLog(container: Container, files: FileView): string {
  const path = container.spec.Annotations['io.kubernetes.container.terminationMessagePath'];
  if (path === undefined) throw anyhow('No terminationMessagePath annotation');
  const mount = container.spec.Mounts.find(({ destination }) => destination === path);
  if (mount === undefined) throw anyhow(`termination message mount not found for ${path}`);
  try {
    const content = files.readFile(mount.source).subarray(0, TERMINATION_LOG_BYTES);
    return Buffer.from(content).toString('utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === 'ENOENT') return '';
    throw anyhow(`Failed to read termination log: ${guestErrors.ioInside(errno).message}`);
  }
}
