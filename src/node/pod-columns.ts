/** How the status of a pod reads in tables, as kubectl words it. Source: Kubernetes pkg/printers/internalversion/printers.go. */
import type { ContainerStatus, PodStatus } from './pod-status.ts';

/** The STATUS column. */
export function statusOf({ phase, containerStatuses }: PodStatus): string {
  if (phase === 'Succeeded') return 'Completed';
  if (phase === 'Failed') return 'Error';
  if (phase === 'Pending') return 'Pending';
  return containerStatuses.every(({ state }) => state.terminated === undefined)
    ? 'Running'
    : 'NotReady';
}

/** The READY column: `1/2`. */
export function readyOf({ containerStatuses }: PodStatus): string {
  return `${containerStatuses.filter(({ ready }) => ready).length}/${containerStatuses.length}`;
}

export function stateOf({ state: { terminated, waiting } }: ContainerStatus): string {
  if (waiting !== undefined) return `Waiting (${waiting.reason})`;
  if (terminated === undefined) return 'Running';
  const { reason, exitCode, message } = terminated;
  if (reason === 'ContainerStatusUnknown') return `Unknown (${message ?? ''})`;
  return `Terminated (${reason}, exit code ${exitCode})`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** `90s`, `5m`, `3h`, `2d`: the largest unit of which there are two or more. */
export function ageOf(time: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  const [unit, size] = UNITS.find(([, length]) => seconds >= 2 * length) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
