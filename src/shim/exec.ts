/** `kubectl exec` as the shim sees it: ExecProcess, then the streams of what it started. */
import { messageOf, randomHex, randomUuid, silentLogger, type Logger, type Random } from '#base';
import { RpcStatusError } from '#rpc';
import type { Api, Init } from '#wire';
import type { AgentCalls } from './agent-calls.ts';
import { ExecError } from './errors.ts';
import { openSession, type ProcessSession, type ProcessStreams } from './process-session.ts';
import { execFailed, execRefused } from './words.ts';

/** What an exec takes over from its container's process: containerd copies these. */
export type ExecBase = Pick<Init<Api.Process>, 'User' | 'Env' | 'Cwd'>;

export interface ExecOptions extends ProcessStreams {
  readonly container?: string;
  readonly command: readonly string[];
  readonly tty?: boolean;
  readonly size?: { readonly rows: number; readonly columns: number };
  readonly signal?: AbortSignal;
}

/** ExecProcess and the streams of what it started. Also used by clients that only hold the socket. */
export async function openExec(
  agent: AgentCalls,
  containerId: string,
  options: Omit<ExecOptions, 'container'> & {
    readonly base: ExecBase;
    readonly random: Random;
    readonly logger?: Logger;
    readonly over?: AbortSignal;
  },
): Promise<ProcessSession> {
  const { size, random, logger = silentLogger } = options;
  const tty = options.tty === true;
  // The runtime's own id for the process; containerd knows it by another, which users see.
  const execId = randomUuid(random);
  const signals = [options.signal, options.over].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  try {
    await agent.call('ExecProcess', processRequest(containerId, execId, options), signal);
  } catch (error) {
    if (!(error instanceof RpcStatusError)) throw error;
    const status = { code: error.code, message: error.message };
    const criText = execFailed(randomHex(random, 32), containerId, status);
    throw new ExecError(execRefused(criText), { criText, status, cause: error });
  }
  const session = openSession({ ...options, agent, containerId, execId, tty, signal, logger });
  session.exitCode.catch(() => undefined);
  if (tty && size !== undefined) {
    await session.resize(size.rows, size.columns).catch((error: unknown) => {
      logger.warn({ execId, reason: messageOf(error) }, 'the terminal was not resized');
    });
  }
  return session;
}

/** Only these five fields, whatever the container has. Source: kata-agent.md 5.2. */
function processRequest(
  containerId: string,
  execId: string,
  {
    base,
    command,
    tty = false,
  }: Pick<ExecOptions, 'command' | 'tty'> & { readonly base: ExecBase },
): Init<Api.ExecProcessRequest> {
  const { User = null, Env = [], Cwd = '/' } = base;
  // A variable without a value gets an empty one on its way through the runtime.
  const named = Env.map((entry) => (entry.includes('=') ? entry : `${entry}=`));
  const process = { Terminal: tty, User, Args: command, Env: tty ? withTerm(named) : named, Cwd };
  return { container_id: containerId, exec_id: execId, process };
}

const TERM = 'TERM=xterm';

/**
 * A terminal's TERM takes the place of the container's own.
 * Source: containerd internal/cri/server/container_execsync.go, oci.WithEnv.
 */
function withTerm(env: readonly string[]): readonly string[] {
  const own = env.some((entry) => entry.startsWith('TERM='));
  return own ? env.map((entry) => (entry.startsWith('TERM=') ? TERM : entry)) : [...env, TERM];
}
