/** The root logger: pino, JSON lines on stderr, pretty on a terminal. Keys and tokens are redacted. */
import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { Logger } from '#base';
import type { Sink } from './output.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

const redacted = ['key', 'token', 'password', 'tlsServerKey', '*.key', '*.token', '*.password'];

export function createLogger(level: LogLevel, stderr: Sink, colors: boolean): Logger {
  const destination =
    stderr.isTTY === true
      ? pretty({
          colorize: colors,
          ignore: 'pid,hostname',
          translateTime: 'SYS:HH:MM:ss.l',
          destination: stderr as NodeJS.WritableStream,
          sync: true,
        })
      : { write: (line: string) => void stderr.write(line) };
  return pino({ level, base: null, redact: redacted }, destination) satisfies Logger;
}
