/**
 * Frames on their way out of one connection. Those of one turn of the event loop leave in one write: a
 * system call, and with TLS a record, costs more than a small frame is worth.
 */
import type { Duplex } from 'node:stream';

/** Larger frames go by themselves; joining them would copy more than it saves. */
const SMALL_FRAME = 8 << 10;

export class FrameWriter {
  readonly #stream: Duplex;
  #frames: Buffer[] = [];

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  get #isClosed(): boolean {
    return this.#stream.destroyed || this.#stream.writableEnded;
  }

  /** `onCongested` is told when the peer does not take what was written with this frame. */
  push(frame: Buffer, onCongested?: () => void): void {
    if (this.#isClosed) return;
    this.#frames.push(frame);
    // Behind the promises already on their way, so that the answers they bring go along.
    if (this.#frames.length === 1)
      queueMicrotask(() => {
        if (!this.flush()) onCongested?.();
      });
  }

  /** False when the peer takes no more for now. */
  flush(): boolean {
    const frames = this.#frames;
    if (frames.length === 0 || this.#isClosed) return true;
    this.#frames = [];
    let isFlowing = true;
    for (let at = 0; at < frames.length;) {
      const end = runOfSmall(frames, at);
      const run = frames.slice(at, end);
      isFlowing = this.#stream.write(joined(run));
      at = end;
    }
    return isFlowing;
  }
}

/** Where the run of small frames from `start` on ends; a large one is a run of its own. */
function runOfSmall(frames: readonly Buffer[], start: number): number {
  let end = start;
  while ((frames[end]?.length ?? SMALL_FRAME) < SMALL_FRAME) end++;
  return Math.max(end, start + 1);
}

function joined(run: readonly Buffer[]): Buffer {
  const [first] = run;
  return run.length === 1 && first !== undefined ? first : Buffer.concat(run);
}
