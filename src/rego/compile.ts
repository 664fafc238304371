/**
 * Modules in, policy out. OPA refuses a policy with errors; regorus takes any text that
 * parses and reports the rest at the first evaluation, so there the policy carries its own failure.
 */
import { KatasimError } from '#base';
import { isBuiltinName } from './builtins/registry.ts';
import { arityIn } from './compile/arity.ts';
import { sortErrors } from './compile/error-list.ts';
import { resolvePolicy } from './compile/resolve.ts';
import { schedulePolicy } from './compile/schedule.ts';
import { collectingSink } from './compile/sink.ts';
import { opaDialect } from './opa-dialect.ts';
import { parseModule } from './parse/parse-module.ts';
import { CompiledPolicy } from './compiled-policy.ts';
import { findProfile, type Profile, PROFILE_NAMES } from './profile.ts';
import type { Diagnostic, Source } from './source.ts';
import { valueBuilder } from './value.ts';
import type { Module } from './ast.ts';
import './with-opa.ts';

export interface CompileOptions {
  /** A name (`opa`, `opa-v0`, `kata`, `kata-3.12.0`) or a profile. Default `opa`. */
  readonly profile?: string | Profile;
  /** OPA's strict mode: unused imports, arguments and assignments are errors. */
  readonly strict?: boolean;
  /** Evaluate `print`. Default: as the profile has it. */
  readonly prints?: boolean;
  /** OPA's checks beyond names and safety. Default true; off only for tools that check on their own. */
  readonly checks?: boolean;
  /** Builtins that a policy may not call. */
  readonly unsafeBuiltins?: ReadonlySet<string>;
  /** The only builtins there are (OPA's `--capabilities`). Default: all of the profile. */
  readonly builtins?: ReadonlySet<string>;
}

export type CompileResult =
  | {
      readonly ok: true;
      readonly policy: CompiledPolicy;
      readonly warnings: readonly Diagnostic[];
    }
  | {
      readonly ok: false;
      readonly phase: 'parse' | 'compile';
      /** The engine's own errors, first one first; never empty. */
      readonly errors: readonly Diagnostic[];
      /** Found by reading on after the first error. Ours. */
      readonly recovered: readonly Diagnostic[];
      readonly warnings: readonly Diagnostic[];
    };

export function profileOf(profile: string | Profile = 'opa'): Profile {
  if (typeof profile !== 'string') return profile;
  const found = findProfile(profile);
  if (found !== undefined) return found;
  throw new KatasimError('REGO_PROFILE', `there is no profile ${JSON.stringify(profile)}`, {
    hint: `Use one of ${PROFILE_NAMES.join(', ')}.`,
  });
}

export function compile(sources: readonly Source[], options: CompileOptions = {}): CompileResult {
  const profile = profileOf(options.profile);
  const modules: Module[] = [];
  const errors: Diagnostic[] = [];
  const recovered: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  for (const source of sources) {
    const parsed = parseModule(source, {
      regoVersion: profile.regoVersion,
      engine: profile.engine,
      builder: valueBuilder(profile.numbers),
      isBuiltin: isBuiltinName,
      ...(profile.limits !== undefined && { limits: profile.limits }),
    });
    errors.push(...parsed.errors);
    recovered.push(...parsed.recovered);
    warnings.push(...parsed.warnings);
    if (parsed.module !== undefined) modules.push(parsed.module);
  }
  if (errors.length > 0) return { ok: false, phase: 'parse', errors, recovered, warnings };
  return compileModules(modules, profile, options, warnings);
}

function compileModules(
  modules: readonly Module[],
  profile: Profile,
  options: CompileOptions,
  warnings: readonly Diagnostic[] = [],
): CompileResult {
  const prints = options.prints ?? profile.printsByDefault;
  const sink = collectingSink();
  const checked = options.checks ?? true;
  // With checks on, names declared twice are reported by check-declarations, in OPA's stage order.
  const isReportedLater = checked && profile.engine === 'opa';
  const resolved = resolvePolicy(modules, profile, isReportedLater ? collectingSink() : sink);
  const arity = arityIn(resolved, profile);
  if (profile.engine === 'regorus') {
    const ordered = schedulePolicy(resolved, profile, arity, sink);
    const [failure] = sink.diagnostics;
    const policy = new CompiledPolicy(ordered, { profile, prints, failure });
    return { ok: true, policy, warnings };
  }
  const ordered = opaDialect().checkPolicy(resolved, arity, sink, {
    profile,
    strict: options.strict ?? false,
    severity: 'error',
    checked,
    unsafeBuiltins: options.unsafeBuiltins,
    builtins: options.builtins,
  });
  if (ordered === undefined) {
    const errors = sortErrors(sink.diagnostics.filter(({ severity }) => severity === 'error'));
    return { ok: false, phase: 'compile', errors, recovered: [], warnings };
  }
  const found = sink.diagnostics.filter(({ severity }) => severity !== 'error');
  const policy = new CompiledPolicy(ordered, { profile, prints, failure: undefined });
  return { ok: true, policy, warnings: [...warnings, ...found] };
}
