/**
 * Commands that make, copy, move and remove files: cat, cp, mv, rm, mkdir, ln, dd, ...
 */
import { isDir } from '../fs/node.ts';
import { errnoOf, SysError } from '../kernel/errno.ts';
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import {
  chunks,
  command,
  commandName,
  complain,
  forFiles,
  lines,
  options,
  reason,
  say,
  UsageError,
  worded,
  type Options,
} from './io.ts';

const cat = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'nuAevbET');
  let number = 1;
  return forFiles(
    process,
    argv,
    rest,
    async (path) => {
      if (path !== '-' && isDir(process.files.stat(path))) throw new SysError('EISDIR');
      if (!flags.has('n'))
        for await (const chunk of chunks(process, path)) await say(process, chunk);
      else
        for await (const [line, ended] of lines(process, path))
          await say(process, `${String(number++).padStart(6)}\t${line}${ended ? '\n' : ''}`);
    },
    (path, text) =>
      worded(
        process,
        text === 'Is a directory' ? `read error: ${text}` : `can't open '${path}': ${text}`,
        `${path}: ${text}`,
      ),
  );
});

const mkdir = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'pm:v', { long: { parents: 'p', mode: 'm' } });
  if (rest.length === 0) throw new UsageError('missing operand');
  const mode = flags.has('m') ? parseInt(flags.get('m') ?? '755', 8) : 0o777 & ~process.umask;
  let status = 0;
  for (const path of rest) {
    try {
      if (flags.has('p')) process.files.mkdirs(path, mode);
      else process.files.mkdir(path, mode);
    } catch (error) {
      await complain(
        process,
        commandName(argv),
        `${worded(process, "can't", 'cannot')} create directory '${path}': ${reason(error)}`,
      );
      status = 1;
    }
  }
  return status;
});

const rmdir = command((process, argv) =>
  forFiles(
    process,
    argv,
    options(argv, 'p').rest,
    (path) => {
      process.files.rmdir(path);
      return Promise.resolve();
    },
    (path, text) => `${worded(process, '', 'failed to remove ')}'${path}': ${text}`,
  ),
);

const rm = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'rRfiv', { long: { recursive: 'r', force: 'f' } });
  if (rest.length === 0 && !flags.has('f')) throw new UsageError('missing operand');
  let status = 0;
  for (const path of rest) {
    try {
      const node = process.files.lstat(path);
      if (isDir(node) && !flags.has('r') && !flags.has('R')) throw new SysError('EISDIR');
      if (isDir(node)) process.files.removeTree(path);
      else process.files.unlink(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' && flags.has('f')) continue;
      await complain(
        process,
        commandName(argv),
        `${worded(process, "can't", 'cannot')} remove '${path}': ${reason(error)}`,
      );
      status = 1;
    }
  }
  return status;
});

/** `cp a b` and `cp a... dir`: where each source goes. */
function destinations(process: Process, words: readonly string[]): (readonly [string, string])[] {
  if (words.length < 2)
    throw new UsageError(
      words.length === 0
        ? 'missing file operand'
        : `missing destination file operand after '${words[0] ?? ''}'`,
    );
  const target = words.at(-1) ?? '';
  const { files } = process;
  const intoDirectory = files.exists(target) && isDir(files.stat(target));
  if (words.length > 2 && !intoDirectory)
    throw new UsageError(`target '${target}' is not a directory`);
  return words.slice(0, -1).map((source) => {
    const name = source.replace(/\/+$/, '').split('/').at(-1) ?? source;
    return [source, intoDirectory ? `${target.replace(/\/+$/, '')}/${name}` : target] as const;
  });
}

async function copyOne(
  process: Process,
  from: string,
  to: string,
  flags: Options['flags'],
): Promise<void> {
  const { files } = process;
  const recursive = flags.has('r') || flags.has('R') || flags.has('a');
  const node = recursive ? files.lstat(from) : files.stat(from);
  if (isDir(node)) {
    if (!recursive) throw new UsageError(`-r not specified; omitting directory '${from}'`);
    if (`${files.place(to, false).path}/`.startsWith(`${files.place(from).path}/`))
      throw new UsageError(`cannot copy a directory, '${from}', into itself, '${to}'`);
    if (!files.exists(to)) files.mkdir(to, node.mode & ~process.umask);
    for (const name of files.list(from))
      await copyOne(process, `${from}/${name}`, `${to}/${name}`, flags);
  } else if (node.kind === 'link') {
    if (files.exists(to)) files.unlink(to);
    files.symlink(node.target, to);
  } else {
    await process.step();
    const mode = flags.has('p') || flags.has('a') ? node.mode : node.mode & ~process.umask;
    const out = files.open(to, { write: true, create: true, truncate: true, mode });
    const fd = process.install(out);
    try {
      for await (const chunk of chunks(process, from)) await process.write(fd, chunk);
    } finally {
      if (process.alive) process.closeDescriptor(fd);
    }
    if (flags.has('p') || flags.has('a')) files.utimes(to, node.mtimeMs);
  }
}

const cp = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'rRapfivLPdT', { long: { recursive: 'r', archive: 'a' } });
  let status = 0;
  for (const [from, to] of destinations(process, rest)) {
    try {
      await copyOne(process, from, to, flags);
    } catch (error) {
      const message =
        error instanceof UsageError
          ? error.message
          : `${worded(process, "can't", 'cannot')} stat '${from}': ${reason(error)}`;
      await complain(process, commandName(argv), message);
      status = 1;
    }
  }
  return status;
});

function moveFailure(process: Process, from: string, to: string, error: unknown): string {
  const text = reason(error);
  if (process.suite === 'busybox') return `can't rename '${from}': ${text}`;
  const missing =
    errnoOf(error) === 'ENOENT' && process.files.place(from, false).node === undefined;
  return missing ? `cannot stat '${from}': ${text}` : `cannot move '${from}' to '${to}': ${text}`;
}

const mv = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'fivnT');
  let status = 0;
  for (const [from, to] of destinations(process, rest)) {
    try {
      try {
        process.files.rename(from, to);
      } catch (error) {
        if (errnoOf(error) !== 'EXDEV') throw error;
        await copyOne(process, from, to, new Map([...flags, ['a', '']]));
        process.files.removeTree(from);
      }
    } catch (error) {
      await complain(process, commandName(argv), moveFailure(process, from, to, error));
      status = 1;
    }
  }
  return status;
});

const ln = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'sfnvT');
  const words = rest.length === 1 ? [...rest, '.'] : rest;
  for (const [from, to] of destinations(process, words)) {
    if (flags.has('f') && process.files.place(to, false).node !== undefined)
      process.files.unlink(to);
    try {
      if (flags.has('s')) process.files.symlink(from, to);
      else process.files.link(from, to);
    } catch (error) {
      await complain(
        process,
        commandName(argv),
        `failed to create ${flags.has('s') ? 'symbolic' : 'hard'} link '${to}': ${reason(error)}`,
      );
      return 1;
    }
  }
  return 0;
});

const readlink = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'fenm');
  for (const path of rest) {
    try {
      const full = flags.has('f') || flags.has('e') || flags.has('m');
      await say(
        process,
        `${full ? process.files.place(path).path : process.files.readlink(path)}\n`,
      );
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return 1;
    }
  }
  return 0;
});

const realpath = command((process, argv) =>
  forFiles(process, argv, options(argv, 'em').rest, async (path) => {
    const place = process.files.place(path);
    if (place.node === undefined) throw new SysError('ENOENT');
    await say(process, `${place.path}\n`);
  }),
);

const mktemp = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'dp:tq');
  const directory = flags.get('p') ?? process.env.get('TMPDIR') ?? '/tmp';
  const template = rest[0] ?? `${directory}/tmp.XXXXXXXXXX`;
  const random = Buffer.from(process.kernel.random.bytes(16)).toString('hex');
  let used = 0;
  const path = template.replace(/X{3,}$/, (run) => random.slice(used, (used += run.length)));
  if (flags.has('d')) process.files.mkdir(path, 0o700);
  else process.files.open(path, { write: true, create: true, exclusive: true, mode: 0o600 });
  await say(process, `${path}\n`);
  return 0;
});

const mkfifo = command((process, argv) =>
  forFiles(process, argv, options(argv, 'm:').rest, (path) => {
    process.files.mkfifo(path, 0o666 & ~process.umask);
    return Promise.resolve();
  }),
);

const basename = command(async (process, argv) => {
  const [path, suffix = ''] = argv.slice(1);
  if (path === undefined) throw new UsageError('missing operand');
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
  const base = name === '' ? '/' : name;
  await say(
    process,
    `${suffix !== '' && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base}\n`,
  );
  return 0;
});

const dirname = command(async (process, argv) => {
  if (argv.length < 2) throw new UsageError('missing operand');
  for (const path of argv.slice(1)) {
    const trimmed = path.replace(/\/+$/, '');
    const cut = trimmed.lastIndexOf('/');
    await say(
      process,
      `${cut < 0 ? (trimmed === '' ? '/' : '.') : cut === 0 ? '/' : trimmed.slice(0, cut)}\n`,
    );
  }
  return 0;
});

const dd = command(async (process, argv) => {
  const settings = new Map(
    argv.slice(1).map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const size = (text: string | undefined, otherwise: number): number => {
    const match = /^(\d+)([kKMG]?)B?$/.exec(text ?? String(otherwise));
    if (match?.[1] === undefined) throw new UsageError(`invalid number: '${text ?? ''}'`);
    return Number(match[1]) * { '': 1, k: 1024, K: 1024, M: 2 ** 20, G: 2 ** 30 }[match[2] as 'k'];
  };
  const block = size(settings.get('bs'), 512);
  const count = settings.has('count') ? size(settings.get('count'), 0) : Infinity;
  const from = settings.get('if');
  const to = settings.get('of');
  const input = from === undefined ? 0 : process.install(process.files.open(from, { read: true }));
  const output =
    to === undefined
      ? 1
      : process.install(process.files.open(to, { write: true, create: true, truncate: true }));
  let blocks = 0;
  let bytes = 0;
  let partial = 0;
  try {
    for (; blocks + partial < count;) {
      const data = await process.read(input, Math.min(block, 1 << 20));
      if (data.length === 0) break;
      await process.write(output, data);
      bytes += data.length;
      if (data.length < block) partial++;
      else blocks++;
    }
  } catch (error) {
    await complain(process, 'dd', `error writing '${to ?? 'standard output'}': ${reason(error)}`);
    return 1;
  }
  const records = `${blocks}+${partial} records`;
  await process.write(2, `${records} in\n${records} out\n${bytes} bytes copied\n`);
  return 0;
});

export const filePrograms: readonly ProgramRow[] = [
  { name: 'cat', run: cat },
  { name: 'mkdir', run: mkdir },
  { name: 'rmdir', run: rmdir },
  { name: 'rm', run: rm },
  { name: 'cp', run: cp },
  { name: 'mv', run: mv },
  { name: 'ln', run: ln },
  { name: 'readlink', run: readlink },
  { name: 'realpath', run: realpath },
  { name: 'mktemp', run: mktemp },
  { name: 'mkfifo', run: mkfifo },
  { name: 'basename', run: basename },
  { name: 'dirname', run: dirname },
  { name: 'dd', run: dd },
];
