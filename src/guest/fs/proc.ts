/**
 * /proc of one container: its processes, and the machine's facts. Source: proc(5).
 */
import type { Process, Scope } from '../kernel/process.ts';
import type { Caller, Node, VirtualDirNode } from './node.ts';
import type { Store } from './store.ts';

/** Numbers of capabilities, for the masks in /proc/PID/status. Source: capability.h. */
export const CAPABILITIES: readonly string[] =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'.split(
    ' ',
  );

function capabilityMask(names: ReadonlySet<string>): string {
  let mask = 0n;
  for (const [bit, name] of CAPABILITIES.entries()) if (names.has(name)) mask |= 1n << BigInt(bit);
  return mask.toString(16).padStart(16, '0');
}

const STATES = { R: 'running', S: 'sleeping', T: 'stopped', Z: 'zombie' } as const;

function status(process: Process): string {
  const { uid, gid, groups, capabilities } = process.credentials;
  const mask = capabilityMask(capabilities);
  return [
    `Name:\t${(process.argv[0] ?? '').split('/').at(-1) ?? ''}`,
    `Umask:\t${process.umask.toString(8).padStart(4, '0')}`,
    `State:\t${process.state} (${STATES[process.state]})`,
    `Tgid:\t${process.pid}`,
    `Pid:\t${process.pid}`,
    `PPid:\t${process.parent?.pid ?? 0}`,
    `Uid:\t${uid}\t${uid}\t${uid}\t${uid}`,
    `Gid:\t${gid}\t${gid}\t${gid}\t${gid}`,
    `Groups:\t${groups.join(' ')}`,
    `VmRSS:\t${String(Math.round(process.rss / 1024)).padStart(8)} kB`,
    'Threads:\t1',
    'CapInh:\t0000000000000000',
    `CapPrm:\t${mask}`,
    `CapEff:\t${mask}`,
    `CapBnd:\t${mask}`,
    'CapAmb:\t0000000000000000',
    'NoNewPrivs:\t0',
    'Seccomp:\t0',
    'Seccomp_filters:\t0',
    '',
  ].join('\n');
}

/** The 52 fields of /proc/PID/stat; those without meaning here are 0. */
function stat(process: Process): string {
  const ticks = Math.round(process.cpuNs / 1e7);
  const start = Math.round((process.startedAt - process.kernel.bootedAt) / 10);
  const name = (process.argv[0] ?? '').split('/').at(-1) ?? '';
  const head = [
    process.pid,
    `(${name.slice(0, 15)})`,
    process.state,
    process.parent?.pid ?? 0,
    process.group,
    process.group,
  ];
  const rest = [
    process.tty === undefined ? 0 : 34816,
    -1,
    4194304,
    0,
    0,
    0,
    0,
    ticks,
    0,
    0,
    0,
    20,
    0,
    1,
    0,
    start,
    process.rss * 3,
    Math.round(process.rss / 4096),
  ];
  return `${[...head, ...rest, ...Array.from({ length: 28 }, () => 0)].join(' ')}\n`;
}

export function makeProc(store: Store, scope: Scope, self: { kernel: Process['kernel'] }): Node {
  const { kernel } = self;
  const text = (content: (caller: Caller | undefined) => string | Uint8Array): Node =>
    store.virtualFile(content);
  const processOf = (caller: Caller | undefined): Process | undefined =>
    caller === undefined ? undefined : scope.pids.processes.get(caller.pid);
  const nul = (words: Iterable<string>): string => [...words].map((word) => `${word}\0`).join('');

  const descriptors = (process: Process): VirtualDirNode =>
    store.virtualDir(
      () => process.openDescriptors().map(String),
      (name) => {
        const file = process.descriptor(Number(name));
        return file === undefined ? undefined : store.descriptor(file);
      },
      { mode: 0o500, uid: process.credentials.uid, gid: process.credentials.gid },
    );

  const PROCESS_FILES: Readonly<Record<string, (process: Process) => Node>> = {
    cmdline: (process) => text(() => (process.alive ? nul(process.argv) : '')),
    comm: (process) => text(() => `${(process.argv[0] ?? '').split('/').at(-1) ?? ''}\n`),
    environ: (process) =>
      store.virtualFile(
        () => nul([...process.env].map(([name, value]) => `${name}=${value}`)),
        0o400,
      ),
    status: (process) => text(() => status(process)),
    stat: (process) => text(() => stat(process)),
    cgroup: () => text(() => '0::/\n'),
    mounts: () => text(() => mounts(scope)),
    mountinfo: () => text(() => mountInfo(scope)),
    limits: () =>
      text(
        () =>
          'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 1048576              files     \n',
      ),
    oom_score_adj: () => text(() => '0\n'),
    cwd: (process) => store.link(process.cwd),
    exe: (process) => store.link(process.exe),
    root: () => store.link('/'),
    fd: descriptors,
  };

  const directoryOf = (process: Process): VirtualDirNode =>
    store.virtualDir(
      () => Object.keys(PROCESS_FILES).sort(),
      (name) => PROCESS_FILES[name]?.(process),
      { mode: 0o555, uid: process.credentials.uid, gid: process.credentials.gid },
    );

  const memory = (): string => {
    const used = [...kernel.processes].reduce((sum, each) => sum + each.rss, 0);
    const free = Math.max(0, kernel.memoryBytes - used - store.usedBytes);
    const row = (name: string, bytes: number): string =>
      `${`${name}:`.padEnd(16)}${String(Math.round(bytes / 1024)).padStart(8)} kB\n`;
    return (
      row('MemTotal', kernel.memoryBytes) +
      row('MemFree', free) +
      row('MemAvailable', free + store.usedBytes) +
      row('Buffers', 0) +
      row('Cached', store.usedBytes) +
      row('SwapTotal', 0) +
      row('SwapFree', 0)
    );
  };
  const uptime = (): string => {
    const seconds = (kernel.clock.now() - kernel.bootedAt) / 1000;
    return `${seconds.toFixed(2)} ${(seconds * kernel.cpus).toFixed(2)}\n`;
  };
  const load = (): string => {
    const busy = [...kernel.processes].reduce((sum, each) => sum + each.load, 0).toFixed(2);
    return `${busy} ${busy} ${busy} 1/${kernel.processes.size} ${scope.pids.processes.size}\n`;
  };
  const cpus = (): string =>
    Array.from(
      { length: kernel.cpus },
      (_, i) => `processor\t: ${i}\nvendor_id\t: katasim\nmodel name\t: katasim virtual CPU\n\n`,
    ).join('');

  const FILES: Readonly<Record<string, (caller: Caller | undefined) => Node | undefined>> = {
    self: (caller) => (caller === undefined ? undefined : store.link(String(caller.pid))),
    mounts: () => store.link('self/mounts'),
    cpuinfo: () => text(cpus),
    filesystems: () => text(() => 'nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\n'),
    loadavg: () => text(load),
    meminfo: () => text(memory),
    stat: () =>
      text(
        () =>
          `cpu  0 0 0 0 0 0 0 0 0 0\nbtime ${Math.floor(kernel.bootedAt / 1000)}\nprocesses ${kernel.processes.size}\n`,
      ),
    uptime: () => text(uptime),
    version: () => text(() => 'Linux version 6.12.47 (katasim) #1 SMP PREEMPT_DYNAMIC\n'),
    cmdline: () => text(() => 'console=hvc0 systemd.unit=kata-containers.target agent.log=info\n'),
    net: () =>
      store.virtualDir(
        () => ['tcp', 'dev'],
        (name) =>
          name === 'tcp'
            ? text(() => tcp(kernel.network.ports()))
            : name === 'dev'
              ? text(() => 'Inter-|   Receive\n face |bytes\n    lo: 0\n  eth0: 0\n')
              : undefined,
      ),
    sys: () =>
      store.virtualDir(
        () => ['kernel'],
        (name) =>
          name === 'kernel'
            ? store.virtualDir(
                () => ['hostname', 'osrelease', 'pid_max'],
                (leaf) =>
                  ({
                    hostname: text(() => `${scope.hostname}\n`),
                    osrelease: text(() => '6.12.47\n'),
                    pid_max: text(() => '32768\n'),
                  })[leaf],
              )
            : undefined,
      ),
  };

  return store.virtualDir(
    () => {
      const pids = [...scope.pids.processes.keys()].sort((a, b) => a - b).map(String);
      return [...pids, ...Object.keys(FILES).sort()];
    },
    (name, caller) => {
      if (/^\d+$/.test(name)) {
        const process = scope.pids.processes.get(Number(name));
        return process === undefined ? undefined : directoryOf(process);
      }
      if (name === 'self' && processOf(caller) === undefined) return undefined;
      return FILES[name]?.(caller);
    },
  );
}

const mounts = (scope: Scope): string =>
  scope.namespace.mounts
    .map(
      ({ source, destination, type, options }) =>
        `${source} ${destination} ${type} ${options.join(',') || 'rw'} 0 0\n`,
    )
    .join('');

const mountInfo = (scope: Scope): string =>
  scope.namespace.mounts
    .map(
      ({ source, destination, type, options }, index) =>
        `${index + 20} ${index === 0 ? 1 : 20} 0:${index + 20} / ${destination} ${options.join(',') || 'rw'} - ${type} ${source} rw\n`,
    )
    .join('');

const tcp = (ports: readonly number[]): string =>
  `  sl  local_address rem_address   st\n${ports.map((port, index) => `${String(index).padStart(4)}: 00000000:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A\n`).join('')}`;

/** /sys: just enough for programs that look at their cgroup. */
export function makeSys(store: Store, scope: Scope): Node {
  const limit = (value: number | undefined): string => `${value ?? 'max'}\n`;
  const { cgroup } = scope;
  const files: Readonly<Record<string, () => string>> = {
    'memory.max': () => limit(cgroup.limits.memory),
    'memory.current': () => `${cgroup.memoryUsage()}\n`,
    'pids.current': () => `${cgroup.processes.size}\n`,
    'pids.max': () => limit(cgroup.limits.pids),
    'cpu.max': () =>
      `${cgroup.limits.cpuQuotaUs ?? 'max'} ${cgroup.limits.cpuPeriodUs ?? 100000}\n`,
    'cgroup.procs': () => [...cgroup.processes].map(({ pid }) => `${pid}\n`).join(''),
  };
  const group = store.virtualDir(
    () => Object.keys(files).sort(),
    (name) => {
      const content = files[name];
      return content === undefined ? undefined : store.virtualFile(content);
    },
  );
  const fs = store.virtualDir(
    () => ['cgroup'],
    (name) => (name === 'cgroup' ? group : undefined),
  );
  return store.virtualDir(
    () => ['fs'],
    (name) => (name === 'fs' ? fs : undefined),
  );
}
