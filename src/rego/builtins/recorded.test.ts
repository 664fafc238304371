/**
 * Every case in testdata was put to the real engines and their answers recorded: `opa` is OPA 1.19.0
 * with strict builtin errors, `regorus` is regorus 0.9.1 with the features of the Kata agent. A row
 * with `ours` says why we answer otherwise.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findProfile } from '../profile.ts';
import { formatRegorus, formatTerm } from '../text.ts';
import { readCall } from './call-text.ts';
import { bindBuiltin, type BuiltinContext, isBuiltinFault } from './registry.ts';
import '../with-opa.ts';

interface Answer {
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

const folder = new URL('./testdata/', import.meta.url);

function contextFor(name: string): BuiltinContext {
  const profile = findProfile(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return {
    profile,
    nowNs: 1_700_000_000_000_000_000n,
    seed: 1,
    memo: new Map(),
    runtime: undefined,
    note: () => undefined,
    charge: () => undefined,
    where: 'test:1',
  };
}

export function answer(call: string, profileName: 'opa' | 'kata'): Answer {
  const context = contextFor(profileName);
  const { name, operands } = readCall(call, context.profile.numbers);
  const builtin = bindBuiltin(name, context.profile);
  if (builtin === undefined) return { absent: true };
  const result = builtin(context, operands);
  if (result === undefined) return { undefined: true };
  if (isBuiltinFault(result)) return result.fatal ? { panic: true } : { error: result.message };
  return { value: (profileName === 'opa' ? formatTerm : formatRegorus)([result]) };
}

const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

for (const file of files) {
  const cases = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case[];
  const family = file.replace('.json', '');
  test.each(cases.filter((row) => row.opa !== undefined && row.ours === undefined))(
    `${family}: opa $call`,
    ({ call, opa }) => {
      expect(answer(call, 'opa')).toEqual(opa);
    },
  );
  test.each(cases.filter((row) => row.regorus !== undefined && row.ours === undefined))(
    `${family}: regorus $call`,
    ({ call, regorus }) => {
      const got = answer(call, 'kata');
      // regorus' texts carry a source excerpt; which calls fail is what counts.
      if (regorus?.error === undefined) expect(got).toEqual(regorus);
      else expect(Object.keys(got)).toEqual(['error']);
    },
  );
}
