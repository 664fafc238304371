/**
 * What a file descriptor refers to. Several descriptors, also of several processes, share one
 * `OpenFile`; it is released when the last of them is closed.
 */
import { SysError } from './errno.ts';
import type { Blocker } from './wait.ts';
import type { Terminal } from './terminal.ts';

export interface ReadOptions {
  /** Stop behind this byte: how a shell reads a line without reading too far. */
  readonly until?: number;
}

/** The operations of one kind of file. A missing operation fails with EBADF. */
export interface FileOperations {
  /** Empty means end of file. */
  read?(blocker: Blocker, max: number, options?: ReadOptions): Promise<Uint8Array>;
  /** Takes all of `data`, waiting as needed. */
  write?(blocker: Blocker, data: Uint8Array): Promise<void>;
  /** Cuts or extends; only files have it. */
  truncate?(size: number): void;
  seek?(offset: number, whence: 'set' | 'current' | 'end'): number;
  release?(): void;
  /** Set when the file is a terminal. */
  readonly tty?: Terminal;
  /** What `ls -l /proc/self/fd` shows. */
  readonly name: string;
}

export class OpenFile {
  readonly operations: FileOperations;
  #references = 0;

  constructor(operations: FileOperations) {
    this.operations = operations;
  }

  get tty(): Terminal | undefined {
    return this.operations.tty;
  }

  get name(): string {
    return this.operations.name;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    this.#references--;
    if (this.#references === 0) this.operations.release?.();
  }

  read(blocker: Blocker, max: number, options?: ReadOptions): Promise<Uint8Array> {
    if (this.operations.read === undefined) throw new SysError('EBADF');
    return this.operations.read(blocker, max, options);
  }

  write(blocker: Blocker, data: Uint8Array): Promise<void> {
    if (this.operations.write === undefined) throw new SysError('EBADF');
    return this.operations.write(blocker, data);
  }
}
