/**
 * StatsContainer's answer: what the cgroup of a container would show. 64-bit values are bigint.
 */
import { NO_LIMIT, type Cgroup } from './kernel/cgroup.ts';

export interface MemoryData {
  usage: bigint;
  max_usage: bigint;
  failcnt: bigint;
  limit: bigint;
}

export interface BlkioStatsEntry {
  major: bigint;
  minor: bigint;
  op: string;
  value: bigint;
}

export interface CgroupStats {
  cpu_stats: {
    cpu_usage: {
      total_usage: bigint;
      percpu_usage: bigint[];
      usage_in_kernelmode: bigint;
      usage_in_usermode: bigint;
    };
    throttling_data: { periods: bigint; throttled_periods: bigint; throttled_time: bigint };
  };
  memory_stats: {
    cache: bigint;
    usage: MemoryData;
    swap_usage: MemoryData;
    kernel_usage: MemoryData;
    use_hierarchy: boolean;
    stats: Record<string, bigint>;
  };
  pids_stats: { current: bigint; limit: bigint };
  blkio_stats: {
    io_service_bytes_recursive: BlkioStatsEntry[];
    io_serviced_recursive: BlkioStatsEntry[];
    io_queued_recursive: BlkioStatsEntry[];
    io_service_time_recursive: BlkioStatsEntry[];
    io_wait_time_recursive: BlkioStatsEntry[];
    io_merged_recursive: BlkioStatsEntry[];
    io_time_recursive: BlkioStatsEntry[];
    sectors_recursive: BlkioStatsEntry[];
  };
  hugetlb_stats: Record<string, { usage: bigint; max_usage: bigint; failcnt: bigint }>;
}

const entries = (bytes: number): BlkioStatsEntry[] => [
  { major: 254n, minor: 0n, op: 'Write', value: BigInt(bytes) },
];

/** The group's figures now. */
export function statsOf(cgroup: Cgroup): CgroupStats {
  const cpu = cgroup.cpu();
  const total = BigInt(cpu.totalNs);
  const kernel = total / 8n;
  const usage = BigInt(cgroup.memoryUsage());
  const anonymous = usage - BigInt(cgroup.cacheBytes);
  const { memory, pids } = cgroup.limits;
  const none: MemoryData = { usage: 0n, max_usage: 0n, failcnt: 0n, limit: NO_LIMIT };
  const share = total / BigInt(cgroup.cpus);
  return {
    cpu_stats: {
      cpu_usage: {
        total_usage: total,
        percpu_usage: Array.from({ length: cgroup.cpus }, () => share),
        usage_in_kernelmode: kernel,
        usage_in_usermode: total - kernel,
      },
      throttling_data: {
        periods: BigInt(cpu.periods),
        throttled_periods: BigInt(cpu.throttledPeriods),
        throttled_time: BigInt(cpu.throttledNs),
      },
    },
    memory_stats: {
      cache: BigInt(cgroup.cacheBytes),
      usage: {
        usage,
        max_usage: BigInt(cgroup.peakMemory),
        failcnt: BigInt(cgroup.failures),
        limit: memory === undefined ? NO_LIMIT : BigInt(memory),
      },
      swap_usage: { ...none },
      kernel_usage: { ...none },
      use_hierarchy: true,
      stats: {
        anon: anonymous,
        file: BigInt(cgroup.cacheBytes),
        inactive_anon: 0n,
        active_anon: anonymous,
        inactive_file: 0n,
        active_file: BigInt(cgroup.cacheBytes),
      },
    },
    pids_stats: { current: BigInt(cgroup.processes.size), limit: BigInt(pids ?? 0) },
    blkio_stats: {
      io_service_bytes_recursive: entries(cgroup.writtenBytes),
      io_serviced_recursive: [],
      io_queued_recursive: [],
      io_service_time_recursive: [],
      io_wait_time_recursive: [],
      io_merged_recursive: [],
      io_time_recursive: [],
      sectors_recursive: [],
    },
    hugetlb_stats: {},
  };
}
