/**
 * Every call that was recorded from a genuine kata-agent, where the recordings are: what is answered
 * otherwise is listed with its reason, and nothing is listed that is answered alike.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readExceptions, review } from './exceptions.ts';
import { pairsFile, readPairs, runsOf, type Run } from './pairs.ts';
import { replay, type Outcome } from './replay.ts';

const exceptions = readExceptions();
const file = pairsFile();
const fidelity = readFileSync(join(import.meta.dirname, '../../../docs/fidelity.md'), 'utf8');

/** Runs by the scenario that they belong to. */
function byScenario(runs: readonly Run[]): [scenario: string, runs: Run[]][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const name = run.pairs[0]?.scenario ?? '';
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  return [...groups];
}

describe.skipIf(file === undefined)('recorded from kata-agent 4.1.0', () => {
  const scenarios = file === undefined ? [] : byScenario(runsOf(readPairs(file)));

  test('there are scenarios', () => {
    expect(scenarios.length).toBeGreaterThan(0);
  });

  test.each(scenarios)('%s: every call is answered as recorded, or listed', async (_name, runs) => {
    const outcomes: Outcome[] = [];
    for (const run of runs) outcomes.push(...(await replay(run)));
    const { unexpected, stale } = review(outcomes, exceptions);
    const differences = unexpected.map(({ pair: { id, desc, real }, ours }) => ({
      id,
      desc,
      real,
      ours,
    }));
    expect(differences).toEqual([]);
    expect(stale.map(({ id }) => `${id} is answered alike: take it out`)).toEqual([]);
  });
});

test.each(exceptions.filter((each) => each.fidelity !== undefined))(
  '$id is a difference that docs/fidelity.md lists',
  ({ fidelity: row }) => {
    expect(fidelity).toContain(row);
  },
);
