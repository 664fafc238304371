/** Reading a container's log file as `kubectl logs` does: what is there, then what is added. */
import { open, type FileHandle } from 'node:fs/promises';
import { watch } from 'node:fs';
import { once } from 'node:events';
import { logText, parseCriLogLine, type LogStream } from './cri-log.ts';

const NEWLINE = 0x0a;
const READ_BYTES = 65_536;

export interface FollowOptions {
  readonly follow: boolean;
  /** Of the existing lines only the last ones. */
  readonly tail?: number | undefined;
  readonly signal: AbortSignal;
  /** Settles when nothing more will be written. */
  readonly ended: () => Promise<boolean>;
}

export interface LogText {
  readonly stream: LogStream;
  readonly text: Buffer;
}

/** The text of each line with its stream, in the order written. */
export async function* readLog(
  path: string,
  { follow, tail, signal, ended }: FollowOptions,
): AsyncGenerator<LogText> {
  await using file = await open(path);
  const changes = follow ? watch(path) : undefined;
  try {
    let rest = Buffer.alloc(0);
    let held: LogText[] | undefined = tail === undefined ? undefined : [];
    let offset = 0;
    while (!signal.aborted) {
      const over = !follow || (await ended());
      const chunk = await readFrom(file, offset);
      offset += chunk.length;
      rest = Buffer.concat([rest, chunk]);
      let end: number;
      while ((end = rest.indexOf(NEWLINE)) >= 0) {
        const line = parseCriLogLine(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
        if (line === undefined) continue;
        const entry = { stream: line.stream, text: logText(line) };
        if (held === undefined) yield entry;
        else if (held.push(entry) > (tail ?? 0)) held.shift();
      }
      if (chunk.length > 0) continue;
      yield* held ?? [];
      held = undefined;
      if (over || changes === undefined) return;
      await nextChange(changes, signal);
    }
  } finally {
    changes?.close();
  }
}

async function readFrom(file: FileHandle, offset: number): Promise<Buffer> {
  const buffer = Buffer.alloc(READ_BYTES);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
  return buffer.subarray(0, bytesRead);
}

/** How often a follower looks whether the pod still runs when its log is silent. */
const LOOK_AGAIN_MS = 500;

async function nextChange(changes: ReturnType<typeof watch>, signal: AbortSignal): Promise<void> {
  const look = AbortSignal.any([signal, AbortSignal.timeout(LOOK_AGAIN_MS)]);
  await once(changes, 'change', { signal: look }).catch(() => undefined);
}
