/** `kubectl exec` as the shim sees it: ExecProcess, then the streams of what it started. */
import { messageOf, silentLogger, type Logger, type Random } from '#base';
import { RpcStatusError } from '#rpc';
import type { Api, Init } from '#wire';
import type { AgentCalls } from './agent-calls.ts';
import { ExecError } from './errors.ts';
import { newContainerdExecId, type Runtime } from './runtime.ts';
import { openSession, type ProcessSession, type ProcessStreams } from './process-session.ts';
import { execFailed, execRefused } from './words.ts';

/** What an exec takes over from its container's process: containerd copies it. */
export type ExecBase = Init<Api.Process>;

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
  const { runtime } = agent;
  // What containerd calls the process, which users see; the runtime may have an id of its own.
  const containerdId = newContainerdExecId(random);
  const execId = runtime.newExecId(random, containerdId);
  const signals = [options.signal, options.over].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  try {
    const process = execProcess(runtime, options);
    const request = { container_id: containerId, exec_id: execId, process };
    await agent.call('ExecProcess', request, signal);
  } catch (error) {
    if (!(error instanceof RpcStatusError)) throw error;
    const status = { code: error.code, message: error.message };
    const criText = execFailed(containerdId, runtime.words.exec(containerId, status));
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

/** The Go runtime sends five fields only, whatever the container has. Source: Kata 4.1.0, virtcontainers/kata_agent.go, cmdToKataProcess. */
function execProcess(
  runtime: Runtime,
  {
    base,
    command,
    tty = false,
  }: Pick<ExecOptions, 'command' | 'tty'> & { readonly base: ExecBase },
): Init<Api.Process> {
  const { User = null, Env = [], Cwd = '/' } = base;
  const env = tty ? withTerm(Env) : Env;
  if (runtime.wholeExecProcess) return { ...base, Terminal: tty, Args: command, Env: env };
  // A variable without a value gets an empty one on its way through the Go runtime.
  const named = env.map((entry) => (entry.includes('=') ? entry : `${entry}=`));
  return { Terminal: tty, User, Args: command, Env: named, Cwd };
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
