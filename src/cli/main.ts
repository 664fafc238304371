/**
 * The process: argv, signals, exit code. The first SIGINT, SIGTERM or SIGHUP asks a command that
 * listens to end, the second ends the process at once. A command that does not listen has nothing to
 * take down: the system ends it, also in the middle of a computation.
 */
import process from 'node:process';
import { Interrupted } from './interrupted.ts';
import { runCommandLine } from './run.ts';

async function main(): Promise<void> {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(new Interrupted(name).exitCode);
    stop.abort(new Interrupted(name));
  };
  let isListening = false;
  const listen = (): void => {
    if (isListening) return;
    isListening = true;
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  };
  // A reader that goes away (`katasim ... | head`) is no error of ours: the command ends in order.
  const reader = { gone: false };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      process.stderr.write(`error: the output cannot be written: ${error.message}\n`);
      process.exit(2);
    }
    reader.gone = true;
    stop.abort();
  });
  // Nobody reads what is said there any more; the command itself goes on, and cleans up.
  process.stderr.on('error', () => undefined);
  // A command that waits for what can never come would end the process with a silent success.
  let answered = false;
  process.on('exit', () => {
    if (!answered && process.exitCode === undefined) process.exitCode = 3;
  });
  const code = await runCommandLine({
    argv: process.argv.slice(2),
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    get signal() {
      listen();
      return stop.signal;
    },
  });
  answered = true;
  process.exitCode = reader.gone ? 0 : code;
}

void main();
