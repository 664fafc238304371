/**
 * Runs the cases of `testdata/FAMILY.json`. Each was put to the genuine engines and their answers
 * recorded: `opa` is OPA 1.19.0 with strict builtin errors, `regorus` is regorus 0.9.1 with the
 * features of the Kata agent. A row with `ours` says why we answer otherwise, and is not run.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findProfile } from '../profile.ts';
import { formatRegorus, formatTerm } from '../text.ts';
import { readCall } from './call-text.ts';
import { bindBuiltin, type BuiltinContext, isBuiltinFault } from './registry.ts';
import '../with-opa.ts';

export interface Answer {
  readonly value?: string;
  readonly undefined?: true;
  readonly error?: string;
  readonly panic?: true;
  readonly absent?: true;
}

interface Case {
  readonly call: string;
  readonly opa?: Answer;
  readonly regorus?: Answer;
  readonly ours?: string;
}

/** The folder of the recorded cases. */
export const recordings = new URL('./testdata/', import.meta.url);

/** A context whose clock and seed are fixed; `charge` sees what a call charges to the budget. */
export function contextFor(
  name: string,
  charge: (units: number) => void = () => undefined,
): BuiltinContext {
  const profile = findProfile(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return {
    profile,
    nowNs: 1_700_000_000_000_000_000n,
    seed: 1,
    memo: new Map(),
    runtime: undefined,
    note: () => undefined,
    charge,
    where: 'test:1',
  };
}

/** What a call such as `count({1, 2})` gives in a profile. */
export function answer(call: string, context: BuiltinContext): Answer {
  const { profile } = context;
  const { name, operands } = readCall(call, profile.numbers);
  const builtin = bindBuiltin(name, profile);
  if (builtin === undefined) return { absent: true };
  const result = builtin(context, operands);
  if (result === undefined) return { undefined: true };
  if (isBuiltinFault(result)) return result.fatal ? { panic: true } : { error: result.message };
  return { value: (profile.engine === 'opa' ? formatTerm : formatRegorus)([result]) };
}

/** Units that a call charges to the budget of its query. */
export function charged(call: string, profile: string): number {
  let sum = 0;
  answer(
    call,
    contextFor(profile, (units) => (sum += units)),
  );
  return sum;
}

/** Declares one test per recorded case and engine. */
export function testRecorded(family: string): void {
  const text = readFileSync(new URL(`${family}.json`, recordings), 'utf8');
  const cases = (JSON.parse(text) as Case[]).filter(({ ours }) => ours === undefined);
  test.each(cases.filter(({ opa }) => opa !== undefined))('opa: $call', ({ call, opa }) => {
    expect(answer(call, contextFor('opa'))).toEqual(opa);
  });
  test.each(cases.filter(({ regorus }) => regorus !== undefined))(
    'regorus: $call',
    ({ call, regorus }) => {
      const found = answer(call, contextFor('kata'));
      // The texts of regorus carry a source excerpt; which calls fail is what counts.
      if (regorus?.error === undefined) expect(found).toEqual(regorus);
      else expect(Object.keys(found)).toEqual(['error']);
    },
  );
}
