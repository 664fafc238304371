/**
 * Every suite whose cases are on this machine: a failure outside exceptions.yaml fails, and so does
 * an exception that passes.
 */
import { describe, expect, it } from 'vitest';
import { readExceptions, review } from './exceptions.ts';
import { reviewLines } from './report.ts';
import { runSuite } from './suite.ts';
import { suiteLoaders } from './suites.ts';

const exceptions = readExceptions();

describe.each(Object.entries(suiteLoaders))('conformance: %s', (_name, load) => {
  const suite = load();
  it.skipIf(suite.absent !== undefined)(
    suite.absent === undefined
      ? `the ${suite.cases.length} cases answer as recorded, reviewed exceptions aside`
      : `skipped: ${suite.absent}`,
    () => {
      expect(suite.cases.length).toBeGreaterThan(0);
      const findings = review(runSuite(suite), exceptions);
      expect(reviewLines(findings, 20)).toEqual([]);
    },
  );
});
