/**
 * The logger as rooms see it: pino's calling convention (fields first, constant message last)
 * without importing pino. `cli` makes the root logger; each room gets a child.
 */

export type LogFields = Readonly<Record<string, unknown>>;
type Log = (fields: LogFields, message: string) => void;

export interface Logger {
  readonly trace: Log;
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
  child(fields: LogFields): Logger;
}

const nothing: Log = () => undefined;

/** For callers that pass no logger. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};
