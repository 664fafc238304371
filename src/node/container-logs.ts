/** The log files of a pod's containers: `<directory>/<container>/0.log`, as the kubelet lays them out. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, silentLogger, type Clock, type Logger } from '#base';
import { CriLogWriter, type LogStream } from './cri-log.ts';
import { KUBELET_ROTATION, RotatingFile, type RotationLimits } from './rotating-file.ts';

interface ContainerLogsOptions {
  readonly logger?: Logger | undefined;
  readonly limits?: RotationLimits | undefined;
}

export class ContainerLogs {
  readonly directory: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: RotationLimits;
  readonly #files = new Map<string, RotatingFile>();

  constructor(
    directory: string,
    clock: Clock,
    { logger = silentLogger, limits = KUBELET_ROTATION }: ContainerLogsOptions = {},
  ) {
    this.directory = directory;
    this.#clock = clock;
    this.#logger = logger;
    this.#limits = limits;
  }

  pathOf(container: string): string {
    return join(this.directory, container, '0.log');
  }

  /** Where the shim writes what it reads of a container. */
  sinks(container: string): {
    readonly stdout: (data: Uint8Array) => Promise<void>;
    readonly stderr: (data: Uint8Array) => Promise<void>;
    readonly ended: () => Promise<void>;
  } {
    mkdirSync(join(this.directory, container), { recursive: true });
    const path = this.pathOf(container);
    touch(path);
    // A log that cannot be written, on a full disk for example, does not stop the container.
    const onError = (error: unknown): void =>
      this.#logger.error({ container, reason: messageOf(error) }, 'the log cannot be written');
    const file = new RotatingFile(path, { ...this.#limits, clock: this.#clock, onError });
    this.#files.set(container, file);
    const lines: Buffer[] = [];
    // Settles when the lines are in the file, so that a reader who waits for it finds them.
    const save = (): Promise<void> => {
      const text = Buffer.concat(lines.splice(0));
      return text.length === 0 ? Promise.resolve() : file.write(text);
    };
    const writerOf = (stream: LogStream) =>
      new CriLogWriter(stream, this.#clock, (line) => lines.push(line));
    const [stdout, stderr] = [writerOf('stdout'), writerOf('stderr')];
    const sink = (writer: CriLogWriter) => (data: Uint8Array) => {
      writer.push(data);
      return save();
    };
    return {
      stdout: sink(stdout),
      stderr: sink(stderr),
      // What had no newline at its end is a line of its own now, not only when the pod is deleted.
      ended: () => {
        stdout.flush();
        stderr.flush();
        return save();
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
    this.#files.clear();
  }
}

/** Synchronous, so that a follower finds an empty file at once; the first write reports a failure. */
function touch(path: string): void {
  try {
    closeSync(openSync(path, 'w', 0o640));
  } catch {
    return;
  }
}
