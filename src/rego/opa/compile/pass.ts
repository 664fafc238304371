/**
 * The interface of compile passes. A pass takes resolved modules and a sink and adds diagnostics;
 * the table in `passes.ts` gives the order. Passes of one profile run in order; the errors of the
 * first stage that has any are the answer, later stages are skipped.
 */
import type { Severity } from '../../source.ts';
import type { Profile } from '../../profile.ts';
import type { Policy } from '../../compile/policy.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';

export interface PassOptions {
  readonly profile: Profile;
  /** OPA's `--strict`: unused imports, arguments and assignments are errors. */
  readonly strict: boolean;
  /** What a finding of this pass becomes: `advice` in regorus' profiles, which never check. */
  readonly severity: Severity;
  /** Builtins that the host forbids. */
  readonly unsafeBuiltins?: ReadonlySet<string> | undefined;
  /** The only builtins there are (OPA's `--capabilities`); absent: all. */
  readonly builtins?: ReadonlySet<string> | undefined;
}

export interface Pass {
  readonly name: string;
  run(policy: Policy, sink: DiagnosticSink, options: PassOptions): void;
}
