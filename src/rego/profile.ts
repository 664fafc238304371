/**
 * Profiles: everything that differs between engines and Kata releases, as data. The evaluator and
 * the passes ask the profile, never the version.
 *
 * Source of the Kata rows: the regorus (or OPA) pin in the agent's Cargo.lock of each release.
 */
import type { Engine, ParseLimits, RegoVersion } from './ast.ts';
import type { ValueOrder } from './order.ts';
import type { NumberModel } from './value.ts';

export type EnginePin = 'opa' | 'opa-0.55' | 'regorus-0.1' | 'regorus-0.2.8' | 'regorus-898643129e';

/** Families of builtins that an agent build may lack. */
export type BuiltinGroup = 'all' | 'kata-base' | 'kata-std' | 'kata-base64';

export interface Profile {
  /** `opa`, `opa-v0`, `kata-4.1.0`. */
  readonly name: string;
  readonly engine: Engine;
  readonly pin: EnginePin;
  readonly regoVersion: RegoVersion;
  readonly order: ValueOrder;
  readonly numbers: NumberModel;
  /** Undefined: the engine has no limits of its own and ours apply. */
  readonly limits: Partial<ParseLimits> | undefined;
  /** OPA stops at the first success of rules with one ground value. */
  readonly earlyExit: 'ground-heads' | 'literal-definition';
  /** OPA answers a repeated call from memory; in the guest every call prints again. */
  readonly memoFunctions: boolean;
  /** `"a" + 1`: a builtin error (undefined) or the end of the evaluation. */
  readonly operatorErrorsFatal: boolean;
  /** Prints happen unless the host asks for none (OPA: only if it asks). */
  readonly printsByDefault: boolean;
  readonly builtins: BuiltinGroup;
}

const opa: Profile = {
  name: 'opa',
  engine: 'opa',
  pin: 'opa',
  regoVersion: 'v1',
  order: 'opa',
  numbers: 'decimal',
  limits: undefined,
  earlyExit: 'ground-heads',
  memoFunctions: true,
  operatorErrorsFatal: false,
  printsByDefault: false,
  builtins: 'all',
};

const regorus: Profile = {
  name: 'kata-4.1.0',
  engine: 'regorus',
  pin: 'regorus-898643129e',
  regoVersion: 'v1',
  order: 'regorus',
  numbers: 'double',
  // Source: kata-containers src/agent/policy/src/policy.rs, raised from regorus' 1024 / 1 MiB / 20000.
  limits: { maxColumns: 65_536, maxLength: 16_777_216, maxLines: 200_000 },
  earlyExit: 'literal-definition',
  memoFunctions: false,
  operatorErrorsFatal: true,
  printsByDefault: true,
  builtins: 'kata-base64',
};

/** First release of each row; a row holds until the next one. Newest last. */
const kataRows: readonly { readonly since: string; readonly differs: Partial<Profile> }[] = [
  {
    since: '3.2.0',
    differs: { ...opa, pin: 'opa-0.55', regoVersion: 'v0', printsByDefault: true },
  },
  {
    since: '3.5.0',
    differs: { pin: 'regorus-0.1', regoVersion: 'v0', limits: undefined, builtins: 'kata-base' },
  },
  {
    since: '3.11.0',
    differs: { pin: 'regorus-0.2.8', regoVersion: 'v0', limits: undefined, builtins: 'kata-std' },
  },
  {
    since: '3.28.0',
    differs: { pin: 'regorus-0.2.8', regoVersion: 'v0', limits: undefined },
  },
  { since: '3.30.0', differs: {} },
];

/** Newest release whose engine is known. */
export const NEWEST_KATA = '4.1.0';

function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const step = (left[i] ?? 0) - (right[i] ?? 0);
    if (step !== 0) return step;
  }
  return 0;
}

/** `undefined`: no such profile. Accepts `opa`, `opa-v0`, `kata` (the newest) and `kata-X.Y.Z`. */
export function findProfile(name: string): Profile | undefined {
  if (name === 'opa') return opa;
  if (name === 'opa-v0') return { ...opa, name, regoVersion: 'v0' };
  if (name === 'kata') return regorus;
  const version = /^kata-(\d+\.\d+\.\d+)$/.exec(name)?.[1];
  if (version === undefined) return undefined;
  const row = kataRows.findLast(({ since }) => compareVersions(since, version) <= 0);
  return row === undefined ? undefined : { ...regorus, ...row.differs, name };
}

/** What `findProfile` knows, for messages. */
export const PROFILE_NAMES = ['opa', 'opa-v0', 'kata', 'kata-<version from 3.2.0>'] as const;
