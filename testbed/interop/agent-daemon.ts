/** `katasim agent` as a process of its own, for foreign clients to call. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');

/** What the clients' checks need; exec is refused and GetMetricsRequest is left undefined. */
const POLICY = join(import.meta.dirname, 'agent.rego');

export interface Daemon extends AsyncDisposable {
  readonly endpoint: string;
  /** The exit code, once it has ended by itself. */
  readonly exited: Promise<number | null>;
}

/** Fetching and compiling a peer for the first time, on a small machine. */
export const BUILD_TIMEOUT_MS = 900_000;

/**
 * Builds a peer with its own tool. False where the tool or the registry it needs is missing: then
 * there is no peer to test with, which is not a failure of ours.
 */
export async function buildPeer(
  cwd: string,
  tool: string,
  args: readonly string[],
): Promise<boolean> {
  try {
    await promisify(execFile)(tool, args, { cwd, maxBuffer: 64 << 20 });
    return true;
  } catch {
    return false;
  }
}

/** The first line a process prints, or an error when it ends without one. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new TypeError('the process has no stdout to read');
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process ended with ${String(code)} and said nothing`);
  });
  const line = once(createInterface({ input: child.stdout }), 'line');
  const [text] = (await Promise.race([line, ended])) as [string];
  ended.catch(() => undefined);
  return text;
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

export async function startDaemon(listen: string): Promise<Daemon> {
  const main = join(root, 'src/cli/main.ts');
  const args = ['agent', '--listen', listen, '--policy', POLICY, '--print-endpoints'];
  const child = spawn(process.execPath, ['--conditions=source', '--import=tsx', main, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  try {
    const { endpoints } = JSON.parse(await firstLine(child)) as { endpoints: [string] };
    return { endpoint: endpoints[0], exited, [Symbol.asyncDispose]: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}
