/**
 * What OPA would refuse in a policy that regorus takes as it is: types, recursion,
 * conflicts, unused variables. regorus checks none of these, so here they are advice, from all
 * stages at once.
 */
import type { Module } from '../ast.ts';
import { arityOf } from './compile/check-undeclared.ts';
import { sortErrors } from '../compile/error-list.ts';
import type { PassOptions } from './compile/pass.ts';
import { type Stage, STAGES_AFTER_SAFETY, STAGES_BEFORE_SAFETY } from './compile/passes.ts';
import type { Policy } from '../compile/policy.ts';
import { resolvePolicy } from '../compile/resolve.ts';
import { orderPolicy } from './compile/safety.ts';
import { collectingSink } from '../compile/sink.ts';
import { findProfile } from '../profile.ts';
import type { Diagnostic } from '../source.ts';

/**
 * Passes whose findings regorus' parser or the advice on builtins reports in its own words.
 * regorus calls functions that do not exist without a word until a request gets there.
 */
const COVERED = new Set(['check-undefined-functions', 'check-deprecated-builtins']);

export function opaChecks(modules: readonly Module[], strict = false): readonly Diagnostic[] {
  const profile = findProfile('opa');
  if (profile === undefined) return [];
  const options: PassOptions = { profile, strict, severity: 'advice' };
  const findings: Diagnostic[] = [];
  const policy = resolvePolicy(modules, profile, collectingSink());
  const run = (stages: readonly Stage[], on: Policy): boolean => {
    const before = findings.length;
    for (const pass of stages.flat()) {
      if (COVERED.has(pass.name)) continue;
      const sink = collectingSink();
      pass.run(on, sink, options);
      findings.push(...sink.diagnostics);
      // The type checker relies on rules without cycles.
      if (pass.name === 'check-recursion' && sink.failed) return false;
    }
    return findings.length === before;
  };
  run(STAGES_BEFORE_SAFETY, policy);
  const sink = collectingSink();
  const ordered = orderPolicy(policy, arityOf(policy), sink);
  findings.push(...sink.diagnostics);
  run(STAGES_AFTER_SAFETY, ordered);
  return sortErrors(findings.map((finding) => ({ ...finding, severity: options.severity })));
}
