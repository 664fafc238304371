/**
 * StatsContainer's answer: what the cgroup of a container would show. 64-bit values are bigint.
 */
import type { Api } from '#wire';
import { NO_LIMIT, type Cgroup } from './kernel/cgroup.ts';

const entries = (bytes: number): Api.BlkioStatsEntry[] => [
  { major: 254n, minor: 0n, op: 'Write', value: BigInt(bytes) },
];

/** The group's figures now. */
export function statsOf(cgroup: Cgroup): Api.CgroupStats {
  const cpu = cgroup.cpu();
  const total = BigInt(cpu.totalNs);
  const kernel = total / 8n;
  const usage = BigInt(cgroup.memoryUsage());
  const anonymous = usage - BigInt(cgroup.cacheBytes);
  const { memory, pids } = cgroup.limits;
  const none: Api.MemoryData = { usage: 0n, max_usage: 0n, failcnt: 0n, limit: NO_LIMIT };
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
