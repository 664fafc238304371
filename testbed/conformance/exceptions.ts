/** The reviewed list of cases that are known to fail, and its comparison with what happened. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Outcome } from './suite.ts';

export interface Exception {
  readonly suite: string;
  readonly note: string;
  readonly reason: string;
}

const FILE = join(import.meta.dirname, 'exceptions.yaml');

export function readExceptions(): Exception[] {
  const document = parse(readFileSync(FILE, 'utf8')) as { exceptions: Exception[] };
  for (const { suite, note, reason } of document.exceptions) {
    if (!suite || !note || !reason) {
      throw new Error(`exceptions.yaml: every entry needs suite, note and reason (${note})`);
    }
  }
  return document.exceptions;
}

export interface Review {
  /** Failures that nobody has looked at. */
  readonly unexpected: readonly Outcome[];
  /** Exceptions whose case passes now, or does not exist in a suite that ran. */
  readonly stale: readonly Exception[];
}

const keyOf = (suite: string, note: string): string => `${suite}\n${note}`;

export function review(outcomes: readonly Outcome[], exceptions: readonly Exception[]): Review {
  const ran = new Set(outcomes.map(({ suite }) => suite));
  const failing = new Set<string>();
  const unexpected: Outcome[] = [];
  const known = new Set(exceptions.map(({ suite, note }) => keyOf(suite, note)));
  for (const outcome of outcomes) {
    if (outcome.verdict.kind !== 'failed') continue;
    const key = keyOf(outcome.suite, outcome.note);
    failing.add(key);
    if (!known.has(key)) unexpected.push(outcome);
  }
  const stale = exceptions.filter(
    ({ suite, note }) => ran.has(suite) && !failing.has(keyOf(suite, note)),
  );
  return { unexpected, stale };
}
