/**
 * Runs the cases of `testdata/NAME.yaml`: erroneous modules, and what OPA 1.19.0 says about them. Cases
 * that OPA answers with a place or a name of its own making (`__local3__`, the place of another use)
 * have our words in `want_ours`.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Module } from '../../ast.ts';
import { sortErrors } from '../../compile/error-list.ts';
import { resolvePolicy } from '../../compile/resolve.ts';
import { collectingSink } from '../../compile/sink.ts';
import { parseModule } from '../../parse/parse-module.ts';
import { opaPosition } from '../../position.ts';
import { findProfile } from '../../profile.ts';
import type { Diagnostic } from '../../source.ts';
import { valueBuilder } from '../../value.ts';
import { arityOf } from './check-undeclared.ts';
import type { PassOptions } from './pass.ts';
import { runStages, STAGES_AFTER_SAFETY, STAGES_BEFORE_SAFETY } from './passes.ts';
import { orderPolicy } from './safety.ts';
import '../../with-opa.ts';

interface Case {
  readonly note: string;
  readonly modules: readonly string[];
  readonly v0?: boolean;
  readonly strict?: boolean;
  readonly unsafe?: readonly string[];
  readonly builtins?: readonly string[];
  readonly want_errors: readonly string[];
  readonly want_ours?: readonly string[];
}

/** The folder of the recorded errors. */
export const errorCases = new URL('./testdata/', import.meta.url);

function parseAll({ modules, v0 = false }: Case): readonly Module[] {
  return modules.map((text, i) => {
    const source = { name: `m${String(i)}.rego`, text };
    const options = { regoVersion: v0 ? 'v0' : 'v1', builder: valueBuilder('decimal') } as const;
    const { module, errors } = parseModule(source, options);
    if (module === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
    return module;
  });
}

function errorLine({ span, code, message, details }: Diagnostic): string {
  const { row, col } = opaPosition(span.source, span.start);
  const head = `${span.source.name}:${String(row)}:${String(col)}: ${code}: ${message}`;
  return [head, ...details].join('\n\t');
}

/** All checks on parsed modules, as compile() runs them. */
export function collectDiagnostics(
  modules: readonly Module[],
  options: PassOptions,
): readonly Diagnostic[] {
  const sink = collectingSink();
  const policy = resolvePolicy(modules, options.profile, collectingSink());
  if (runStages(STAGES_BEFORE_SAFETY, policy, sink, options)) {
    const ordered = orderPolicy(policy, arityOf(policy), sink);
    if (!sink.failed) runStages(STAGES_AFTER_SAFETY, ordered, sink, options);
  }
  return sortErrors(sink.diagnostics);
}

/** Declares one test per case. */
export function testErrors(name: string): void {
  const text = readFileSync(new URL(`${name}.yaml`, errorCases), 'utf8');
  const { cases } = parse(text) as { cases: Case[] };
  test.each(cases)('$note', (one) => {
    const profile = findProfile('opa');
    if (profile === undefined) throw new Error('no profile');
    const errors = collectDiagnostics(parseAll(one), {
      profile,
      strict: one.strict ?? false,
      severity: 'error',
      unsafeBuiltins: new Set(one.unsafe),
      ...(one.builtins !== undefined && { builtins: new Set(one.builtins) }),
    });
    const want = one.want_ours ?? one.want_errors;
    expect(errors.map(errorLine).sort()).toEqual([...new Set(want)].sort());
  });
}
