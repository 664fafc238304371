/** How the state of a pod reads in tables, as kubectl words it. */
import type { ContainerRecord, PodRecord } from './records.ts';

/** The STATUS column. */
export function statusOf({ phase, containers }: Pick<PodRecord, 'phase' | 'containers'>): string {
  if (phase !== 'Running') return phase === 'Succeeded' ? 'Completed' : 'Error';
  return containers.every(({ exitCode }) => exitCode === undefined) ? 'Running' : 'NotReady';
}

/** The READY column: `1/2`. */
export function readyOf({ containers }: Pick<PodRecord, 'containers'>): string {
  return `${containers.filter(({ ready }) => ready).length}/${containers.length}`;
}

export function stateOf({ exitCode, lost }: Pick<ContainerRecord, 'exitCode' | 'lost'>): string {
  if (lost !== undefined) return `Unknown (${lost})`;
  if (exitCode === undefined) return 'Running';
  return `Terminated (${exitCode === 0 ? 'Completed' : 'Error'}, exit code ${exitCode})`;
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
