/**
 * Profiles: everything that differs between engines and Kata releases, as data. The evaluator and
 * the passes ask the profile, never the version. A Kata profile is made from the release's row in `base`.
 */
import { findKataRelease, NEWEST_KATA_VERSION, type KataEnginePin, type KataRelease } from '#base';
import type { Engine, ParseLimits, RegoVersion } from './ast.ts';
import type { ValueOrder } from './order.ts';
import type { NumberModel } from './value.ts';

export type EnginePin = 'opa' | KataEnginePin;

/** Families of builtins that are there; an agent build lacks some. */
export type BuiltinGroup = 'all' | Exclude<KataRelease['builtins'], 'opa'>;

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

/** What all agents with regorus have in common; the rest is in the release's row. */
const regorus: Omit<Profile, 'name' | 'pin' | 'regoVersion' | 'limits' | 'builtins'> = {
  engine: 'regorus',
  order: 'regorus',
  numbers: 'double',
  earlyExit: 'literal-definition',
  memoFunctions: false,
  operatorErrorsFatal: true,
  printsByDefault: true,
};

function kataProfile(name: string, { pin, rego, limits, builtins }: KataRelease): Profile {
  if (builtins === 'opa') return { ...opa, name, pin, regoVersion: rego, printsByDefault: true };
  return {
    ...regorus,
    name,
    pin,
    regoVersion: rego,
    limits: limits && {
      maxColumns: limits.columns,
      maxLength: limits.bytes,
      maxLines: limits.lines,
    },
    builtins,
  };
}

/** `undefined`: no such profile. Accepts `opa`, `opa-v0`, `kata` (the newest) and `kata-X.Y.Z`. */
export function findProfile(name: string): Profile | undefined {
  if (name === 'opa') return opa;
  if (name === 'opa-v0') return { ...opa, name, regoVersion: 'v0' };
  const version = name === 'kata' ? NEWEST_KATA_VERSION : /^kata-(\d.*)$/.exec(name)?.[1];
  const release = version === undefined ? undefined : findKataRelease(version);
  return release && kataProfile(`kata-${version ?? ''}`, release);
}

/** What `findProfile` knows, for messages. */
export const PROFILE_NAMES = ['opa', 'opa-v0', 'kata', 'kata-<version from 3.2.0>'] as const;
