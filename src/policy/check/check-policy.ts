/**
 * Everything worth saying about a policy before it decides anything: what the engine says, its advice,
 * and our own checks, one row each below. Never changes a verdict; needs no request.
 */
import { KatasimError } from '#base';
import {
  checkEndpoints,
  loadRego,
  PolicyParseError,
  type KataProfile,
  type RegoEngine,
} from '#gate';
import type { Source } from '#rego';
import { checks, type FindingSeverity } from './catalogue.ts';
import { findConflicts } from './conflicts.ts';
import { findEndpoints } from './endpoint-findings.ts';
import { findByAdvice, parseFindings, prepareFindings } from './engine-findings.ts';
import { findingAt, type CheckContext, type PolicyFinding } from './finding.ts';
import { findLeakingPrints } from './prints.ts';
import { findLoosePatterns } from './regexes.ts';
import { findRebound } from './rebound.ts';
import { findSecrets } from './secrets.ts';
import { findSizeProblems } from './sizes.ts';
import { findStatePitfalls } from './state.ts';
import { applySuppressions, suppressionsIn, type Suppressed } from './suppressions.ts';

const CHECKS: readonly ((context: CheckContext) => void)[] = [
  findByAdvice,
  findEndpoints,
  findConflicts,
  findRebound,
  findLoosePatterns,
  findLeakingPrints,
  findSecrets,
  findStatePitfalls,
  findSizeProblems,
];

export interface PolicyCheckResult {
  /** Errors first, then in the order of the text. */
  readonly findings: readonly PolicyFinding[];
  /** What a comment in the text answers for. */
  readonly suppressed: readonly Suppressed[];
}

const RANK: Readonly<Record<FindingSeverity, number>> = { error: 0, warning: 1, info: 2 };

/** Checks one policy for one release. Throws for nothing that is wrong with the text. */
export function checkPolicy(text: string, file: string, kata: KataProfile): PolicyCheckResult {
  const { findings, suppressed } = findingsOf({ name: file, text }, kata);
  const line = ({ location }: PolicyFinding): number => location.line ?? 0;
  const sorted = [...findings].sort(
    (a, b) => RANK[a.severity] - RANK[b.severity] || line(a) - line(b),
  );
  return { findings: sorted, suppressed };
}

function findingsOf(source: Source, kata: KataProfile): PolicyCheckResult {
  let engine: RegoEngine;
  try {
    engine = loadRego(source.text, source.name, kata);
  } catch (error) {
    return { findings: refused(error, source, kata), suppressed: [] };
  }
  const { resolved } = engine.policy;
  const module = resolved.modules[0]?.source;
  if (module === undefined) return { findings: [], suppressed: [] };
  const findings = [...prepareFindings(engine)];
  const context: CheckContext = {
    source: module.span.source,
    kata,
    engine,
    module,
    policy: resolved,
    endpoints: checkEndpoints(engine),
    report: (id, span, said) => findings.push(findingAt(id, span, said)),
  };
  for (const check of CHECKS) check(context);
  return applySuppressions(unique(findings), suppressionsIn(module.span.source));
}

/** A text that does not load may still show a key to everybody. */
function refused(error: unknown, source: Source, kata: KataProfile): readonly PolicyFinding[] {
  if (!(error instanceof KatasimError)) throw error;
  if (error instanceof PolicyParseError) {
    const findings = [...parseFindings(error, source, kata)];
    findSecrets({
      source,
      report: (id, span, said) => findings.push(findingAt(id, span, said)),
    });
    return findings;
  }
  if (error.code !== 'POLICY_TOO_LARGE') throw error;
  return [
    {
      id: 'policy-too-large',
      severity: checks['policy-too-large'].severity,
      message: error.message,
      location: { file: source.name },
      ...(error.hint !== undefined && { hint: error.hint }),
    },
  ];
}

/** A rule with several bodies is resolved more than once; what it says is said once. */
function unique(findings: readonly PolicyFinding[]): readonly PolicyFinding[] {
  const seen = new Set<string>();
  return findings.filter(({ id, message, location: { line, column } }) => {
    const key = `${id} ${line ?? ''}:${column ?? ''} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}
