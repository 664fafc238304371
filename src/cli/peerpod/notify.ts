/**
 * systemd's READY=1 and STOPPING=1. NOTIFY_SOCKET is a unix datagram socket, which Node cannot open:
 * `systemd-notify`, which comes with systemd, sends the message. Differs in this from the real
 * forwarder, which writes to the socket itself; the unit then needs NotifyAccess=all.
 */
import { spawn } from 'node:child_process';
import type { Logger } from '#base';

type State = 'READY=1' | 'STOPPING=1';

/** Undefined when nobody asked to be told. */
export function notifier(
  environment: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): ((state: State) => void) | undefined {
  const socket = environment['NOTIFY_SOCKET'] ?? '';
  if (socket === '') return undefined;
  return (state) => {
    const child = spawn('systemd-notify', [state], {
      stdio: 'ignore',
      env: { PATH: environment['PATH'], NOTIFY_SOCKET: socket },
    });
    child.once('error', (error) => logger.warn({ err: error.message, state }, 'cannot notify'));
  };
}
