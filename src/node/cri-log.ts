/**
 * Container output in the CRI log format, as containerd writes it under /var/log/pods and the kubelet
 * reads it: `2026-11-21T10:00:00.000000000Z stdout F line`. Longer lines are cut at 16 KiB and marked P.
 * Source: Kubernetes, CRI logging design; containerd, maxContainerLogLineSize.
 */
import type { Clock } from '#base';

export type LogStream = 'stdout' | 'stderr';

const MAX_LINE_BYTES = 16_384;
const NEWLINE = 0x0a;

/** Turns chunks of one stream into log lines; `flush` writes what had no newline at the end. */
export class CriLogWriter {
  readonly #stream: LogStream;
  readonly #clock: Clock;
  readonly #write: (line: Buffer) => void;
  #rest = Buffer.alloc(0);

  constructor(stream: LogStream, clock: Clock, write: (line: Buffer) => void) {
    this.#stream = stream;
    this.#clock = clock;
    this.#write = write;
  }

  push(chunk: Uint8Array): void {
    let pending = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    while (true) {
      const end = pending.indexOf(NEWLINE);
      if (end >= 0 && end <= MAX_LINE_BYTES) {
        this.#emit('F', pending.subarray(0, end));
        pending = pending.subarray(end + 1);
      } else if (pending.length > MAX_LINE_BYTES) {
        this.#emit('P', pending.subarray(0, MAX_LINE_BYTES));
        pending = pending.subarray(MAX_LINE_BYTES);
      } else {
        break;
      }
    }
    this.#rest = Buffer.from(pending);
  }

  flush(): void {
    if (this.#rest.length > 0) this.#emit('P', this.#rest);
    this.#rest = Buffer.alloc(0);
  }

  #emit(tag: 'F' | 'P', text: Buffer): void {
    const time = new Date(this.#clock.now()).toISOString().replace('Z', '000000Z');
    this.#write(
      Buffer.concat([Buffer.from(`${time} ${this.#stream} ${tag} `), text, Buffer.from('\n')]),
    );
  }
}

interface CriLogLine {
  readonly time: string;
  readonly stream: LogStream;
  readonly partial: boolean;
  readonly text: Buffer;
}

/** One line of a log file without its newline; undefined when it is none. */
export function parseCriLogLine(line: Buffer): CriLogLine | undefined {
  const head = /^(\S+) (stdout|stderr) ([FP]) /.exec(line.subarray(0, 80).toString('latin1'));
  if (head === null) return undefined;
  const [prefix, time = '', stream, tag] = head;
  return {
    time,
    stream: stream === 'stderr' ? 'stderr' : 'stdout',
    partial: tag === 'P',
    text: line.subarray(prefix.length),
  };
}

/** What `kubectl logs` shows of a line. */
export function logText({ text, partial }: CriLogLine): Buffer {
  return partial ? text : Buffer.concat([text, Buffer.from('\n')]);
}
