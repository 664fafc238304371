/** What a piece of advice gets to see, and where it puts what it finds. */
import type { Module } from '../ast.ts';
import type { Profile } from '../profile.ts';
import type { Severity, Span } from '../source.ts';

export interface AdviceOptions {
  readonly profile: Profile;
  /** The package whose rules the host asks for; the agent asks for `agent_policy`. */
  readonly package?: string;
  /**
   * Whether an input field may be null, by its path (`['OCI', 'Linux']`). Without it every field is
   * taken to be: the agent writes null for what a request leaves out.
   */
  readonly mayBeNull?: (path: readonly string[]) => boolean;
}

export interface AdviceContext extends AdviceOptions {
  readonly modules: readonly Module[];
  readonly report: (severity: Severity, span: Span, message: string, hint?: string) => void;
}
