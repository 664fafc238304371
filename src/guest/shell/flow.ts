/**
 * Flow control that travels as exceptions inside one shell: `exit`, `break`, `continue`, `return`.
 */
export class ExitShell extends Error {
  readonly code: number;
  constructor(code: number) {
    super('exit');
    this.code = code;
  }
}
export class LeaveLoop extends Error {
  readonly how: 'break' | 'continue';
  levels: number;
  constructor(how: 'break' | 'continue', levels: number) {
    super(how);
    this.how = how;
    this.levels = levels;
  }
}
/** A word grew beyond what a shell is given: the OOM killer ends it. */
export class OutOfMemory extends Error {}
/** The kernel refuses another process: the shell says so and ends. */
export class CannotFork extends Error {}
export class ReturnFromFunction extends Error {
  readonly code: number;
  constructor(code: number) {
    super('return');
    this.code = code;
  }
}
