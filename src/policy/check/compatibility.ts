/**
 * One policy and every release: which agents take it, and what is different there. A row per change of
 * the agent, neighbours with the same answer joined.
 */
import { kataReleases, NEWEST_KATA_VERSION } from '#base';
import { kataProfile, type KataProfile } from '#gate';
import { checkPolicy } from './check-policy.ts';
import type { CheckId } from './catalogue.ts';
import type { PolicyFinding } from './finding.ts';

export type Acceptance =
  /** Loads, and nothing of it depends on the release. */
  | 'accepted'
  /** Loads, and some requests fail or get another answer than the policy says. */
  | 'differs'
  /** Does not load: an agent with it as its default ends, SetPolicy answers INVALID_ARGUMENT. */
  | 'refused';

export interface CompatibilityRow {
  readonly since: string;
  /** The last release of the row. */
  readonly until: string;
  readonly engine: string;
  readonly rego: 'v0' | 'v1';
  readonly acceptance: Acceptance;
  /** What is wrong there, one line each. */
  readonly problems: readonly PolicyFinding[];
  /** What the agent does otherwise than the newest one with the same verdicts. */
  readonly notes: readonly string[];
}

/** Findings that make a release read the policy otherwise. */
const DIFFERS: ReadonlySet<CheckId> = new Set([
  'function-missing',
  'if-not-keyword',
  'first-key-only',
  'minus-sign',
  'rule-conflict',
  'state-unsupported',
]);

const REFUSES: ReadonlySet<CheckId> = new Set(['parse-error', 'compile-error', 'policy-too-large']);

/** Newest first. */
export function compatibility(text: string, file: string): readonly CompatibilityRow[] {
  const rows = kataReleases.map(({ since }, i): CompatibilityRow => {
    const kata = kataProfile(since);
    const next = kataReleases[i + 1];
    const { findings } = checkPolicy(text, file, kata);
    const refusing = findings.filter(({ id }) => REFUSES.has(id));
    const differing = findings.filter(({ id }) => DIFFERS.has(id));
    const problems = refusing.length > 0 ? refusing.slice(0, 1) : differing;
    return {
      since,
      until: next === undefined ? NEWEST_KATA_VERSION : before(next.since),
      engine: kata.engine,
      rego: kata.rego,
      acceptance: refusing.length > 0 ? 'refused' : differing.length > 0 ? 'differs' : 'accepted',
      problems,
      notes: refusing.length > 0 ? [] : notesOn(kata, text),
    };
  });
  return joined(rows).reverse();
}

/** The release before one: of `3.30.0` it is `3.29.x`. */
function before(version: string): string {
  const [major = '0', minor = '0'] = version.split('.');
  return `${major}.${Number(minor) - 1}.x`;
}

/** What changes around the policy, where this policy is about it. */
function notesOn(kata: KataProfile, text: string): readonly string[] {
  const notes: string[] = [];
  if (kata.deniedRead === 'error' && text.includes('ReadStreamRequest'))
    notes.push('denied logs are an error, and a container may block on a full pipe');
  if (!kata.state && text.includes('pstate')) notes.push('there is no data.pstate');
  if (
    kata.missingMethods.includes('GetDiagnosticData') &&
    text.includes('GetDiagnosticDataRequest')
  )
    notes.push('there is no GetDiagnosticData: its rule is never asked');
  return notes;
}

/** Rows that say the same of the policy are one; its engine is the newest of them. */
function joined(rows: readonly CompatibilityRow[]): CompatibilityRow[] {
  const all: CompatibilityRow[] = [];
  for (const row of rows) {
    const last = all.at(-1);
    if (last !== undefined && same(last, row)) all[all.length - 1] = { ...row, since: last.since };
    else all.push(row);
  }
  return all;
}

const same = (a: CompatibilityRow, b: CompatibilityRow): boolean =>
  a.acceptance === b.acceptance &&
  a.rego === b.rego &&
  a.notes.join() === b.notes.join() &&
  a.problems.map(told).join() === b.problems.map(told).join();

/** Without the release that the message may name. */
const told = ({ id, location }: PolicyFinding): string =>
  `${id}:${location.line ?? 0}:${location.column ?? 0}`;
