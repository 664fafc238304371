/** The log files of a pod's containers: `<directory>/<container>/0.log`, as the kubelet lays them out. */
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#base';
import { CriLogWriter, type LogStream } from './cri-log.ts';

export class ContainerLogs {
  readonly directory: string;
  readonly #clock: Clock;
  readonly #files = new Map<string, WriteStream>();
  readonly #writers: CriLogWriter[] = [];

  constructor(directory: string, clock: Clock) {
    this.directory = directory;
    this.#clock = clock;
  }

  pathOf(container: string): string {
    return join(this.directory, container, '0.log');
  }

  /** Where the shim writes what it reads of a container. */
  sinks(container: string): {
    readonly stdout: (data: Uint8Array) => Promise<void>;
    readonly stderr: (data: Uint8Array) => Promise<void>;
  } {
    mkdirSync(join(this.directory, container), { recursive: true });
    const file = createWriteStream(this.pathOf(container), { mode: 0o640 });
    this.#files.set(container, file);
    const sink = (stream: LogStream) => {
      const lines: Buffer[] = [];
      const writer = new CriLogWriter(stream, this.#clock, (line) => lines.push(line));
      this.#writers.push(writer);
      return (data: Uint8Array): Promise<void> => {
        writer.push(data);
        const text = Buffer.concat(lines.splice(0));
        // Settles when the lines are in the file, so that a reader who was told of them finds them.
        return new Promise((resolve) => {
          if (text.length === 0) resolve();
          else file.write(text, () => resolve());
        });
      };
    };
    return { stdout: sink('stdout'), stderr: sink('stderr') };
  }

  async close(): Promise<void> {
    for (const writer of this.#writers) writer.flush();
    await Promise.all(
      [...this.#files.values()].map(
        (file) => new Promise<void>((resolve) => file.end(() => resolve())),
      ),
    );
    this.#files.clear();
  }
}
