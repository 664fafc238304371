/** What a user does to a pod: exec with its output collected, and a look at the log. */
import { readFile } from 'node:fs/promises';
import { logText, parseCriLogLine } from '#node';
import { type SimulatedPod } from '#sim';

interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stdinFailure: unknown;
}

export async function exec(
  pod: SimulatedPod,
  command: readonly string[],
  stdin?: string,
): Promise<ExecResult> {
  let stdout = '';
  const session = await pod.sandbox.exec({
    command,
    stdout: (data) => void (stdout += Buffer.from(data).toString()),
    stderr: (data) => void (stdout += Buffer.from(data).toString()),
    stdin: stdin === undefined ? undefined : once(stdin),
  });
  const code = await session.exitCode;
  return { code, stdout, stdinFailure: session.stdinFailure() };
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

/** The log of the first container, as `kubectl logs` would print it now. */
export async function readLog(pod: SimulatedPod, signal: AbortSignal): Promise<string> {
  const [container] = pod.sandbox.containers;
  const bytes = await readFile(pod.logs.pathOf(container?.name ?? ''), { signal });
  return bytes
    .toString('latin1')
    .split('\n')
    .flatMap((line) => {
      const parsed = parseCriLogLine(Buffer.from(line, 'latin1'));
      return parsed === undefined ? [] : [logText(parsed).toString()];
    })
    .join('');
}
