/**
 * Commands about processes: sleep, ps, kill, env, timeout, nohup, xargs, pause.
 */
import type { ProgramRow } from '../kernel/kernel.ts';
import { errnoOf, errnoText } from '../kernel/errno.ts';
import { findProgram } from '../kernel/find-program.ts';
import type { Process } from '../kernel/process.ts';
import {
  parseSignal,
  signalName,
  SIGHUP,
  SIGINT,
  SIGKILL,
  SIGNALS,
  SIGTERM,
} from '../kernel/signals.ts';
import { users } from './accounts.ts';
import { command, commandName, complain, duration, lines, options, say, UsageError } from './io.ts';

const sleep = command(async (process, argv) => {
  if (argv.length < 2) throw new UsageError('missing operand');
  let total = 0;
  for (const word of argv.slice(1)) {
    const ms = duration(word);
    if (ms === undefined) throw new UsageError(`invalid time interval '${word}'`);
    total += ms;
  }
  await process.sleep(Math.min(total, Number.MAX_SAFE_INTEGER));
  return 0;
});

/** The pause container's init: waits for the signal to end. */
async function pause(process: Process): Promise<number> {
  process.handle(SIGINT, 'catch');
  process.handle(SIGTERM, 'catch');
  try {
    while (true) await process.sleep(Number.MAX_SAFE_INTEGER);
  } catch (error) {
    if (errnoOf(error) !== 'EINTR') throw error;
    await say(process, 'Shutting down, got signal\n');
    return 0;
  }
}

/** Replaces this process by a command found in PATH; 126 and 127 as everywhere. */
async function runInPlace(
  process: Process,
  name: string,
  words: readonly string[],
): Promise<number> {
  const target = words[0] ?? '';
  try {
    return await process.kernel.execute(process, findProgram(process, target), words);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || !process.alive) throw error;
    await complain(
      process,
      name,
      `${errno === 'ENOENT' ? '' : `can't execute `}'${target}': ${errnoText(errno)}`.replace(
        /^'(.*)': No/,
        "can't execute '$1': No",
      ),
    );
    return errno === 'ENOENT' ? 127 : 126;
  }
}

/** Runs a command in a child and waits; returns its status. */
export async function runChild(
  process: Process,
  name: string,
  words: readonly string[],
): Promise<number> {
  const child = process.fork();
  process.kernel.start(child, (own) => runInPlace(own, name, words));
  return (await process.wait(child)).code;
}

const env = command(async (process, argv) => {
  const words = argv.slice(1);
  for (let word = words[0]; word !== undefined; word = words[0]) {
    if (word === '-i' || word === '-') process.env = new Map();
    else if (word === '-u') process.env.delete(words.splice(1, 1)[0] ?? '');
    else if (word.startsWith('-')) throw new UsageError(`invalid option -- '${word.slice(1)}'`);
    else if (word.includes('=')) {
      const [name = '', value = ''] = word.split(/=(.*)/s);
      process.env.set(name, value);
    } else break;
    words.shift();
  }
  if (words.length > 0) return runInPlace(process, 'env', words);
  await say(process, [...process.env].map(([name, value]) => `${name}=${value}\n`).join(''));
  return 0;
}, 125);

const printenv = command(async (process, argv) => {
  if (argv.length < 2) return env(process, ['env']);
  const values = argv.slice(1).map((name) => process.env.get(name));
  for (const value of values) if (value !== undefined) await say(process, `${value}\n`);
  return values.includes(undefined) ? 1 : 0;
});

export const kill = command(async (process, argv) => {
  const words = argv.slice(1);
  let signal = SIGTERM;
  if (words[0] === '-l') {
    const wanted = words[1];
    const names =
      wanted === undefined
        ? SIGNALS.map(({ name }) => name)
        : [signalName(Number(wanted) & 127) ?? String(parseSignal(wanted) ?? '')];
    await say(process, `${names.join(wanted === undefined ? ' ' : '\n')}\n`);
    return 0;
  }
  const first = words[0] ?? '';
  if (/^-./.test(first) && first !== '--' && words.length > 1) {
    words.shift();
    const text = first === '-s' || first === '-n' ? (words.shift() ?? '') : first.slice(1);
    const parsed = parseSignal(text);
    if (parsed === undefined) throw new UsageError(`${text}: invalid signal specification`);
    signal = parsed;
  }
  if (words[0] === '--') words.shift();
  if (words.length === 0) throw new UsageError('you need to specify whom to kill');
  let status = 0;
  for (const word of words) {
    const error = signalOne(process, word, signal);
    if (error === undefined) continue;
    await complain(process, commandName(argv) === 'bash' ? 'kill' : commandName(argv), error);
    status = 1;
  }
  // A signal to oneself arrives before the next command.
  await process.step();
  return status;
});

function signalOne(process: Process, word: string, signal: number): string | undefined {
  if (!/^-?\d+$/.test(word)) return `${word}: arguments must be process or job IDs`;
  const pid = Number(word);
  try {
    process.system.kill(pid, signal);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    // Source: kill(1): a signal to everybody does not say whom it did not reach.
    return pid === -1 ? undefined : `(${word}) - ${errnoText(errno)}`;
  }
}

const clockTime = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  const part = (value: number): string => String(value).padStart(2, '0');
  return `${part(Math.floor(seconds / 3600))}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`;
};

const commandLine = (process: Process): string =>
  process.alive ? process.argv.join(' ') : `[${commandName(process.argv)}] <defunct>`;

/** busybox: PID USER TIME COMMAND of everybody, whatever the options. */
const busyboxPs = command(async (process) => {
  const names = users(process.files);
  let text = 'PID   USER     TIME  COMMAND\n';
  for (const each of process.system.processes) {
    const user = (names.get(each.credentials.uid) ?? String(each.credentials.uid)).slice(0, 8);
    const minutes = Math.floor(each.cpuNs / 60e9);
    const seconds = String(Math.floor(each.cpuNs / 1e9) % 60).padStart(2, '0');
    text += `${String(each.pid).padStart(5)} ${user.padEnd(8)} ${`${minutes}:${seconds}`.padStart(5)}  ${commandLine(each)}\n`;
  }
  await say(process, text);
  return 0;
});

type PsColumn = readonly [
  string,
  (process: Process, names: ReadonlyMap<number, string>) => string,
  'left' | 'right',
];

const started = (process: Process): string =>
  new Date(process.startedAt).toISOString().slice(11, 16);
const userOf: PsColumn[1] = (process, names) =>
  names.get(process.credentials.uid) ?? String(process.credentials.uid);
const ttyOf = (process: Process): string => process.tty?.path.replace('/dev/', '') ?? '?';

const PS_COLUMNS: Readonly<Record<string, PsColumn>> = {
  pid: ['PID', (process) => String(process.pid), 'right'],
  ppid: ['PPID', (process) => String(process.parent?.pid ?? 0), 'right'],
  uid: ['UID', (process) => String(process.credentials.uid), 'right'],
  user: ['USER', userOf, 'left'],
  uname: ['UID', userOf, 'left'],
  pcpu: ['%CPU', (process) => (process.load * 100).toFixed(1), 'right'],
  pmem: [
    '%MEM',
    (process) => ((process.rss / process.kernel.memoryBytes) * 100).toFixed(1),
    'right',
  ],
  vsz: ['VSZ', (process) => String(Math.round((process.rss * 3) / 1024)), 'right'],
  rss: ['RSS', (process) => String(Math.round(process.rss / 1024)), 'right'],
  tty: ['TTY', ttyOf, 'left'],
  stat: ['STAT', (process) => process.state + (process.isNamespaceInit ? 's' : ''), 'left'],
  start: ['START', started, 'left'],
  stime: ['STIME', started, 'left'],
  time: ['TIME', (process) => clockTime(process.cpuNs / 1e6), 'right'],
  c: ['C', () => '0', 'right'],
  comm: ['COMMAND', (process) => commandName(process.argv), 'left'],
  cmd: [
    'CMD',
    (process) =>
      process.alive ? commandName(process.argv) : `${commandName(process.argv)} <defunct>`,
    'left',
  ],
  args: ['COMMAND', commandLine, 'left'],
  fullcmd: ['CMD', commandLine, 'left'],
};
const PS_ALIASES: Readonly<Record<string, string>> = {
  command: 'args',
  tname: 'tty',
  s: 'stat',
  '%cpu': 'pcpu',
  '%mem': 'pmem',
};

/** procps: the common selections and formats. */
const procps = command(async (process, argv) => {
  const words = argv.slice(1).join(' ');
  const custom = /-o\s*([\w,%=]+)/.exec(words)?.[1];
  const bsd = /(^|\s)a?u?x\w*/.test(words.replace(/-\w+/g, ''));
  const all = bsd || /-\w*[eA]/.test(words);
  const full = /-\w*f/.test(words);
  const columns =
    custom?.split(',').map((name) => name.replace(/=.*/, '')) ??
    (bsd && words.includes('u')
      ? ['user', 'pid', 'pcpu', 'pmem', 'vsz', 'rss', 'tty', 'stat', 'start', 'time', 'args']
      : full
        ? ['uname', 'pid', 'ppid', 'c', 'stime', 'tty', 'time', 'fullcmd']
        : bsd
          ? ['pid', 'tty', 'stat', 'time', 'args']
          : ['pid', 'tty', 'time', 'cmd']);
  const names = users(process.files);
  const rows = process.system.processes.filter((each) => all || each.tty === process.tty);
  const chosen = columns.map((name) => {
    const column = PS_COLUMNS[PS_ALIASES[name] ?? name];
    if (column === undefined)
      throw new UsageError(`error: unknown user-defined format specifier "${name}"`);
    return column;
  });
  const table = [
    chosen.map(([title]) => title),
    ...rows.map((each) => chosen.map(([, value]) => value(each, names))),
  ];
  const widths = chosen.map((_, index) => Math.max(...table.map((row) => row[index]?.length ?? 0)));
  const text = table.map((row) =>
    row
      .map((cell, index) =>
        index === row.length - 1
          ? cell
          : chosen[index]?.[2] === 'right'
            ? cell.padStart(widths[index] ?? 0)
            : cell.padEnd(widths[index] ?? 0),
      )
      .join(' '),
  );
  await say(process, `${text.join('\n')}\n`);
  return 0;
});

const timeout = command(async (process, argv) => {
  const { flags, rest } = options(argv, 's:k:', {
    permute: false,
    long: { signal: 's', 'kill-after': 'k' },
  });
  const [limit = '', ...words] = rest;
  const ms = duration(limit);
  if (ms === undefined || words.length === 0)
    throw new UsageError(`invalid time interval '${limit}'`);
  const signal = parseSignal(flags.get('s') ?? 'TERM') ?? SIGTERM;
  const child = process.fork();
  process.kernel.start(child, (own) => runInPlace(own, 'timeout', words));
  const outcome = { expired: false };
  const grace = duration(flags.get('k') ?? '');
  const timers = [
    process.kernel.timers.after(ms, () => {
      outcome.expired = true;
      process.system.signalChildren([child], signal);
      if (grace !== undefined)
        timers.push(
          process.kernel.timers.after(grace, () => process.system.signalChildren([child], SIGKILL)),
        );
    }),
  ];
  const stop = (): void => {
    for (const timer of timers) timer.cancel();
  };
  process.exitHooks.add(stop);
  const { code } = await process.wait(child);
  stop();
  return outcome.expired && code !== 137 ? 124 : code;
}, 125);

const nohup = command(async (process, argv) => {
  process.handle(SIGHUP, 'ignore');
  return runInPlace(process, 'nohup', argv.slice(1));
});

const xargs = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'n:0rI:t', { permute: false });
  const words: string[] = [];
  const replacement = flags.get('I');
  for await (const [line] of lines(process, '-')) {
    if (flags.has('0')) words.push(...line.split('\0').filter((word) => word !== ''));
    else if (replacement !== undefined) words.push(line.trim());
    else
      for (const match of line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g))
        words.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  const target = rest.length === 0 ? ['echo'] : rest;
  if (words.length === 0 && (flags.has('r') || replacement !== undefined)) return 0;
  const size = replacement === undefined ? Number(flags.get('n') ?? 5000) : 1;
  let status = 0;
  for (let at = 0; at === 0 || at < words.length; at += Math.max(1, size)) {
    const batch = words.slice(at, at + Math.max(1, size));
    const line =
      replacement === undefined
        ? [...target, ...batch]
        : target.map((word) => word.split(replacement).join(batch[0] ?? ''));
    const code = await runChild(process, 'xargs', line);
    if (code === 126 || code === 127) return code;
    if (code !== 0) status = 123;
  }
  return status;
});

const pidof = command(async (process, argv) => {
  const found = process.system.processes.filter((each) =>
    argv.slice(1).includes(commandName(each.argv)),
  );
  if (found.length === 0) return 1;
  await say(
    process,
    `${found
      .map((each) => each.pid)
      .reverse()
      .join(' ')}\n`,
  );
  return 0;
});

const pgrep = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'flx');
  const [pattern = ''] = rest;
  const found = process.system.processes.filter((each) => {
    if (each === process) return false;
    const subject = flags.has('f') ? each.argv.join(' ') : commandName(each.argv);
    return flags.has('x') ? subject === pattern : subject.includes(pattern);
  });
  for (const each of found)
    await say(process, `${each.pid}${flags.has('l') ? ` ${commandName(each.argv)}` : ''}\n`);
  return found.length > 0 ? 0 : 1;
});

export const processPrograms: readonly ProgramRow[] = [
  { name: 'sleep', run: sleep, rss: 700 << 10 },
  { name: 'pause', run: (process) => pause(process), rss: 120 << 10 },
  { name: 'env', run: env },
  { name: 'printenv', run: printenv },
  { name: 'kill', run: kill },
  { name: 'busybox-ps', run: busyboxPs },
  { name: 'ps', run: procps },
  { name: 'timeout', run: timeout },
  { name: 'nohup', run: nohup },
  { name: 'xargs', run: xargs },
  { name: 'pidof', run: pidof },
  { name: 'pgrep', run: pgrep },
];
