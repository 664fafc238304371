/**
 * StatsContainer's answer: what the cgroup of a container would show. 64-bit values are bigint.
 */
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
