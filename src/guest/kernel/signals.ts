/**
 * Signal numbers and default actions of Linux on x86-64. Source: signal(7).
 */
type DefaultAction = 'terminate' | 'ignore' | 'stop' | 'continue';

interface SignalRow {
  readonly number: number;
  readonly name: string;
  readonly action: DefaultAction;
  /** What a shell prints when a child died of it; empty prints nothing. */
  readonly says: string;
}

const row = (number: number, name: string, says: string, action: DefaultAction = 'terminate') =>
  ({ number, name, action, says }) satisfies SignalRow;

export const SIGNALS: readonly SignalRow[] = [
  row(1, 'HUP', 'Hangup'),
  row(2, 'INT', ''),
  row(3, 'QUIT', 'Quit'),
  row(4, 'ILL', 'Illegal instruction'),
  row(5, 'TRAP', 'Trace/breakpoint trap'),
  row(6, 'ABRT', 'Aborted'),
  row(7, 'BUS', 'Bus error'),
  row(8, 'FPE', 'Floating point exception'),
  row(9, 'KILL', 'Killed'),
  row(10, 'USR1', 'User defined signal 1'),
  row(11, 'SEGV', 'Segmentation fault'),
  row(12, 'USR2', 'User defined signal 2'),
  row(13, 'PIPE', ''),
  row(14, 'ALRM', 'Alarm clock'),
  row(15, 'TERM', 'Terminated'),
  row(16, 'STKFLT', 'Stack fault'),
  row(17, 'CHLD', '', 'ignore'),
  row(18, 'CONT', '', 'continue'),
  row(19, 'STOP', '', 'stop'),
  row(20, 'TSTP', '', 'stop'),
  row(21, 'TTIN', '', 'stop'),
  row(22, 'TTOU', '', 'stop'),
  row(23, 'URG', '', 'ignore'),
  row(24, 'XCPU', 'CPU time limit exceeded'),
  row(25, 'XFSZ', 'File size limit exceeded'),
  row(26, 'VTALRM', 'Virtual timer expired'),
  row(27, 'PROF', 'Profiling timer expired'),
  row(28, 'WINCH', '', 'ignore'),
  row(29, 'IO', 'I/O possible'),
  row(30, 'PWR', 'Power failure'),
  row(31, 'SYS', 'Bad system call'),
];

export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGKILL = 9;
export const SIGPIPE = 13;
export const SIGTERM = 15;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGWINCH = 28;
/** Highest number the kernel accepts (SIGRTMAX). */
export const LAST_SIGNAL = 64;

const byNumber = new Map(SIGNALS.map((signal) => [signal.number, signal]));

/** Real-time signals have no row of their own: they terminate. */
export const defaultAction = (signal: number): DefaultAction =>
  byNumber.get(signal)?.action ?? 'terminate';

export const signalName = (signal: number): string | undefined => byNumber.get(signal)?.name;

/** The message of a shell whose child was killed, without core-dump suffix. */
export const signalSays = (signal: number): string => byNumber.get(signal)?.says ?? '';

/** `15`, `TERM`, `SIGTERM`, `term`; 0 and `EXIT` are 0. */
export function parseSignal(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number <= LAST_SIGNAL ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  if (name === 'EXIT') return 0;
  return SIGNALS.find((signal) => signal.name === name)?.number;
}
