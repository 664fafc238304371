/**
 * A pseudo terminal: the agent holds the master, processes the slave. In between sits the line
 * discipline: canonical input with echo and erase, the signal characters, CR/NL mapping both ways.
 * Source: termios(3), Linux drivers/tty/n_tty.c.
 */
import { copyBytes } from './bytes.ts';
import { SysError } from './errno.ts';
import { OpenFile, type ReadOptions } from './open-file.ts';
import { ByteQueue, PIPE_CAPACITY } from './pipe.ts';
import { SIGHUP, SIGINT, SIGQUIT, SIGWINCH } from './signals.ts';
import type { LineMode, Terminal } from './terminal.ts';
import { WaitQueue, type Blocker } from './wait.ts';

/** Longest canonical line, and most that waits for a reader. Source: termios(3), N_TTY_BUF_SIZE. */
const INPUT_LIMIT = 4096;

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BACKSPACE = 0x08;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const CTRL_R = 0x12;
const CTRL_U = 0x15;
const CTRL_V = 0x16;
const CTRL_W = 0x17;
const CTRL_Z = 0x1a;
const CTRL_BACKSLASH = 0x1c;
const DELETE = 0x7f;

const COOKED: LineMode = {
  icanon: true,
  echo: true,
  echoe: true,
  echok: true,
  echoctl: true,
  isig: true,
  icrnl: true,
  opost: true,
  onlcr: true,
};

/** Delivers a signal to the terminal's foreground process group. */
type SignalGroup = (group: number, signal: number) => void;

export class Pty implements Terminal {
  readonly mode: LineMode = { ...COOKED };
  rows = 0;
  columns = 0;
  /** Process group that receives the signal characters; 0 when there is none. */
  foreground = 0;
  readonly path: string;
  readonly #signalGroup: SignalGroup;
  readonly #output = new ByteQueue();
  readonly #input = new ByteQueue();
  /** Lengths of finished lines in `input`; 0 is a ^D on an empty line. */
  #lines: number[] = [];
  #edit: number[] = [];
  #literalNext = false;
  #slaves = 0;
  #slaveWasOpen = false;
  #masterClosed = false;
  readonly #changed = new WaitQueue();

  constructor(path: string, signalGroup: SignalGroup) {
    this.path = path;
    this.#signalGroup = signalGroup;
  }

  openSlave(): OpenFile {
    if (this.#masterClosed) throw new SysError('EIO');
    this.#slaves++;
    this.#slaveWasOpen = true;
    return new OpenFile({
      name: this.path,
      tty: this,
      read: (blocker, max, options) => this.#slaveRead(blocker, max, options),
      write: (blocker, data) => this.#slaveWrite(blocker, data),
      release: () => {
        this.#slaves--;
        this.#changed.wake();
      },
    });
  }

  /** Output of the processes; EIO once the last slave is closed and the output is drained. */
  async masterRead(blocker: Blocker, max: number): Promise<Uint8Array> {
    if (max === 0) return new Uint8Array();
    while (this.#output.size === 0) {
      if (this.#masterClosed || (this.#slaves === 0 && this.#slaveWasOpen))
        throw new SysError('EIO');
      await this.#changed.wait(blocker);
    }
    const data = this.#output.take(max);
    this.#changed.wake();
    return data;
  }

  /** Keystrokes. Waits while nobody reads what was typed. */
  async masterWrite(blocker: Blocker, data: Uint8Array): Promise<void> {
    for (const byte of data) {
      // In canonical mode a full line buffer drops characters, as the kernel does.
      while (!this.mode.icanon && this.#input.size >= INPUT_LIMIT && this.#slaves > 0)
        await this.#changed.wait(blocker);
      if (this.#masterClosed) throw new SysError('EIO');
      this.#key(byte);
    }
    this.#changed.wake();
  }

  closeMaster(): void {
    if (this.#masterClosed) return;
    this.#masterClosed = true;
    this.#signalGroup(this.foreground, SIGHUP);
    this.#changed.wake();
  }

  get isMasterClosed(): boolean {
    return this.#masterClosed;
  }

  resize(rows: number, columns: number): void {
    const same = rows === this.rows && columns === this.columns;
    this.rows = rows;
    this.columns = columns;
    if (!same) this.#signalGroup(this.foreground, SIGWINCH);
  }

  /** Puts the line mode back and forgets a half-typed line: `stty sane`, or a shell's prompt. */
  setMode(mode: Partial<LineMode>): void {
    const wasCanonical = this.mode.icanon;
    Object.assign(this.mode, mode);
    if (wasCanonical && !this.mode.icanon) {
      this.#input.push(Uint8Array.from(this.#edit));
      this.#edit = [];
      this.#lines = [];
      this.#changed.wake();
    }
  }

  async #slaveRead(blocker: Blocker, max: number, options: ReadOptions = {}) {
    if (max === 0) return new Uint8Array();
    while (true) {
      if (this.mode.icanon) {
        const line = this.#lines[0];
        if (line !== undefined) return this.#takeLine(line, max, options.until);
      } else if (this.#input.size > 0) {
        const data = this.#input.take(max, options.until);
        this.#changed.wake();
        return data;
      }
      if (this.#masterClosed) return new Uint8Array();
      await this.#changed.wait(blocker);
    }
  }

  #takeLine(line: number, max: number, until?: number): Uint8Array {
    const data = this.#input.take(Math.min(line, max), until);
    if (data.length === line) this.#lines.shift();
    else this.#lines[0] = line - data.length;
    this.#changed.wake();
    return data;
  }

  async #slaveWrite(blocker: Blocker, data: Uint8Array): Promise<void> {
    const mapped = this.mode.opost && this.mode.onlcr ? crlf(data) : data;
    let rest = mapped;
    while (rest.length > 0) {
      if (this.#masterClosed) throw new SysError('EIO');
      const room = PIPE_CAPACITY - this.#output.size;
      if (room <= 0) {
        await this.#changed.wait(blocker);
        continue;
      }
      this.#output.push(copyBytes(rest, 0, room));
      rest = rest.subarray(room);
      this.#changed.wake();
    }
  }

  /** One keystroke through the line discipline. */
  #key(raw: number): void {
    if (this.#literalNext) {
      this.#literalNext = false;
      this.#insert(raw);
      return;
    }
    const byte = this.mode.icrnl && raw === RETURN ? NEWLINE : raw;
    if (this.mode.isig && this.#signalKey(byte)) return;
    if (!this.mode.icanon) {
      this.#input.push(Uint8Array.of(byte));
      this.#echo(byte);
      return;
    }
    switch (byte) {
      case NEWLINE:
        this.#edit.push(NEWLINE);
        if (this.mode.echo) this.#emit('\n');
        this.#finishLine();
        return;
      case CTRL_D:
        this.#finishLine();
        return;
      case DELETE:
      case BACKSPACE:
        this.#erase(1);
        return;
      case CTRL_W:
        this.#eraseWord();
        return;
      case CTRL_U:
        if (this.mode.echok) this.#erase(this.#edit.length);
        else this.#edit = [];
        return;
      case CTRL_R:
        this.#emit(`^R\n${Buffer.from(this.#edit).toString('latin1')}`);
        return;
      case CTRL_V:
        this.#literalNext = true;
        return;
      default:
        this.#insert(byte);
    }
  }

  #signalKey(byte: number): boolean {
    const signal = byte === CTRL_C ? SIGINT : byte === CTRL_BACKSLASH ? SIGQUIT : undefined;
    // ^Z is echoed and otherwise ignored: there is nobody to continue a stopped job for.
    if (signal === undefined && byte !== CTRL_Z) return false;
    if (this.mode.echo && this.mode.echoctl) this.#emit(caret(byte));
    if (signal !== undefined) {
      this.#edit = [];
      this.#input.clear();
      this.#lines = [];
      this.#signalGroup(this.foreground, signal);
    }
    return true;
  }

  #insert(byte: number): void {
    if (this.#edit.length >= INPUT_LIMIT - 1 || this.#input.size >= INPUT_LIMIT * 16) return;
    this.#edit.push(byte);
    this.#echo(byte);
  }

  #finishLine(): void {
    this.#input.push(Uint8Array.from(this.#edit));
    this.#lines.push(this.#edit.length);
    this.#edit = [];
    this.#changed.wake();
  }

  #erase(count: number): void {
    for (let i = 0; i < count && this.#edit.length > 0; i++) {
      let byte = this.#edit.pop();
      let width = byte !== undefined && byte < 0x20 ? 2 : 1;
      // One keystroke erases one UTF-8 character (IUTF8).
      while (byte !== undefined && byte >= 0x80 && byte < 0xc0) byte = this.#edit.pop();
      if (!this.mode.echo || !this.mode.echoe) continue;
      while (width-- > 0) this.#emit('\b \b');
    }
  }

  #eraseWord(): void {
    const text = Buffer.from(this.#edit).toString('latin1');
    const kept = /^(.*?)\S*\s*$/s.exec(text)?.[1] ?? '';
    this.#erase(text.length - kept.length);
  }

  #echo(byte: number): void {
    if (!this.mode.echo) return;
    const control = byte < 0x20 && byte !== 0x09 && byte !== NEWLINE;
    if (control && this.mode.echoctl) this.#emit(caret(byte));
    else this.#emitBytes(Uint8Array.of(byte));
  }

  #emit(text: string): void {
    this.#emitBytes(Buffer.from(text, 'latin1'));
  }

  /** Echo never waits: what does not fit is dropped, as in the kernel. */
  #emitBytes(bytes: Uint8Array): void {
    const mapped = this.mode.opost && this.mode.onlcr ? crlf(bytes) : bytes;
    if (this.#output.size + mapped.length > PIPE_CAPACITY) return;
    this.#output.push(copyBytes(mapped));
    this.#changed.wake();
  }
}

const caret = (byte: number): string => `^${String.fromCharCode(byte ^ 0x40)}`;

function crlf(data: Uint8Array): Uint8Array {
  if (!data.includes(NEWLINE)) return data;
  const mapped: number[] = [];
  for (const byte of data) {
    if (byte === NEWLINE) mapped.push(RETURN);
    mapped.push(byte);
  }
  return Uint8Array.from(mapped);
}
