/**
 * How many pods the limit of open files leaves room for. Asked before a pod is started: running into the
 * limit in the middle would break connections of pods that run already.
 */
import { readFileSync } from 'node:fs';
import { simErrors } from './errors.ts';

/**
 * Sockets and log files of a pod with one container and its VM in this process, and some to spare for the
 * connections that only the start needs. Measured: 11 while it runs (npm run bench:pods).
 */
export const FILES_PER_POD = 13;
/** Of the process itself: its libraries, the event loop, the node's own sockets. */
const FILES_OF_PROCESS = 96;

/** The soft limit, or undefined where the kernel does not report it. Source: proc(5), /proc/pid/limits. */
export function openFileLimit(): number | undefined {
  try {
    const [, soft] =
      /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Throws `SIM_OPEN_FILES` when there may be too few for so many pods. */
export function assertFilesFor(pods: number, limit: number | undefined): void {
  const needed = FILES_OF_PROCESS + pods * FILES_PER_POD;
  if (limit !== undefined && needed > limit) throw simErrors.openFiles(pods, needed, limit);
}
