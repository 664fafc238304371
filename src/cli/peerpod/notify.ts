/**
 * systemd's READY=1 and STOPPING=1. NOTIFY_SOCKET is a unix datagram socket, which Node cannot open, so
 * a small program sends the message: `systemd-notify`, or where that is missing, perl or python3. The
 * real forwarder writes to the socket itself; here the unit needs NotifyAccess=all.
 */
import { spawn } from 'node:child_process';
import { isSystemError, type Logger } from '#base';

type State = 'READY=1' | 'STOPPING=1';
type Notify = (state: State) => void;

/** Arguments: socket path, `@` first when it is abstract, and the state. */
const PERL =
  'use Socket; my ($p, $m) = @ARGV; $p =~ s/^@/\\0/; socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die $!; send($s, $m, 0, sockaddr_un($p)) or die $!;';
const PYTHON =
  'import socket, sys; p, m = sys.argv[1:]; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(m.encode(), ("\\0" + p[1:]) if p.startswith("@") else p)';

interface NotifySender {
  readonly program: string;
  readonly words: (socket: string, state: State) => readonly string[];
}

/** The first that exists is used. */
export const NOTIFY_SENDERS: readonly NotifySender[] = [
  { program: 'systemd-notify', words: (_socket, state) => [state] },
  { program: 'perl', words: (socket, state) => ['-e', PERL, socket, state] },
  { program: 'python3', words: (socket, state) => ['-c', PYTHON, socket, state] },
];

/** Undefined when nobody asked to be told. */
export function notifier(
  environment: Readonly<Record<string, string | undefined>>,
  logger: Logger,
  senders: readonly NotifySender[] = NOTIFY_SENDERS,
): Notify | undefined {
  const socket = environment['NOTIFY_SOCKET'] ?? '';
  if (socket === '') return undefined;
  const env = { PATH: environment['PATH'], NOTIFY_SOCKET: socket };
  const send = (state: State, [sender, ...others]: readonly NotifySender[]): void => {
    if (sender === undefined) {
      logger.warn({ state }, 'cannot notify: no systemd-notify, perl or python3');
      return;
    }
    const child = spawn(sender.program, [...sender.words(socket, state)], { stdio: 'ignore', env });
    child.once('error', (error) => {
      if (isSystemError(error) && error.code === 'ENOENT') send(state, others);
      else logger.warn({ err: error.message, state }, 'cannot notify');
    });
    child.once('exit', (code) => {
      if (code !== 0) logger.warn({ program: sender.program, code, state }, 'cannot notify');
    });
  };
  return (state) => send(state, senders);
}
