/**
 * The account of a node as a log of lines: who claims what, and what is free again. What is granted
 * follows from the lines alone, in their order, so every process that reads the same lines comes to the
 * same answer; nobody has to lock anything. Pure: text in, state out.
 */
import type { Amounts } from '#kube';
import { refusalOf } from './capacity.ts';
import { clusterErrors } from './errors.ts';

/** A process, told from a later one with the same number by when it started. */
export interface Holder {
  readonly pid: number;
  readonly started?: string | undefined;
}

export type AccountEntry =
  | {
      readonly op: 'claim';
      readonly id: string;
      readonly pod: string;
      readonly demand: Amounts;
      /** What the node had for the claimer; a claim is judged by its own ConfigMap. */
      readonly allocatable: Amounts;
      readonly holder: Holder;
    }
  | { readonly op: 'free'; readonly id: string }
  /** Nothing after it counts: the account goes on in the next file. */
  | { readonly op: 'closed' };

export type Claim = Extract<AccountEntry, { op: 'claim' }>;

export interface AccountState {
  /** Claims that were granted and hold, in their order. */
  readonly granted: ReadonlyMap<string, Claim>;
  /** Why a claim was not, by its id. */
  readonly refused: ReadonlyMap<string, string>;
  /** Entries behind the closing line count for nothing and are in neither. */
  readonly isClosed: boolean;
}

/** One line, with its newline. */
export const accountLine = (entry: AccountEntry): string => `${JSON.stringify(entry)}\n`;

/**
 * Goes through the lines from the first to the last. An unfinished last line is not there yet: whoever
 * writes it is still at it. Throws `CLUSTER_CORRUPT_ACCOUNT`.
 */
export function replayAccount(text: string, file: string): AccountState {
  const granted = new Map<string, Claim>();
  const refused = new Map<string, string>();
  const used = new Map<string, number>();
  const add = ({ demand }: Claim, sign: 1 | -1): void => {
    for (const [resource, amount] of Object.entries(demand)) {
      used.set(resource, (used.get(resource) ?? 0) + sign * amount);
    }
  };
  const lines = text.split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) {
    const entry = parseEntry(line);
    if (typeof entry === 'string') throw clusterErrors.corruptAccount(file, index + 1, entry);
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
function parseEntry(line: string): AccountEntry | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'the line is no JSON';
  }
  if (!isRecord(value)) return 'the line is no entry';
  const { op, id, pod, demand, allocatable, holder } = value;
  if (op === 'closed') return { op };
  if (typeof id !== 'string' || id === '') return 'the entry has no id';
  if (op === 'free') return { op, id };
  if (op !== 'claim') return `there is no operation ${JSON.stringify(op)}`;
  if (typeof pod !== 'string') return 'the claim names no pod';
  if (!isAmounts(demand) || !isAmounts(allocatable)) return 'the claim has no amounts';
  if (!isHolder(holder)) return 'the claim has no holder';
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
