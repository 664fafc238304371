/**
 * A node's account that several processes share, as a file in their state directory: one line a claim,
 * appended in one write, which the kernel keeps apart from every other append. Whether a claim is granted
 * follows from the lines before it, so there is no lock to be left behind. A place whose process is gone,
 * killed or not, is free for the next one that asks: who finds it dead says so in the log, then claims.
 *
 * A long log is closed by a last line and goes on in the next file, which begins with what was granted.
 * Closed files stay, as one line each: a name that went away could come back empty.
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
  accountLine,
  replayAccount,
  type AccountEntry,
  type AccountState,
  type Claim,
  type Holder,
} from './account-log.ts';
import type { Amounts } from '#kube';
import type { Placement, Unschedulable } from './capacity.ts';
import { clusterErrors } from './errors.ts';

export interface NodeAccountOptions {
  /** Shared by the processes of one node; on a local disk, because appends must not interleave. */
  readonly directory: string;
  readonly self: Holder;
  /** False once a process is gone, also when another one has its number now. */
  readonly isRunning: (holder: Holder) => boolean;
  readonly random: Random;
  /** A log longer than this is closed. */
  readonly maxBytes?: number;
}

/** Where pods get their place on the node. */
export interface PlaceKeeper {
  place(pod: string, demand: Amounts, allocatable: Amounts): Promise<Placement | Unschedulable>;
  /** Harmless for a pod without a place. */
  release(pod: string): Promise<void>;
}

const DEFAULT_MAX_BYTES = 256 << 10;
const NAME = /^account\.(\d{8})\.jsonl$/;
const fileName = (number: number): string => `account.${number.toString().padStart(8, '0')}.jsonl`;

export class NodeAccount implements PlaceKeeper {
  readonly #options: NodeAccountOptions;
  /** Ids of our own claims, by pod. */
  readonly #own = new Map<string, string>();

  constructor(options: NodeAccountOptions) {
    this.#options = options;
  }

  /** Throws rather than give a place it is not sure of. */
  async place(
    pod: string,
    demand: Amounts,
    allocatable: Amounts,
  ): Promise<Placement | Unschedulable> {
    const { self, random } = this.#options;
    await this.#buryTheDead();
    const id = randomHex(random, 16);
    const claim: Claim = { op: 'claim', id, pod, demand, allocatable, holder: self };
    const { granted, refused } = await this.#append(
      [claim],
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

  /** Who has a place now, in the order they got it. */
  async claims(): Promise<readonly Claim[]> {
    const { granted } = await this.#append([], ({ isClosed }) => !isClosed);
    return [...granted.values()].filter(({ holder }) => this.#options.isRunning(holder));
  }

  async #buryTheDead(): Promise<void> {
    const { granted } = await this.#append([], ({ isClosed }) => !isClosed);
    const dead = [...granted.values()].filter(({ holder }) => !this.#options.isRunning(holder));
    if (dead.length === 0) return;
    const entries = dead.map(({ id }): AccountEntry => ({ op: 'free', id }));
    await this.#append(entries, isFree(dead.map(({ id }) => id)));
  }

  /**
   * Adds lines to the log and replays it. `took` says whether they are in what it comes to: they are not
   * when the file was closed before they got in, and then they go into the next one.
   */
  async #append(
    entries: readonly AccountEntry[],
    took: (state: AccountState) => boolean,
  ): Promise<AccountState> {
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
          throw clusterErrors.corruptAccount(file, lineCount(text), 'a line is lost');
        await this.#goOn(number, state);
      }
    } catch (cause) {
      if (cause instanceof KatasimError) throw cause;
      throw clusterErrors.accountUnusable(directory, cause);
    }
  }

  /** Makes the file after a closed one, unless another process has, and shortens the closed one. */
  async #goOn(number: number, state: AccountState): Promise<void> {
    const { directory, random } = this.#options;
    const next = join(directory, fileName(number + 1));
    const draft = `${next}.${randomHex(random, 8)}`;
    const last = `${draft}.closed`;
    try {
      await writeFile(draft, snapshot(state), { mode: 0o600 });
      await link(draft, next).catch(unlessExists);
      // The next file is there: nobody needs the old lines any more.
      await writeFile(last, accountLine(CLOSED), { mode: 0o600 });
      await rename(last, join(directory, fileName(number)));
    } finally {
      for (const path of [draft, last]) await rm(path, { force: true });
    }
  }
}

const CLOSED: AccountEntry = { op: 'closed' };

/** In a file that goes on: a closed one may have lost its claims to the next, and tells nothing. */
const isFree =
  (ids: readonly string[]) =>
  ({ granted, isClosed }: AccountState): boolean =>
    !isClosed && ids.every((id) => !granted.has(id));

const snapshot = ({ granted }: AccountState): string =>
  [...granted.values()].map(accountLine).join('');

/** Most of it must be past, or every line would begin a new file. */
const isWorthClosing = (text: string, state: AccountState): boolean =>
  !state.isClosed && text.length > 4 * snapshot(state).length;

async function newest(directory: string): Promise<number> {
  const numbers = (await readdir(directory)).map((name) => Number(NAME.exec(name)?.[1] ?? 0));
  return Math.max(1, ...numbers);
}

async function addAndReplay(
  file: string,
  entries: readonly AccountEntry[],
): Promise<{ readonly text: string; readonly state: AccountState }> {
  const { O_APPEND, O_CREAT, O_RDWR } = constants;
  const log = await open(file, O_RDWR | O_APPEND | O_CREAT, 0o600);
  try {
    if (entries.length > 0) {
      const lines = Buffer.from(entries.map(accountLine).join(''));
      const { bytesWritten } = await log.write(lines);
      if (bytesWritten < lines.length) throw new Error('no space left for a whole line');
    }
    const text = await readWhole(log);
    return { text, state: replayAccount(text, file) };
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
