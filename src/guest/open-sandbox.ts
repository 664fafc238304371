/**
 * Opens a guest. The caller closes it.
 */
import type { Clock, Random } from '#base';
import type { Sandbox } from './sandbox.ts';
import type { Timers } from './time.ts';

export interface SandboxOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Reported by GetGuestDetails; the newest Kata release by default. */
  readonly agentVersion?: string;
  /** Built with policy enforcement: `agent-policy` among the extra features. Default true. */
  readonly policyEnforced?: boolean;
  /** Memory of the simulated VM in bytes; default 2 GiB. */
  readonly memoryBytes?: number;
  readonly cpus?: number;
}

export declare function openSandbox(options: SandboxOptions): Sandbox;
