/** Which process something belongs to, so that a number the kernel gave out again is not mistaken for it. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { isSystemError } from '#base';
import type { ProcessIdentity } from '#node';

export function currentProcess(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) };
}

/** The very process, not one that has its number now. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || !exists(pid)) return false;
  const now = startOf(pid);
  return started === undefined || now === undefined || now === started;
}

/** Signal 0 asks whether a process is there. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isSystemError(error) && error.code === 'EPERM';
  }
}

/** Field 22 of the line, after the name in brackets, which may hold anything. Source: proc(5), /proc/pid/stat. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
