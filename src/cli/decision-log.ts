/** Decisions of an agent as lines of a file, in OPA's decision-log format, secrets masked. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Agent } from '#agent';
import { runOnce, type Closable } from '#base';
import { decisionLogLine, denialReason } from '#gate';
import { cliErrors } from './errors.ts';

/** Each line is written at once: whoever follows the file sees a decision when it was made. */
export function openDecisionLog(path: string, agent: Pick<Agent, 'policy' | 'kata'>): Closable {
  let file: number;
  try {
    file = openSync(path, 'a', 0o600);
  } catch (error) {
    throw cliErrors.unwritable(path, error);
  }
  const labels = { id: hostname(), version: agent.kata.version };
  const { policy } = agent;
  const stop = policy?.onDecision((decision) => {
    const denial = denialReason(policy, decision);
    writeSync(file, decisionLogLine(decision, { labels, denial }));
  });
  const close = runOnce(() => {
    stop?.();
    closeSync(file);
    return Promise.resolve();
  });
  return { close, [Symbol.asyncDispose]: close };
}
