/**
 * A terminal as programs see it: size, line mode, foreground group. Source: termios(3), tty_ioctl(4).
 */
/** The flags of termios that are simulated, with the names `stty` gives them. */
export interface LineMode {
  icanon: boolean;
  echo: boolean;
  echoe: boolean;
  echok: boolean;
  echoctl: boolean;
  isig: boolean;
  icrnl: boolean;
  opost: boolean;
  onlcr: boolean;
}

export interface Terminal {
  readonly path: string;
  readonly rows: number;
  readonly columns: number;
  readonly mode: Readonly<LineMode>;
  /** Process group that receives the signal characters; 0 when there is none. */
  foreground: number;
  setMode(mode: Partial<LineMode>): void;
  resize(rows: number, columns: number): void;
}
