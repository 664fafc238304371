/**
 * Recorded calls to a genuine kata-agent and what it answered, grouped into runs: what is sent, in
 * order, to one fresh agent.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { gunzipSync } from 'node:zlib';

/** How much of an answer counts. `none` is a call that only prepares the next. */
export type Compared = 'full' | 'codemsg' | 'shape' | 'code' | 'none';

export interface Pair {
  /** Scenario and position in it: `lifecycle/12`. */
  readonly id: string;
  readonly scenario: string;
  readonly desc: string;
  /** A method, or `raw` (bytes), `process` (is the agent there?), `ReadStdout*` (read to the end). */
  readonly method: string;
  /** Protobuf JSON; hex text for `raw`. */
  readonly request: unknown;
  readonly policy: string;
  readonly compared: Compared;
  readonly real: unknown;
}

/** One agent: its policy and the calls it gets. */
export interface Run {
  readonly policy: string;
  readonly pairs: readonly Pair[];
}

/** Undefined where the recordings are absent. */
export function pairsFile(): string | undefined {
  const shared = env['KATASIM_SHARED'];
  if (shared === undefined) return undefined;
  const file = join(shared, 'cases', 'agent-pairs.jsonl.gz');
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? file : undefined;
}

export function readPairs(file: string): Pair[] {
  const positions = new Map<string, number>();
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const pair = JSON.parse(line) as Omit<Pair, 'id'>;
      const position = (positions.get(pair.scenario) ?? 0) + 1;
      positions.set(pair.scenario, position);
      return { ...pair, id: `${pair.scenario}/${position}` };
    });
}

/** In these scenarios each policy is tried on an agent of its own. */
const ONE_POLICY_PER_AGENT = new Set(['rules', 'values']);

export function runsOf(pairs: readonly Pair[]): Run[] {
  const runs: { policy: string; pairs: Pair[] }[] = [];
  for (const pair of pairs) {
    const current = runs.at(-1);
    if (current === undefined || startsOver(pair, current.pairs))
      runs.push({ policy: pair.policy, pairs: [pair] });
    else current.pairs.push(pair);
  }
  return runs;
}

function startsOver(pair: Pair, current: readonly Pair[]): boolean {
  const [first] = current;
  if (first?.scenario !== pair.scenario || first.policy !== pair.policy) return true;
  if (ONE_POLICY_PER_AGENT.has(pair.scenario)) return pair.desc.startsWith('SetPolicy ');
  // A scenario that was recorded twice begins with the same call again.
  return pair.method === 'CreateSandbox' && pair.desc === first.desc;
}
