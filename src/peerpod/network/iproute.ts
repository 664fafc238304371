/** iproute2 as a child process, and what its refusals mean. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isSystemError, messageOf } from '#base';
import { peerpodErrors } from '../errors.ts';

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 10_000;

export type Iproute = (...args: string[]) => Promise<void>;

interface Link {
  readonly ifname: string;
  readonly ifalias?: string;
}

async function execute(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(program, args, { timeout: COMMAND_TIMEOUT_MS })).stdout;
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') {
      throw peerpodErrors.noKernelNetwork(`there is no program \`${program}\``);
    }
    throw peerpodErrors.kernelNetwork(`${program} ${args.join(' ')}: ${reasonOf(error)}`, error);
  }
}

/** What the program said rather than how it was called. */
function reasonOf(error: unknown): string {
  const { stderr } = error as { stderr?: unknown };
  return typeof stderr === 'string' && stderr !== '' ? stderr.trim() : messageOf(error);
}

const call: Iproute = async (...args) => {
  await execute('ip', args);
};

export const ip = Object.assign(call, {
  lines: async (...args: string[]): Promise<string[]> =>
    (await execute('ip', args)).split('\n').filter((line) => line !== ''),
  links: async (...args: string[]): Promise<Link[]> => {
    const text = await execute('ip', ['-j', 'link', 'show', ...args]);
    return text.trim() === '' ? [] : (JSON.parse(text) as Link[]);
  },
  shell: async (text: string): Promise<void> => {
    await execute('sh', ['-c', text]);
  },
});

export const inNamespace =
  (name: string): Iproute =>
  (...args) =>
    ip('-n', name, ...args);

/** As the kernel and iproute2 word it, old and new. */
const REFUSALS = {
  exists: /File exists|already exists/,
  absent: /Cannot find device|No such (?:device|file)/,
  unsupported: /Unknown device type|not supported/,
} as const;

export function kernelSays(error: unknown, what: keyof typeof REFUSALS): boolean {
  return REFUSALS[what].test(messageOf(error));
}
