/** The virtual hardware's calls, metrics, and files copied into the guest. */
import { copyFile } from '../copy-file.ts';
import { guestErrors } from '../errors.ts';
import type { Guest } from '../guest.ts';
import { metricsText } from '../metrics.ts';
import type { Calls } from './calls.ts';

export function machineCalls({
  machine,
  kernel,
}: Guest): Calls<
  | 'getGuestDetails'
  | 'getMetrics'
  | 'onlineCPUMem'
  | 'memHotplugByProbe'
  | 'reseedRandomDev'
  | 'setGuestDateTime'
  | 'addSwap'
  | 'addSwapPath'
  | 'getVolumeStats'
  | 'resizeVolume'
  | 'memAgentMemcgSet'
  | 'memAgentCompactSet'
> {
  let scrapes = 0;
  const noMemAgent = (): never => {
    throw guestErrors.plain('mem-agent is disabled');
  };
  return {
    getGuestDetails: (request) => machine.details(request),
    getMetrics: () => ({ metrics: metricsText(kernel, ++scrapes) }),
    onlineCPUMem: ({ nb_cpus: cpus }) => machine.onlineCpus(cpus),
    memHotplugByProbe: ({ memHotplugProbeAddr: addresses }) => machine.probeMemory(addresses),
    reseedRandomDev: ({ data }) => machine.reseed(data),
    setGuestDateTime: ({ Sec, Usec }) => machine.setDate(Sec, Usec),
    addSwap: ({ PCIPath }) => machine.addSwap(PCIPath),
    addSwapPath: ({ path }) => machine.addSwapPath(path),
    getVolumeStats: ({ volume_guest_path: path }) => machine.volumeStats(path),
    resizeVolume: () => machine.resizeVolume(),
    memAgentMemcgSet: noMemAgent,
    memAgentCompactSet: noMemAgent,
  };
}

export const copyCalls = (guest: Guest): Calls<'copyFile'> => ({
  copyFile: (request) => {
    copyFile(guest.files, request);
    guest.report({ kind: 'copied', path: request.path, bytes: request.data.length });
  },
});
