/**
 * The virtual hardware's RPCs: details, memory and CPU hot plug, clock, entropy, swap, volumes.
 */
import { VolumeUsageUnit, type Api } from '#wire';
import { anyhow, guestErrors, quoted } from './errors.ts';
import type { FileView } from './fs/view.ts';
import { noPciBlock } from './hotplug.ts';
import { errnoOf, type Errno } from './kernel/errno.ts';
import type { Kernel } from './kernel/kernel.ts';
import { sysfsPathOf } from './pci.ts';
import { STORAGE_HANDLERS } from './storage.ts';

/** At the end of the first page. Source: Linux include/linux/swap.h, union swap_header. */
const SWAP_MAGIC = 'SWAPSPACE2';
const SWAP_MAGIC_AT = [4086, 4096] as const;
/** /sys/devices/system/memory/block_size_bytes of an x86-64 guest. */
const MEMORY_BLOCK = 0x8000000n;

interface MachineOptions {
  readonly kernel: Kernel;
  readonly files: FileView;
  readonly version: string;
  readonly policyEnforced: boolean;
}

export class Machine {
  readonly #options: MachineOptions;
  readonly #swaps = new Set<string>();

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  details(request: Api.GuestDetailsRequest): Api.GuestDetailsResponse {
    return {
      mem_block_size_bytes: request.mem_block_size ? MEMORY_BLOCK : 0n,
      agent_details: {
        version: this.#options.version,
        init_daemon: false,
        device_handlers: [],
        storage_handlers: [...STORAGE_HANDLERS],
        supports_seccomp: true,
        extra_features: this.#options.policyEnforced ? ['agent-policy', 'seccomp'] : ['seccomp'],
      },
      // ACPI hot plug needs no probe file on x86-64.
      support_mem_hotplug_probe: false,
    };
  }

  onlineCpus(wanted: number): void {
    const { cpus } = this.#options.kernel;
    if (wanted <= cpus) return;
    throw anyhow('online cpus', `failed to online ${wanted} CPU(s) after 100 retries`);
  }

  probeMemory(addresses: readonly bigint[]): void {
    if (addresses.length > 0) throw guestErrors.ioInside('ENOENT');
  }

  reseed(data: Uint8Array): void {
    if (data.length === 0) throw anyhow('missing entropy data');
  }

  setDate(seconds: bigint, microseconds: bigint): void {
    const [s, us] = [Number(seconds), Number(microseconds)];
    // Source: settimeofday(2); beyond this no date can be shown either.
    if (s < 0 || us < 0 || us >= 1_000_000 || s > 8.64e12) throw guestErrors.einval();
    this.#options.kernel.setDate(s * 1000 + us / 1000);
  }

  addSwap(slots: readonly number[]): never {
    throw noPciBlock(sysfsPathOf(slots));
  }

  /** swapon(2) by a regular file with a swap header; a simulated block device has none. */
  addSwapPath(path: string): void {
    const refuse = (errno: Errno): never => {
      throw anyhow(`libc::swapon get error ${guestErrors.ioInside(errno).message}`);
    };
    const node = this.#options.files.find(path);
    if (node === undefined) return refuse('ENOENT');
    if (node.kind === 'dir') return refuse('EISDIR');
    const isSwap =
      node.kind === 'file' &&
      Buffer.from(node.data.subarray(0, node.size)).toString('latin1', ...SWAP_MAGIC_AT) ===
        SWAP_MAGIC;
    if (!isSwap) return refuse('EINVAL');
    if (this.#swaps.has(path)) return refuse('EBUSY');
    this.#swaps.add(path);
  }

  volumeStats(path: string): Api.VolumeStatsResponse {
    const { files } = this.#options;
    try {
      files.stat(path);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      throw guestErrors.io(errno);
    }
    const { limits, usedBytes, usedInodes } = files.namespace.store;
    const usage = (total: number, used: number, unit: VolumeUsageUnit) => ({
      available: BigInt(Math.max(0, total - used)),
      total: BigInt(total),
      used: BigInt(used),
      unit,
    });
    return {
      usage: [
        usage(limits.bytes, usedBytes, VolumeUsageUnit.BYTES),
        usage(limits.inodes, usedInodes, VolumeUsageUnit.INODES),
      ],
      volume_condition: { abnormal: false, message: 'OK' },
    };
  }

  resizeVolume(): never {
    throw quoted('UNIMPLEMENTED', 'resize_volume is not implemented in kata-agent');
  }
}
