/**
 * A log file that is rotated by size as the kubelet rotates container logs: `0.log` becomes
 * `0.log.20260102-150405`, older ones are compressed, the oldest are removed.
 * Source: Kubernetes 1.34, pkg/kubelet/logs/container_log_manager.go; defaults of
 * KubeletConfiguration containerLogMaxSize and containerLogMaxFiles. The kubelet looks every 10 s,
 * this file after each write.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '#base';

export interface RotationLimits {
  readonly maxBytes: number;
  /** The current file among them. */
  readonly maxFiles: number;
}

export const KUBELET_ROTATION: RotationLimits = { maxBytes: 10 << 20, maxFiles: 5 };

interface RotatingFileOptions extends RotationLimits {
  readonly clock: Clock;
  /** A write or a rotation failed; later writes are tried again. */
  readonly onError: (error: unknown) => void;
}

export class RotatingFile {
  readonly #path: string;
  readonly #options: RotatingFileOptions;
  #file: FileHandle | undefined;
  #size = 0;
  #lastRotation = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(path: string, options: RotatingFileOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Settles when the text is in the file, or has been given up; never rejects. */
  write(text: Uint8Array): Promise<void> {
    return this.#enqueue(async () => {
      this.#file ??= await open(this.#path, 'a', 0o640);
      await this.#file.writeFile(text);
      this.#size += text.length;
      if (this.#size >= this.#options.maxBytes) await this.#rotate();
    });
  }

  close(): Promise<void> {
    return this.#enqueue(() => this.#closeFile());
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(task).catch(this.#options.onError);
    return this.#queue;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #rotate(): Promise<void> {
    await this.#closeFile();
    const older = await this.#rotated();
    const keep = Math.max(0, this.#options.maxFiles - 2);
    for (const name of older.slice(0, Math.max(0, older.length - keep))) await rm(name);
    for (const name of (await this.#rotated()).filter((path) => !path.endsWith('.gz'))) {
      await compress(name);
    }
    await rename(this.#path, this.#nextName());
    this.#size = 0;
    this.#file = await open(this.#path, 'a', 0o640);
  }

  /** Rotated files, oldest first. */
  async #rotated(): Promise<readonly string[]> {
    const prefix = `${basename(this.#path)}.`;
    const names = await readdir(dirname(this.#path));
    return names
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => join(dirname(this.#path), name));
  }

  /** Two rotations within one second get successive seconds, so that names stay distinct and in order. */
  #nextName(): string {
    const time = Math.max(this.#options.clock.now(), this.#lastRotation + 1000);
    this.#lastRotation = time;
    const [date = '', clock = ''] = new Date(time).toISOString().slice(0, 19).split('T');
    return `${this.#path}.${date.replaceAll('-', '')}-${clock.replaceAll(':', '')}`;
  }
}

async function compress(path: string): Promise<void> {
  await pipeline(
    createReadStream(path),
    createGzip(),
    createWriteStream(`${path}.gz`, { mode: 0o640 }),
  );
  await rm(path);
}
