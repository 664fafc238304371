/**
 * GetMetrics: Prometheus text with the agent's own and the guest's families.
 * Source: kata-containers src/agent/src/metrics.rs.
 */
import type { Kernel } from './kernel/kernel.ts';

type Sample = readonly [labels: string, value: number];

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly samples: (kernel: Kernel, scrapes: number) => readonly Sample[];
}

const memory = (kernel: Kernel): number =>
  [...kernel.processes].reduce((sum, process) => sum + process.rss, 0);
const cpuSeconds = (kernel: Kernel): number =>
  [...kernel.processes].reduce((sum, process) => sum + process.cpuNs, 0) / 1e9;
const load = (kernel: Kernel): number =>
  [...kernel.processes].reduce((sum, process) => sum + process.load, 0);

/** What the agent itself takes; the figures of a release build. */
const AGENT_RSS = 12 << 20;
const AGENT_VM = 80 << 20;

const FAMILIES: readonly Family[] = [
  {
    name: 'kata_agent_scrape_count',
    help: 'Metrics scrape count',
    type: 'counter',
    samples: (_, scrapes) => [['', scrapes]],
  },
  {
    name: 'kata_agent_threads',
    help: 'Agent process threads',
    type: 'gauge',
    samples: () => [['', 4]],
  },
  {
    name: 'kata_agent_total_time',
    help: 'Agent process total time',
    type: 'gauge',
    samples: (kernel, scrapes) => [
      ['', (kernel.clock.now() - kernel.bootedAt) / 1e6 + scrapes / 100],
    ],
  },
  {
    name: 'kata_agent_total_vm',
    help: 'Agent process total VM size',
    type: 'gauge',
    samples: () => [['', AGENT_VM]],
  },
  {
    name: 'kata_agent_total_rss',
    help: 'Agent process total RSS size',
    type: 'gauge',
    samples: () => [['', AGENT_RSS]],
  },
  {
    name: 'kata_agent_proc_status',
    help: 'Agent process status.',
    type: 'gauge',
    samples: () => [
      ['{item="vmrss"}', AGENT_RSS],
      ['{item="vmsize"}', AGENT_VM],
      ['{item="threads"}', 4],
    ],
  },
  {
    name: 'kata_agent_io_stat',
    help: 'Agent process IO statistics.',
    type: 'gauge',
    samples: () => [
      ['{item="rchar"}', 0],
      ['{item="wchar"}', 0],
    ],
  },
  {
    name: 'kata_agent_proc_stat',
    help: 'Agent process statistics.',
    type: 'gauge',
    samples: () => [
      ['{item="utime"}', 0],
      ['{item="stime"}', 0],
    ],
  },
  {
    name: 'kata_guest_load',
    help: 'Guest system load.',
    type: 'gauge',
    samples: (kernel) =>
      ['load1', 'load5', 'load15'].map((item) => [`{item="${item}"}`, load(kernel)] as const),
  },
  {
    name: 'kata_guest_tasks',
    help: 'Guest system load.',
    type: 'gauge',
    samples: (kernel) => [
      ['{item="cur"}', [...kernel.processes].filter((process) => process.state === 'R').length],
      ['{item="max"}', kernel.processes.size],
    ],
  },
  {
    name: 'kata_guest_cpu_time',
    help: 'Guest CPU statistics.',
    type: 'gauge',
    samples: (kernel) => [
      ['{cpu="total",item="user"}', cpuSeconds(kernel)],
      ['{cpu="total",item="system"}', cpuSeconds(kernel) / 8],
    ],
  },
  {
    name: 'kata_guest_vm_stat',
    help: 'Guest virtual memory statistics.',
    type: 'gauge',
    samples: () => [['{item="pgfault"}', 0]],
  },
  {
    name: 'kata_guest_netdev_stat',
    help: 'Guest net devices statistics.',
    type: 'gauge',
    samples: () => [
      ['{interface="eth0",item="recv_bytes"}', 0],
      ['{interface="eth0",item="sent_bytes"}', 0],
    ],
  },
  {
    name: 'kata_guest_diskstat',
    help: 'Disks statistics in system.',
    type: 'gauge',
    samples: () => [['{disk="vda",item="reads"}', 0]],
  },
  {
    name: 'kata_guest_meminfo',
    help: 'Statistics about memory usage in the system.',
    type: 'gauge',
    samples: (kernel) => [
      ['{item="mem_total"}', kernel.memoryBytes],
      [
        '{item="mem_free"}',
        Math.max(0, kernel.memoryBytes - memory(kernel) - kernel.store.usedBytes),
      ],
      ['{item="cached"}', kernel.store.usedBytes],
    ],
  },
  {
    name: 'kata_guest_filesystem_bytes',
    help: 'Guest filesystem usage in bytes.',
    type: 'gauge',
    samples: ({ store }) => [
      ['{mountpoint="/",item="total"}', store.limits.bytes],
      ['{mountpoint="/",item="used"}', store.usedBytes],
      ['{mountpoint="/",item="available"}', store.limits.bytes - store.usedBytes],
    ],
  },
  {
    name: 'kata_guest_filesystem_inodes',
    help: 'Guest filesystem usage in inodes.',
    type: 'gauge',
    samples: ({ store }) => [
      ['{mountpoint="/",item="total"}', store.limits.inodes],
      ['{mountpoint="/",item="used"}', store.usedInodes],
    ],
  },
];

export function metricsText(kernel: Kernel, scrapes: number): string {
  return FAMILIES.map(({ name, help, type, samples }) => {
    const lines = samples(kernel, scrapes).map(([labels, value]) => `${name}${labels} ${value}\n`);
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
  }).join('');
}
