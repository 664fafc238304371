/** The reviewed list of recorded calls that katasim answers otherwise, and its review. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Outcome } from './replay.ts';

export interface Exception {
  readonly id: string;
  readonly reason: string;
  /** Words of the row of docs/fidelity.md that says so; absent while the difference is open. */
  readonly fidelity?: string;
}

export function readExceptions(): Exception[] {
  const text = readFileSync(join(import.meta.dirname, 'exceptions.yaml'), 'utf8');
  const { exceptions } = parse(text) as { exceptions: Exception[] };
  for (const { id, reason } of exceptions)
    if (!id || !reason) throw new Error(`exceptions.yaml: every entry needs id and reason (${id})`);
  return exceptions;
}

export interface Review {
  /** Differences that are not listed. */
  readonly unexpected: readonly Outcome[];
  /** Listed calls that are equal now, or that do not exist in a scenario that ran. */
  readonly stale: readonly Exception[];
}

export function review(outcomes: readonly Outcome[], exceptions: readonly Exception[]): Review {
  const listed = new Set(exceptions.map(({ id }) => id));
  const different = outcomes.filter(({ equal }) => !equal);
  const ids = new Set(different.map(({ pair }) => pair.id));
  const scenarios = new Set(outcomes.map(({ pair }) => pair.scenario));
  return {
    unexpected: different.filter(({ pair }) => !listed.has(pair.id)),
    stale: exceptions.filter(({ id }) => scenarios.has(id.replace(/\/.*/, '')) && !ids.has(id)),
  };
}
