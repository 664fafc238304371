/**
 * A pipe: a bounded queue of bytes with two ends. The writer waits while it is full, the reader
 * while it is empty; EOF once the last writer is gone, EPIPE once the last reader is.
 */
import { copyBytes } from './bytes.ts';
import { SysError } from './errno.ts';
import { OpenFile, type ReadOptions } from './open-file.ts';
import { WaitQueue, type Blocker } from './wait.ts';

/** 64 KiB. Source: pipe(7), capacity since Linux 2.6.11. */
export const PIPE_CAPACITY = 64 << 10;

/** Bytes in arrival order; reading never copies more than it returns. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #head = 0;
  size = 0;

  push(data: Uint8Array): void {
    if (data.length === 0) return;
    this.#chunks.push(data);
    this.size += data.length;
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.size = 0;
  }

  /** Up to `max` bytes, not beyond the first `until` byte when given. */
  take(max: number, until?: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let wanted = Math.min(max, this.size);
    while (wanted > 0) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      let part = chunk.subarray(this.#head, this.#head + wanted);
      const stop = until === undefined ? -1 : part.indexOf(until);
      if (stop >= 0) part = part.subarray(0, stop + 1);
      parts.push(part);
      this.#head += part.length;
      this.size -= part.length;
      wanted = stop >= 0 ? 0 : wanted - part.length;
      if (this.#head === chunk.length) {
        this.#chunks.shift();
        this.#head = 0;
      }
    }
    const only = parts[0];
    return parts.length === 1 && only !== undefined ? copyBytes(only) : Buffer.concat(parts);
  }
}

export class Pipe {
  readonly #queue = new ByteQueue();
  readonly #changed = new WaitQueue();
  #readers = 0;
  #writers = 0;
  /** A named pipe's reader waits for the first writer instead of seeing EOF. */
  #hadWriter = false;
  readonly label: string;

  constructor(label = 'pipe') {
    this.label = label;
  }

  get size(): number {
    return this.#queue.size;
  }

  get hasReaders(): boolean {
    return this.#readers > 0;
  }

  get hasWriters(): boolean {
    return this.#writers > 0;
  }

  openReader(): OpenFile {
    this.#readers++;
    return new OpenFile({
      name: `${this.label}:[r]`,
      read: (blocker, max, options) => this.read(blocker, max, options),
      release: () => {
        this.#readers--;
        this.#changed.wake();
      },
    });
  }

  openWriter(): OpenFile {
    this.#writers++;
    this.#hadWriter = true;
    this.#changed.wake();
    return new OpenFile({
      name: `${this.label}:[w]`,
      write: (blocker, data) => this.write(blocker, data),
      release: () => {
        this.#writers--;
        this.#changed.wake();
      },
    });
  }

  async read(blocker: Blocker, max: number, options: ReadOptions = {}): Promise<Uint8Array> {
    if (max === 0) return new Uint8Array();
    while (this.#queue.size === 0) {
      if (this.#writers === 0 && this.#hadWriter) return new Uint8Array();
      await this.#changed.wait(blocker);
    }
    const data = this.#queue.take(max, options.until);
    this.#changed.wake();
    return data;
  }

  async write(blocker: Blocker, data: Uint8Array): Promise<void> {
    let rest = data;
    while (rest.length > 0) {
      if (this.#readers === 0) throw new SysError('EPIPE');
      const room = PIPE_CAPACITY - this.#queue.size;
      if (room <= 0) {
        await this.#changed.wait(blocker);
        continue;
      }
      // A copy: the writer may reuse its buffer, and a view would keep all of it alive.
      this.#queue.push(copyBytes(rest, 0, room));
      rest = rest.subarray(room);
      this.#changed.wake();
    }
  }

  /** Waits until there is something to read or the end is reached. */
  async readable(blocker: Blocker): Promise<void> {
    while (this.#queue.size === 0 && (this.#writers > 0 || !this.#hadWriter))
      await this.#changed.wait(blocker);
  }
}
