import { describe, expect, it } from 'vitest';
import { review } from './exceptions.ts';
import { failed, type Outcome, passed, type Verdict } from './suite.ts';

const outcome = (note: string, verdict: Verdict): Outcome => ({
  suite: 's',
  folder: 'f',
  note,
  verdict,
});
const exception = (note: string, suite = 's') => ({ suite, note, reason: 'because' });

describe('review of outcomes', () => {
  it('reports a failure that is not listed', () => {
    const outcomes = [outcome('a', failed('x')), outcome('b', passed)];
    expect(review(outcomes, []).unexpected.map(({ note }) => note)).toEqual(['a']);
  });

  it('accepts a listed failure', () => {
    expect(review([outcome('a', failed('x'))], [exception('a')])).toEqual({
      unexpected: [],
      stale: [],
    });
  });

  it('reports an exception whose case passes or is gone', () => {
    const listed = [exception('a'), exception('gone')];
    expect(review([outcome('a', passed)], listed).stale).toEqual(listed);
  });

  it('leaves exceptions of suites alone that did not run', () => {
    expect(review([outcome('a', passed)], [exception('z', 'other')]).stale).toEqual([]);
  });
});
