/**
 * Pod VM slots of one node, reserved by several processes through a log file in their state directory.
 * Each reservation is one line, added with one O_APPEND write, which the kernel does not interleave with
 * others. Whether it is granted follows from the lines before it, so there is no lock that a killed
 * process could leave behind. The reservation of a process that is gone is stale: the next process that
 * reserves writes its release first.
 *
 * A long log ends with a `closed` line and continues in the next file, which begins with the granted
 * reservations. Closed files stay as one line each, because a removed name could come back empty.
 */
import { constants } from 'node:fs';
import {
  link,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, KatasimError, randomHex, type Random } from '#base';
import {
  reservationLine,
  replayReservations,
  type ReservationEntry,
  type ReservationState,
  type Reservation,
  type Holder,
} from './reservation-log.ts';
import type { Amounts } from '#kube';
import type { Placement, Unschedulable } from './capacity.ts';
import { clusterErrors } from './errors.ts';

export interface NodeReservationsOptions {
  /** Shared by the processes of one node; on a local disk, because appends must not interleave. */
  readonly directory: string;
  readonly self: Holder;
  /** False once a process is gone, also when another one has its number now. */
  readonly isRunning: (holder: Holder) => boolean;
  readonly random: Random;
  /** A log longer than this is closed. */
  readonly maxBytes?: number;
}

/** Reserves what a pod takes of its node. */
export interface SlotReservations {
  place(pod: string, demand: Amounts, allocatable: Amounts): Promise<Placement | Unschedulable>;
  /** Does nothing for a pod without a reservation. */
  release(pod: string): Promise<void>;
}

const DEFAULT_MAX_BYTES = 256 << 10;
const NAME = /^account\.(\d{8})\.jsonl$/;
const fileName = (number: number): string => `account.${number.toString().padStart(8, '0')}.jsonl`;

export class NodeReservations implements SlotReservations {
  readonly #options: NodeReservationsOptions;
  /** Ids of our own reservations, by pod. */
  readonly #own = new Map<string, string>();

  constructor(options: NodeReservationsOptions) {
    this.#options = options;
  }

  /** Fails closed: throws when the log cannot be read or written. */
  async place(
    pod: string,
    demand: Amounts,
    allocatable: Amounts,
  ): Promise<Placement | Unschedulable> {
    const { self, random } = this.#options;
    await this.#releaseStale();
    const id = randomHex(random, 16);
    const reservation: Reservation = { op: 'claim', id, pod, demand, allocatable, holder: self };
    const { granted, refused } = await this.#append(
      [reservation],
      (state) => state.granted.has(id) || state.refused.has(id),
    );
    if (!granted.has(id)) return { kind: 'unschedulable', message: refused.get(id) ?? '' };
    this.#own.set(pod, id);
    return { kind: 'placed' };
  }

  async release(pod: string): Promise<void> {
    const id = this.#own.get(pod);
    if (id === undefined) return;
    this.#own.delete(pod);
    await this.#append([{ op: 'free', id }], isFree([id]));
  }

  /** Granted reservations of running processes, oldest first. */
  async list(): Promise<readonly Reservation[]> {
    const { granted } = await this.#append([], ({ isClosed }) => !isClosed);
    return [...granted.values()].filter(({ holder }) => this.#options.isRunning(holder));
  }

  async #releaseStale(): Promise<void> {
    const { granted } = await this.#append([], ({ isClosed }) => !isClosed);
    const dead = [...granted.values()].filter(({ holder }) => !this.#options.isRunning(holder));
    if (dead.length === 0) return;
    const entries = dead.map(({ id }): ReservationEntry => ({ op: 'free', id }));
    await this.#append(entries, isFree(dead.map(({ id }) => id)));
  }

  /**
   * Adds lines to the log and replays it. `took` says whether they are in what it comes to: they are not
   * when the file was closed before they got in, and then they go into the next one.
   */
  async #append(
    entries: readonly ReservationEntry[],
    took: (state: ReservationState) => boolean,
  ): Promise<ReservationState> {
    const { directory, maxBytes = DEFAULT_MAX_BYTES } = this.#options;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      for (let number = await newest(directory); ; number += 1) {
        const file = join(directory, fileName(number));
        const { text, state } = await addAndReplay(file, entries);
        if (took(state)) {
          if (text.length > maxBytes && isWorthClosing(text, state)) {
            await addAndReplay(file, [CLOSED]);
          }
          return state;
        }
        if (!state.isClosed)
          throw clusterErrors.corruptLog(file, lineCount(text), 'a line is lost');
        await this.#openNext(number, state);
      }
    } catch (cause) {
      if (cause instanceof KatasimError) throw cause;
      throw clusterErrors.logUnusable(directory, cause);
    }
  }

  /** Makes the file after a closed one, unless another process has, and shortens the closed one. */
  async #openNext(number: number, state: ReservationState): Promise<void> {
    const { directory, random } = this.#options;
    const next = join(directory, fileName(number + 1));
    const draft = `${next}.${randomHex(random, 8)}`;
    const last = `${draft}.closed`;
    try {
      await writeFile(draft, snapshot(state), { mode: 0o600 });
      await link(draft, next).catch(unlessExists);
      // The next file is there: nobody needs the old lines any more.
      await writeFile(last, reservationLine(CLOSED), { mode: 0o600 });
      await rename(last, join(directory, fileName(number)));
    } finally {
      for (const path of [draft, last]) await rm(path, { force: true });
    }
  }
}

const CLOSED: ReservationEntry = { op: 'closed' };

/** In a file that goes on: a closed one may have lost its claims to the next, and tells nothing. */
const isFree =
  (ids: readonly string[]) =>
  ({ granted, isClosed }: ReservationState): boolean =>
    !isClosed && ids.every((id) => !granted.has(id));

const snapshot = ({ granted }: ReservationState): string =>
  [...granted.values()].map(reservationLine).join('');

/** Most of it must be past, or every line would begin a new file. */
const isWorthClosing = (text: string, state: ReservationState): boolean =>
  !state.isClosed && text.length > 4 * snapshot(state).length;

async function newest(directory: string): Promise<number> {
  const numbers = (await readdir(directory)).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
  return Math.max(1, ...numbers);
}

async function addAndReplay(
  file: string,
  entries: readonly ReservationEntry[],
): Promise<{ readonly text: string; readonly state: ReservationState }> {
  const { O_APPEND, O_CREAT, O_RDWR } = constants;
  const log = await open(file, O_RDWR | O_APPEND | O_CREAT, 0o600);
  try {
    if (entries.length > 0) {
      const lines = Buffer.from(entries.map(reservationLine).join(''));
      const { bytesWritten } = await log.write(lines);
      if (bytesWritten < lines.length) throw new Error('no space left for a whole line');
    }
    const text = await readWhole(log);
    return { text, state: replayReservations(text, file) };
  } finally {
    await log.close();
  }
}

/** From the start, wherever the appends have left the handle. */
async function readWhole(log: FileHandle): Promise<string> {
  const bytes = Buffer.alloc((await log.stat()).size);
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await log.read(bytes, at, bytes.length - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.toString('utf8', 0, at);
}

const lineCount = (text: string): number => text.split('\n').length - 1;

function unlessExists(error: unknown): void {
  if (!(isSystemError(error) && error.code === 'EEXIST')) throw error;
}
