/**
 * Commands about the machine and who one is: id, hostname, uname, date, stty, mount, df, free, ...
 */
import type { ProgramRow } from '../kernel/kernel.ts';
import { errnoOf } from '../kernel/errno.ts';
import { findProgram } from '../kernel/find-program.ts';
import type { Process } from '../kernel/process.ts';
import type { LineMode } from '../kernel/terminal.ts';
import { findUser, groups, memberships, users } from './accounts.ts';
import { command, complain, options, reason, say, UsageError } from './io.ts';
import { human } from './listing.ts';

/** Source: Kata Containers 3.x guest kernel, `uname -a`. */
const KERNEL_RELEASE = '6.12.47';
const KERNEL_VERSION = '#1 SMP PREEMPT_DYNAMIC';

const named = (id: number, name: string | undefined): string =>
  name === undefined ? String(id) : `${id}(${name})`;

const id = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'ugGnra');
  const { files } = process;
  const [wanted] = rest;
  let who: { uid: number; gid: number; groups: readonly number[] } = process.credentials;
  if (wanted !== undefined) {
    const account = findUser(files, wanted);
    if (account === undefined) throw new UsageError(`'${wanted}': no such user`);
    who = { ...account, groups: memberships(files, account.name) };
  }
  const userNames = users(files);
  const groupNames = groups(files);
  const all = [...new Set([who.gid, ...who.groups])];
  const group = (gid: number): string =>
    flags.has('n') ? (groupNames.get(gid) ?? String(gid)) : String(gid);
  if (flags.has('u'))
    await say(process, `${flags.has('n') ? (userNames.get(who.uid) ?? who.uid) : who.uid}\n`);
  else if (flags.has('g')) await say(process, `${group(who.gid)}\n`);
  else if (flags.has('G')) await say(process, `${all.map(group).join(' ')}\n`);
  else {
    const list = all.map((gid) => named(gid, groupNames.get(gid))).join(',');
    const user = named(who.uid, userNames.get(who.uid));
    await say(
      process,
      `uid=${user} gid=${named(who.gid, groupNames.get(who.gid))} groups=${list}\n`,
    );
  }
  return 0;
});

const whoami = command(async (process) => {
  const { uid } = process.credentials;
  const name = users(process.files).get(uid);
  if (name === undefined) throw new UsageError(`cannot find name for user ID ${uid}`);
  await say(process, `${name}\n`);
  return 0;
});

const hostname = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'sfidIA');
  const [name] = rest;
  if (name !== undefined) {
    try {
      process.system.setHostname(name);
      return 0;
    } catch (error) {
      if (errnoOf(error) !== 'EPERM') throw error;
      throw new UsageError('you must be root to change the host name');
    }
  }
  if (flags.has('i') || flags.has('I'))
    await say(process, `${process.network.addresses.join(' ')}\n`);
  else
    await say(
      process,
      `${flags.has('s') ? process.scope.hostname.split('.')[0] : process.scope.hostname}\n`,
    );
  return 0;
});

const uname = command(async (process, argv) => {
  const { flags } = options(argv, 'asnrvmpio');
  const fields: Readonly<Record<string, string>> = {
    s: 'Linux',
    n: process.scope.hostname,
    r: KERNEL_RELEASE,
    v: KERNEL_VERSION,
    m: 'x86_64',
    o: 'GNU/Linux',
  };
  const wanted = flags.has('a')
    ? Object.keys(fields)
    : Object.keys(fields).filter((key) => flags.has(key));
  await say(
    process,
    `${(wanted.length === 0 ? ['s'] : wanted).map((key) => fields[key]).join(' ')}\n`,
  );
  return 0;
});

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** strftime in UTC: containers without tzdata have no other zone. */
function formatDate(format: string, ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hour12 = date.getUTCHours() % 12 === 0 ? 12 : date.getUTCHours() % 12;
  const yearDay = Math.floor((ms - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  const fields: Readonly<Record<string, () => string>> = {
    Y: () => String(date.getUTCFullYear()),
    y: () => two(date.getUTCFullYear() % 100),
    m: () => two(date.getUTCMonth() + 1),
    d: () => two(date.getUTCDate()),
    e: () => String(date.getUTCDate()).padStart(2),
    H: () => two(date.getUTCHours()),
    I: () => two(hour12),
    M: () => two(date.getUTCMinutes()),
    S: () => two(date.getUTCSeconds()),
    N: () => `${String(Math.floor(ms) % 1000).padStart(3, '0')}000000`,
    s: () => String(Math.floor(ms / 1000)),
    a: () => DAYS[date.getUTCDay()]?.slice(0, 3) ?? '',
    A: () => DAYS[date.getUTCDay()] ?? '',
    b: () => MONTHS[date.getUTCMonth()]?.slice(0, 3) ?? '',
    B: () => MONTHS[date.getUTCMonth()] ?? '',
    p: () => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
    j: () => String(yearDay).padStart(3, '0'),
    u: () => String(date.getUTCDay() === 0 ? 7 : date.getUTCDay()),
    w: () => String(date.getUTCDay()),
    Z: () => 'UTC',
    z: () => '+0000',
    n: () => '\n',
    t: () => '\t',
    '%': () => '%',
    F: () => formatDate('%Y-%m-%d', ms),
    T: () => formatDate('%H:%M:%S', ms),
    R: () => formatDate('%H:%M', ms),
    D: () => formatDate('%m/%d/%y', ms),
    c: () => formatDate('%a %b %e %H:%M:%S %Y', ms),
    x: () => formatDate('%m/%d/%y', ms),
    X: () => formatDate('%H:%M:%S', ms),
  };
  return format.replace(/%([-_0]?)([a-zA-Z%])/g, (whole, flag: string, key: string) => {
    const text = fields[key]?.() ?? whole;
    return flag === '-' ? text.replace(/^[0 ]+(?=.)/, '') : text;
  });
}

const date = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'uRd:s:I', {
    long: { utc: 'u', date: 'd', set: 's', iso: 'I', 'iso-8601': 'I' },
  });
  let now = process.kernel.now();
  let status = 0;
  const set = flags.get('s');
  const given = flags.get('d') ?? set;
  if (given !== undefined) {
    now = given.startsWith('@')
      ? Number(given.slice(1)) * 1000
      : Date.parse(`${given}${/[zZ]|[-+]\d\d:?\d\d$|GMT|UTC/.test(given) ? '' : ' UTC'}`);
    if (given === 'now') now = process.kernel.now();
    if (Number.isNaN(now)) throw new UsageError(`invalid date '${given}'`);
  }
  if (set !== undefined) {
    try {
      process.system.setDate(now);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      await complain(process, 'date', `cannot set date: ${reason(error)}`);
      status = 1;
    }
  }
  const format =
    rest[0]?.startsWith('+') === true
      ? rest[0].slice(1)
      : flags.has('R')
        ? '%a, %d %b %Y %H:%M:%S %z'
        : flags.has('I')
          ? '%F'
          : '%a %b %e %H:%M:%S %Z %Y';
  await say(process, `${formatDate(format, now)}\n`);
  return status;
});

const pwd = command(async (process) => {
  await say(process, `${process.cwd}\n`);
  return 0;
});

const which = command(async (process, argv) => {
  let status = 0;
  for (const name of options(argv, 'a').rest) {
    try {
      const path = findProgram(process, name);
      if (!process.files.access(path, 'x')) throw new UsageError('');
      await say(process, `${path}\n`);
    } catch (error) {
      if (!(error instanceof UsageError) && errnoOf(error) === undefined) throw error;
      status = 1;
    }
  }
  return status;
});

const tty = command(async (process) => {
  const terminal = process.descriptor(0)?.tty;
  await say(process, `${terminal?.path ?? 'not a tty'}\n`);
  return terminal === undefined ? 1 : 0;
});

const RAW: Partial<LineMode> = {
  icanon: false,
  echo: false,
  isig: false,
  icrnl: false,
  opost: false,
};
const SANE: Partial<LineMode> = {
  icanon: true,
  echo: true,
  isig: true,
  icrnl: true,
  opost: true,
  onlcr: true,
  echoe: true,
  echok: true,
  echoctl: true,
};

const stty = command(async (process, argv) => {
  const terminal = process.descriptor(0)?.tty;
  const words = argv.slice(1);
  if (terminal === undefined)
    throw new UsageError("'standard input': Inappropriate ioctl for device");
  if (words.length === 0 || words[0] === '-a') {
    const flags = Object.entries(terminal.mode).map(([name, on]) => `${on ? '' : '-'}${name}`);
    await say(
      process,
      `speed 38400 baud; rows ${terminal.rows}; columns ${terminal.columns};\n${flags.join(' ')}\n`,
    );
    return 0;
  }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const flag = word.replace(/^-/, '');
    if (word === 'size') await say(process, `${terminal.rows} ${terminal.columns}\n`);
    else if (word === 'raw') terminal.setMode(RAW);
    else if (word === 'sane' || word === 'cooked' || word === '-raw') terminal.setMode(SANE);
    else if (word === 'rows') terminal.resize(Number(words[++at]), terminal.columns);
    else if (word === 'cols' || word === 'columns')
      terminal.resize(terminal.rows, Number(words[++at]));
    else if (flag in terminal.mode) terminal.setMode({ [flag]: !word.startsWith('-') });
    else throw new UsageError(`invalid argument '${word}'`);
  }
  return 0;
});

const mount = command(async (process, argv) => {
  if (argv.length > 1) {
    try {
      process.system.mount('mount');
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      await complain(process, 'mount', 'permission denied (are you root?)');
      return 32;
    }
  }
  for (const { source, destination, type, options: flags } of process.system.mounts)
    await say(process, `${source} on ${destination} type ${type} (${flags.join(',') || 'rw'})\n`);
  return 0;
});

const umount = command(async (process, argv) => {
  try {
    return process.system.mount('umount2');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    await complain(process, 'umount', `can't unmount ${argv[1] ?? ''}: ${reason(error)}`);
    return 32;
  }
});

const df = command(async (process, argv) => {
  const { flags } = options(argv, 'hkTPia');
  const { mounts, fileSpace: space } = process.system;
  const size = (bytes: number): string =>
    flags.has('h') ? human(bytes, true) : String(Math.round(bytes / 1024));
  const percent = `${Math.ceil((space.usedBytes / space.limits.bytes) * 100)}%`;
  const rows = mounts
    .filter(
      ({ type }) => !['proc', 'sysfs', 'devpts', 'mqueue', 'cgroup', 'cgroup2'].includes(type),
    )
    .map((mounted) => [
      mounted.source,
      size(space.limits.bytes),
      size(space.usedBytes),
      size(space.limits.bytes - space.usedBytes),
      percent,
      mounted.destination,
    ]);
  const table = [
    [
      'Filesystem',
      flags.has('h') ? 'Size' : '1K-blocks',
      'Used',
      flags.has('h') ? 'Avail' : 'Available',
      'Use%',
      'Mounted on',
    ],
    ...rows,
  ];
  const widths = [0, 1, 2, 3, 4].map((index) =>
    Math.max(...table.map((row) => row[index]?.length ?? 0)),
  );
  await say(
    process,
    table
      .map(
        (row) =>
          `${row.map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : index === 5 ? cell : cell.padStart(widths[index] ?? 0))).join(' ')}\n`,
      )
      .join(''),
  );
  return 0;
});

const free = command(async (process, argv) => {
  const { flags } = options(argv, 'hmkgb');
  const { memoryBytes } = process.kernel;
  const used = process.system.load.memoryBytes + (60 << 20);
  const show = (bytes: number): string =>
    (flags.has('h')
      ? human(bytes, true)
      : String(Math.round(flags.has('m') ? bytes / 2 ** 20 : flags.has('b') ? bytes : bytes / 1024))
    ).padStart(12);
  const cache = process.system.fileSpace.usedBytes;
  await say(
    process,
    `${' '.repeat(7)}${['total', 'used', 'free', 'shared', 'buff/cache', 'available'].map((name) => name.padStart(12)).join('')}\n` +
      `Mem:   ${[memoryBytes, used, Math.max(0, memoryBytes - used - cache), 0, cache, Math.max(0, memoryBytes - used)].map(show).join('')}\n` +
      `Swap:  ${[0, 0, 0].map(show).join('')}\n`,
  );
  return 0;
});

const uptime = command(async (process) => {
  const seconds = Math.floor((process.kernel.clock.now() - process.kernel.bootedAt) / 1000);
  const load = process.system.load.cpus.toFixed(2);
  await say(
    process,
    ` ${formatDate('%T', process.kernel.now())} up ${Math.floor(seconds / 60)} min,  0 users,  load average: ${load}, ${load}, ${load}\n`,
  );
  return 0;
});

const nproc = command(async (process) => {
  await say(process, `${process.kernel.cpus}\n`);
  return 0;
});

const arch = command(async (process) => {
  await say(process, 'x86_64\n');
  return 0;
});

const sync = (): Promise<number> => Promise.resolve(0);

const dmesg = command(async (process) => {
  try {
    await say(process, process.system.readLog());
    return 0;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    await complain(process, 'dmesg', `read kernel buffer failed: ${reason(error)}`);
    return 1;
  }
});

const clear = command(async (process: Process) => {
  await say(process, '\x1b[H\x1b[2J');
  return 0;
});

export const systemPrograms: readonly ProgramRow[] = [
  { name: 'id', run: id },
  { name: 'whoami', run: whoami },
  { name: 'hostname', run: hostname },
  { name: 'uname', run: uname },
  { name: 'date', run: date },
  { name: 'pwd', run: pwd },
  { name: 'which', run: which },
  { name: 'tty', run: tty },
  { name: 'stty', run: stty },
  { name: 'mount', run: mount },
  { name: 'umount', run: umount },
  { name: 'df', run: df },
  { name: 'free', run: free },
  { name: 'uptime', run: uptime },
  { name: 'nproc', run: nproc },
  { name: 'arch', run: arch },
  { name: 'sync', run: sync },
  { name: 'dmesg', run: dmesg },
  { name: 'clear', run: clear },
];
