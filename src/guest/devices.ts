/** The devices of a CreateContainer. Source: kata-containers 4.1.0 src/agent/src/device. */
import { rustString } from '#base';
import type { Api } from '#wire';
import { anyhow, guestErrors } from './errors.ts';
import type { FileView } from './fs/view.ts';
import { waitForMmioBlock, waitForPci, waitForPciBlock, waitForScsi } from './hotplug.ts';
import { addressError } from './pci.ts';

/** What a handler says about the device's place in the guest; undefined: the container gets none. */
type Handler = (device: Api.Device, files: FileView) => void;

const HANDLERS: Readonly<Record<string, Handler>> = {
  blk: ({ id }) => waitForPciBlock(id),
  mmioblk: ({ vm_path: path }, files) => {
    if (path === '') throw anyhow('Invalid path for virtio mmio blk device');
    if (!files.exists(path)) waitForMmioBlock(path);
    assertDevice(path, files);
  },
  nvdimm: ({ vm_path: path }, files) => {
    if (path === '') throw anyhow('Invalid path for nvdimm device');
    assertDevice(path, files);
  },
  scsi: ({ id }) => waitForScsi(id),
  'vfio-pci': (device) => {
    vfioPci(device);
    throw anyhow('failed to get VFIO group');
  },
  'vfio-pci-gk': (device) => {
    vfioPci(device);
  },
  'vfio-ap': () => {
    throw anyhow('VFIO-AP is only supported on s390x');
  },
  'vfio-ap-cold': () => {
    throw anyhow('VFIO-AP is only supported on s390x');
  },
};

function assertDevice(path: string, files: FileView): void {
  const context = 'New device info';
  const node = files.find(path);
  if (node === undefined) throw anyhow(context, `VM device path ${rustString(path)} doesn't exist`);
  if (node.kind !== 'device')
    throw anyhow(context, `Unknown device ${rustString(path)}'s cgroup type`);
}

/** Options are `HOST=GUEST`: a PCI address there and a PCI path here. */
function vfioPci({ options }: Api.Device): void {
  for (const option of options) {
    const [host = '', path] = option.split(/=(.*)/s);
    if (path === undefined) throw anyhow(`Malformed VFIO PCI option ${rustString(option)}`);
    const error = addressError(host);
    // The placeholder is upstream's: its text is not formatted.
    if (error !== undefined) throw anyhow('Bad host PCI address in VFIO option {:?}', error);
    if (path !== '') waitForPci(path);
  }
}

export function addDevices(devices: readonly Api.Device[], files: FileView): void {
  const seen = new Set<string>();
  for (const device of devices) {
    assertValid(device);
    const handler = HANDLERS[device.type];
    if (handler === undefined || !Object.hasOwn(HANDLERS, device.type))
      throw guestErrors.noDeviceHandler(device.type);
    handler(device, files);
    if (seen.has(device.container_path))
      throw anyhow(`Conflicting device updates for ${device.container_path}`);
    seen.add(device.container_path);
  }
}

function assertValid(device: Api.Device): void {
  const { id, type, vm_path: path, container_path: target, options } = device;
  const shown = `Device { id: ${rustString(id)}, type_: ${rustString(type)}, vm_path: ${rustString(path)}, container_path: ${rustString(target)}, options: [${options.map(rustString).join(', ')}], special_fields: SpecialFields { unknown_fields: UnknownFields { fields: None }, cached_size: CachedSize { size: 0 } } }`;
  if (type === '') throw guestErrors.badDevice('type', shown);
  if (id === '' && path === '') throw guestErrors.badDevice('ID and VM path', shown);
  if (target === '') throw guestErrors.badDevice('container path', shown);
}
