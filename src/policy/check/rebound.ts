/**
 * Names bound a second time, which regorus refuses from 0.3 on when it prepares the policy: found by
 * asking the engine of the newest release about a text that this one takes.
 */
import { compile, findProfile } from '#rego';
import type { CheckContext } from './finding.ts';

export function findRebound({ source, engine, report }: CheckContext): void {
  const { profile, prepareFailure } = engine.policy;
  const newest = findProfile('kata');
  if (newest === undefined || profile.engine !== 'regorus' || prepareFailure !== undefined) return;
  if (profile.plansBindings === newest.plansBindings) return;
  const result = compile([source], { profile: { ...newest, regoVersion: profile.regoVersion } });
  const failure = result.ok ? result.policy.prepareFailure : undefined;
  const name = /^var `(.+)` used before definition below/.exec(failure?.message ?? '')?.[1];
  if (failure === undefined || name === undefined) return;
  report('name-rebound', failure.span, {
    message: `${name} is bound already: from Kata 3.30.0 on every request fails with INTERNAL`,
    hint: `Call one of them something else.`,
  });
}
