/**
 * Devices that the agent waits for. The simulated machine has no devices to plug in, so what is not
 * there already does not come: the answer is that of an agent whose wait ended, without the wait.
 * Source: kata-containers 4.1.0 src/agent/src/uevent.rs, src/agent/src/device.
 */
import { rustString } from '#base';
import { anyhow, type GuestError } from './errors.ts';
import { parseSysfsPath } from './pci.ts';

/** Source: kata-containers 4.1.0 src/agent/src/config.rs, DEFAULT_HOTPLUG_TIMEOUT. */
const HOTPLUG_TIMEOUT = '3s';

const timeout = (matcher: string): string =>
  `Timeout after ${HOTPLUG_TIMEOUT} waiting for uevent ${matcher}`;

/** A virtio block device at a path below /sys. */
export const noPciBlock = (sysfsPath: string): GuestError =>
  anyhow(
    timeout(
      `VirtioBlkPciMatcher { rex: Regex(${rustString(`^${sysfsPath}/virtio[0-9]+/block/[^/]+$`)}) }`,
    ),
  );

/** Throws: either the path is wrong, or the device does not come. */
export function waitForPciBlock(path: string): never {
  throw noPciBlock(parseSysfsPath(path));
}

export function waitForPci(path: string): never {
  throw anyhow(timeout(`PciMatcher { devpath: ${rustString(parseSysfsPath(path))} }`));
}

const deviceName = (source: string): string => source.slice('/dev/'.length);
const notBelowDev = (source: string): string => `Storage source '${source}' must start with /dev/`;

export function waitForMmioBlock(source: string): never {
  const context = 'failed to get mmio device name';
  if (!source.startsWith('/dev/')) throw anyhow(context, notBelowDev(source));
  const matcher = `VirtioBlkMmioMatcher { suffix: ${rustString(`/block/${deviceName(source)}`)} }`;
  throw anyhow(context, 'failed to wait for uevent', timeout(matcher));
}

export function waitForPmem(source: string): never {
  if (!source.startsWith('/dev/')) throw anyhow(notBelowDev(source));
  throw anyhow(
    timeout(`PmemBlockMatcher { suffix: ${rustString(`/block/${deviceName(source)}`)} }`),
  );
}

export function waitForScsi(address: string): never {
  if (address.split(':').length !== 2)
    throw anyhow(`Unexpected format for SCSI Address: ${address}, expect SCSIID:LUA`);
  throw anyhow(timeout(`ScsiBlockMatcher { scsi_path_suffix: ${rustString(`/0:0:${address}`)} }`));
}
