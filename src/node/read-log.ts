/**
 * Reads a container's log file as `kubectl logs` does: what is there, then what is added. Rotated files
 * are not read; a follower continues in the new file. Source: Kubernetes 1.34, pkg/kubelet/kuberuntime/logs/logs.go.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { watch } from 'node:fs';
import { once } from 'node:events';
import { logText, parseCriLogLine, type LogStream } from './cri-log.ts';

const NEWLINE = 0x0a;
const READ_BYTES = 65_536;

interface FollowOptions {
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
  let file = await open(path);
  let changes = follow ? watch(path) : undefined;
  try {
    let rest = Buffer.alloc(0);
    let held: LogText[] | undefined = tail === undefined ? undefined : [];
    let offset = 0;
    while (!signal.aborted) {
      const over = !follow || (await ended());
      const rotated = follow && (await isRotated(path, file));
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
      if (rotated) {
        changes?.close();
        await file.close();
        file = await open(path);
        changes = watch(path);
        offset = 0;
        continue;
      }
      if (over || changes === undefined) return;
      await nextChange(changes, signal);
    }
  } finally {
    changes?.close();
    await file.close();
  }
}

/** The file under this name is another one now. Between rename and creation there is none. */
async function isRotated(path: string, file: FileHandle): Promise<boolean> {
  const current = await stat(path).catch(() => undefined);
  return current !== undefined && current.ino !== (await file.stat()).ino;
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
