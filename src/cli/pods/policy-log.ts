/** Requests of a pod as its agent's debug log has them, on the host's side: what `policy learn` reads. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Agent } from '#agent';
import { policyLogLine } from '#gate';
import { cliErrors } from '../errors.ts';

export interface PolicyLog extends Disposable {
  /** Writes the agent's decisions from now on. */
  watch(agent: Pick<Agent, 'policy' | 'kata'>): void;
}

/** Each line is written at once; the file is made anew, as an agent does when it starts. */
export function openPolicyLog(path: string): PolicyLog {
  let file: number;
  try {
    file = openSync(path, 'w', 0o600);
  } catch (error) {
    throw cliErrors.unwritable(path, error);
  }
  const stops: (() => void)[] = [];
  return {
    watch({ policy, kata: { policyLog } }) {
      const stop = policy?.onDecision(({ endpoint, input, result }) => {
        const isObject = typeof result === 'object' && result !== null;
        for (const document of isObject ? [input, result] : [input]) {
          const line = policyLogLine(endpoint, document, policyLog.format);
          if (line !== undefined) writeSync(file, line);
        }
      });
      if (stop !== undefined) stops.push(stop);
    },
    [Symbol.dispose]() {
      for (const stop of stops) stop();
      closeSync(file);
    },
  };
}
