/** The user's end of an exec: raw keys when it has a terminal, plain bytes when it has none. */
import type { CommandContext } from '../command.ts';

interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface Terminal extends Disposable {
  /** Asked for and possible: without a terminal on stdin, kubectl goes on without one. */
  readonly tty: boolean;
  readonly stdin: AsyncIterable<Uint8Array> | undefined;
  size(): TerminalSize | undefined;
  onResize(listener: (size: TerminalSize) => void): void;
}

interface Screen {
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

export function openTerminal(
  { stdin, output }: Pick<CommandContext, 'stdin' | 'output'>,
  wanted: { readonly stdin: boolean; readonly tty: boolean },
): Terminal {
  const screen: Screen = output.stdout;
  const tty = wanted.tty && (stdin.isTTY || !wanted.stdin);
  if (wanted.tty && !tty) {
    output.note('Unable to use a TTY - input is not a terminal or the right kind of file');
  }
  const raw = tty && wanted.stdin && stdin.isTTY;
  if (raw) stdin.setRawMode(true);
  const size = (): TerminalSize | undefined =>
    tty && screen.rows !== undefined && screen.columns !== undefined
      ? { rows: screen.rows, columns: screen.columns }
      : undefined;
  const listeners: (() => void)[] = [];
  return {
    tty,
    stdin: wanted.stdin ? stdin : undefined,
    size,
    onResize(listener) {
      const changed = (): void => {
        const now = size();
        if (now !== undefined) listener(now);
      };
      screen.on?.('resize', changed);
      listeners.push(changed);
    },
    [Symbol.dispose]() {
      for (const listener of listeners) screen.off?.('resize', listener);
      if (raw) stdin.setRawMode(false);
      // A terminal or a pipe that is still open must not keep the process alive.
      if (wanted.stdin) stdin.destroy();
    },
  };
}
