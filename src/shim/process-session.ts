/**
 * The streams of one process, as the shim copies them: two read loops until the agent answers with
 * empty data, stdin in the other direction, WaitProcess once both outputs have ended.
 * Source: Kata 4.1.0, src/runtime/virtcontainers/iostream.go and pkg/containerd-shim-v2/stream.go.
 */
import { messageOf, silentLogger, type Logger } from '#base';
import type { AgentCalls } from './agent-calls.ts';

const WRITE_BYTES = 32_768;

export interface ProcessStreams {
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** A slow sink holds the loop back: the promise is awaited before the next read. */
  readonly stdout?: ((data: Uint8Array) => void | Promise<void>) | undefined;
  /** Not read with a terminal: its one stream is stdout. */
  readonly stderr?: ((data: Uint8Array) => void | Promise<void>) | undefined;
  /** Both outputs have ended; awaited before the exit code settles. */
  readonly ended?: (() => void | Promise<void>) | undefined;
}

export interface ProcessSession {
  readonly containerId: string;
  readonly execId: string;
  /** The exit code, once the outputs have ended and the process was waited for. */
  readonly exitCode: Promise<number>;
  /** Why stdin no longer reaches the process; undefined while it does. The shim only logs this. */
  readonly stdinFailure: () => unknown;
  resize(rows: number, columns: number): Promise<void>;
  signal(number: number): Promise<void>;
}

export interface SessionOptions extends ProcessStreams {
  readonly agent: AgentCalls;
  readonly containerId: string;
  readonly execId: string;
  readonly tty: boolean;
  readonly signal: AbortSignal;
  readonly logger?: Logger;
}

/** Takes over the streams of a process that already runs. */
export function openSession(options: SessionOptions): ProcessSession {
  const { agent, containerId, execId, tty, signal, logger = silentLogger } = options;
  const target = { container_id: containerId, exec_id: execId };
  // Ends the copying of stdin when the process is gone.
  const over = new AbortController();
  let stdinFailure: unknown;

  const read = async (method: 'ReadStdout' | 'ReadStderr', sink: ProcessStreams['stdout']) => {
    if (sink === undefined) return;
    try {
      while (true) {
        const { data } = await agent.call(
          method,
          { ...target, len: agent.runtime.readBytes },
          signal,
        );
        if (data.length === 0) return;
        await sink(data);
      }
    } catch (error) {
      // A terminal ends with an I/O error, a vanished process with "not found": both are the end.
      logger.debug({ execId, method, reason: messageOf(error) }, 'stream ended with an error');
    }
  };
  const copyStdin = async () => {
    if (options.stdin === undefined) return;
    try {
      for await (const chunk of untilAborted(options.stdin, over.signal)) {
        await writeAll(agent, target, chunk, over.signal);
      }
      if (over.signal.aborted) return;
    } catch (error) {
      if (over.signal.aborted) return;
      stdinFailure = error;
      logger.warn({ execId, reason: messageOf(error) }, 'stdin does not reach the process');
    }
    // containerd closes the input when its copy ended, however it ended, so that the process sees its
    // end; a terminal's stays open. Source: containerd internal/cri/io/exec_io.go, Attach.
    if (tty) return;
    const end =
      agent.runtime.stdinEnd === 'CloseStdin'
        ? agent.call('CloseStdin', target, over.signal)
        : agent.call('WriteStdin', { ...target, data: new Uint8Array() }, over.signal);
    await end.catch((error: unknown) => {
      if (!over.signal.aborted) stdinFailure ??= error;
    });
  };
  const run = async (): Promise<number> => {
    const stdin = copyStdin();
    try {
      await Promise.all([
        read('ReadStdout', options.stdout),
        read('ReadStderr', tty ? undefined : options.stderr),
      ]);
      await options.ended?.();
      const { status } = await agent.call('WaitProcess', target, signal);
      return status;
    } finally {
      over.abort();
      await stdin;
    }
  };
  return {
    containerId,
    execId,
    exitCode: run(),
    stdinFailure: () => stdinFailure,
    async resize(row, column) {
      await agent.call('TtyWinResize', { ...target, row, column }, signal);
    },
    async signal(number) {
      await agent.call('SignalProcess', { ...target, signal: number }, signal);
    },
  };
}

async function writeAll(
  agent: AgentCalls,
  target: { readonly container_id: string; readonly exec_id: string },
  chunk: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  let offset = 0;
  while (offset < chunk.length) {
    const data = chunk.subarray(offset, offset + WRITE_BYTES);
    const { len } = await agent.call('WriteStdin', { ...target, data }, signal);
    // The reply counts what was taken; 0 would be a broken agent, and never ends.
    if (len === 0) throw new Error('the agent took no bytes of stdin');
    offset += len;
  }
}

/** Goes through `source` until it ends or the signal fires, and lets go of it in both cases. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const next = await nextOrAborted(iterator, signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a pending read of a terminal would make this wait for a key press.
    iterator.return?.().catch(() => undefined);
  }
}

/** A listener for each step: racing with one long-lived promise would keep every step's result. */
function nextOrAborted<T>(
  iterator: AsyncIterator<T>,
  signal: AbortSignal,
): Promise<IteratorResult<T, unknown>> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve({ done: true, value: undefined });
    signal.addEventListener('abort', stop, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}
