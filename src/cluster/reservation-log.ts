/**
 * The reservation log of a node: reservations and releases, one JSON line each. What is granted follows
 * from the lines alone, in order, so every process that reads the same lines computes the same state
 * without a lock. Pure: text in, state out.
 */
import type { Amounts } from '#kube';
import { refusalOf } from './capacity.ts';
import { clusterErrors } from './errors.ts';

/** A process; its start time tells it apart from a later one with the same pid. */
export interface Holder {
  readonly pid: number;
  readonly started?: string | undefined;
}

export type ReservationEntry =
  | {
      readonly op: 'claim';
      readonly id: string;
      readonly pod: string;
      readonly demand: Amounts;
      /** Of the node, as the reserving process has it configured. */
      readonly allocatable: Amounts;
      readonly holder: Holder;
    }
  | { readonly op: 'free'; readonly id: string }
  /** Lines after it are ignored: the log continues in the next file. */
  | { readonly op: 'closed' };

export type Reservation = Extract<ReservationEntry, { op: 'claim' }>;

export interface ReservationState {
  /** Granted and not released, oldest first. */
  readonly granted: ReadonlyMap<string, Reservation>;
  /** The scheduler's message of each refused reservation, by id. */
  readonly refused: ReadonlyMap<string, string>;
  /** Entries after the closing line are in neither map. */
  readonly isClosed: boolean;
}

/** One line, with its newline. */
export const reservationLine = (entry: ReservationEntry): string => `${JSON.stringify(entry)}\n`;

/**
 * Replays the lines in order. A last line without a newline is still being written and is ignored.
 * Throws `CLUSTER_CORRUPT_ACCOUNT`.
 */
export function replayReservations(text: string, file: string): ReservationState {
  const granted = new Map<string, Reservation>();
  const refused = new Map<string, string>();
  const used = new Map<string, number>();
  const add = ({ demand }: Reservation, sign: 1 | -1): void => {
    for (const [resource, amount] of Object.entries(demand)) {
      used.set(resource, (used.get(resource) ?? 0) + sign * amount);
    }
  };
  const lines = text.split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) {
    const entry = parseEntry(line);
    if (typeof entry === 'string') throw clusterErrors.corruptLog(file, index + 1, entry);
    if (entry.op === 'closed') return { granted, refused, isClosed: true };
    if (entry.op === 'claim') {
      const { id, demand, allocatable } = entry;
      const message = refusalOf(demand, allocatable, (resource) => used.get(resource) ?? 0);
      if (message === undefined) {
        granted.set(id, entry);
        add(entry, 1);
      } else refused.set(id, message);
      continue;
    }
    const freed = granted.get(entry.id);
    if (freed !== undefined) add(freed, -1);
    granted.delete(entry.id);
  }
  return { granted, refused, isClosed: false };
}

/** The entry, or what is wrong with the line. */
function parseEntry(line: string): ReservationEntry | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'the line is not JSON';
  }
  if (!isRecord(value)) return 'the line is not an entry';
  const { op, id, pod, demand, allocatable, holder } = value;
  if (op === 'closed') return { op };
  if (typeof id !== 'string' || id === '') return 'the entry has no id';
  if (op === 'free') return { op, id };
  if (op !== 'claim') return `unknown operation ${JSON.stringify(op)}`;
  if (typeof pod !== 'string') return 'the reservation has no pod';
  if (!isAmounts(demand) || !isAmounts(allocatable)) return 'the reservation has no amounts';
  if (!isHolder(holder)) return 'the reservation has no holder';
  return { op, id, pod, demand, allocatable, holder };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isAmounts = (value: unknown): value is Amounts =>
  isRecord(value) &&
  Object.values(value).every((amount) => typeof amount === 'number' && amount >= 0);

const isHolder = (value: unknown): value is Holder =>
  isRecord(value) &&
  Number.isSafeInteger(value['pid']) &&
  (value['started'] === undefined || typeof value['started'] === 'string');
