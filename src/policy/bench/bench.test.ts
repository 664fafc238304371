import { describe, expect, it } from 'vitest';
import { readCorpus } from '../corpus/read-corpus.ts';
import { benchPolicies } from './bench.ts';
import { spread } from './spread.ts';

const text =
  'package agent_policy\n\ndefault ExecProcessRequest := false\n\ndefault ListRoutesRequest := true\n';
const { entries } = readCorpus(
  ['Exec', 'Exec', 'ListRoutes']
    .map((kind) => `{"kind":"${kind.replace('Exec', 'ExecProcess')}Request","request":{}}`)
    .join('\n'),
  'log',
);

/** Moves a millisecond with every reading: every decision takes exactly one. */
function countingClock(): () => number {
  let ms = 0;
  return () => ms++;
}

describe('benchPolicies', () => {
  it('measures whole rounds, cold ones apart from warm ones', () => {
    const [report] = benchPolicies([{ text, file: 'p.rego' }], entries, {
      now: countingClock(),
      durationMs: 1_000,
    });
    expect(report).toMatchObject({
      file: 'p.rego',
      requests: 3,
      compileMs: { first: 1, median: 1 },
      perSecond: 1_000,
    });
    const rounds = report?.warmRounds ?? 0;
    expect(rounds).toBeGreaterThanOrEqual(3);
    expect(report?.all.count).toBe(rounds * 3);
    expect(report?.endpoints.map(({ endpoint, warm }) => [endpoint, warm.count])).toEqual([
      ['ExecProcessRequest', rounds * 2],
      ['ListRoutesRequest', rounds],
    ]);
    expect(report?.endpoints[0]).toMatchObject({ coldMs: 1, perSecond: 1_000 });
  });

  it('ends by its clock and gives each policy the same number of rounds', () => {
    const now = countingClock();
    const policies = ['a', 'b'].map((file) => ({ text, file }));
    const reports = benchPolicies(policies, entries, { now, durationMs: 500 });
    expect(reports.map(({ file }) => file)).toEqual(['a', 'b']);
    expect(reports[0]?.warmRounds).toBe(reports[1]?.warmRounds);
    expect(now()).toBeLessThan(700);
  });

  it('stops when it is told to', () => {
    const signal = AbortSignal.abort();
    const run = (): unknown =>
      benchPolicies([{ text, file: 'p' }], entries, {
        now: countingClock(),
        durationMs: 1_000,
        signal,
      });
    expect(run).toThrow(/abort/);
  });
});

describe('spread', () => {
  it('takes percentiles by nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(spread(samples)).toEqual({ count: 100, sum: 5050, p50: 50, p90: 90, p99: 99, max: 100 });
    expect(spread([7])).toMatchObject({ p50: 7, p99: 7, max: 7 });
    expect(spread([])).toEqual({ count: 0, sum: 0, p50: 0, p90: 0, p99: 0, max: 0 });
  });
});
