/**
 * Profiles: everything that differs between engines and Kata releases, as data. The evaluator and
 * the passes ask the profile, never the version. A Kata profile is made from the release's row in `base`.
 */
import { findKataRelease, NEWEST_KATA_VERSION, type KataEnginePin, type KataRelease } from '#base';
import type { Engine, ParseLimits, RegoVersion } from './ast.ts';
import type { ValueOrder } from './order.ts';
import { opaTraits, regorusTraits, type EvaluationTraits } from './traits.ts';
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
  /**
   * Which definitions stop at their first solution. OPA: those of rules with one ground value. regorus:
   * those that are literal; before 0.14 a head that gives no value counts as literal whatever its key
   * is, so that `names[x] if ...` keeps one key of each definition.
   */
  readonly earlyExit: 'ground-heads' | 'literal-or-valueless-heads' | 'literal-heads';
  /** The loops that an early exit ends; before 0.3 those of `some .. in` went on. */
  readonly earlyExitEnds: 'all-loops' | 'reference-loops';
  /** `with f as ..` replaces calls of the same spelling only, not those of `data.pkg.f`. */
  readonly replacesAsWritten: boolean;
  /** Bindings are planned, and some refused, when regorus prepares a policy; before 0.3 nothing was. */
  readonly plansBindings: boolean;
  /** Comprehensions in a head behind a body are prepared; regorus before 0.14 fails at them. */
  readonly schedulesHeads: boolean;
  /** Behind an unsafe variable regorus shows every scope there is. */
  readonly showsScopes: boolean;
  /** OPA answers a repeated call from memory; in regorus every call prints again. */
  readonly memoFunctions: boolean;
  /** `"a" + 1`: a builtin error (undefined) or the end of the evaluation. */
  readonly operatorErrorsFatal: boolean;
  readonly traits: EvaluationTraits;
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
  earlyExitEnds: 'all-loops',
  replacesAsWritten: false,
  plansBindings: true,
  schedulesHeads: true,
  showsScopes: false,
  memoFunctions: true,
  operatorErrorsFatal: false,
  traits: opaTraits,
  printsByDefault: false,
  builtins: 'all',
};

/** What all agents with regorus have in common; the rest is in the release's row. */
const regorus: Omit<Profile, 'name' | 'pin' | 'regoVersion' | 'limits' | 'builtins'> = {
  engine: 'regorus',
  order: 'regorus',
  numbers: 'double',
  earlyExit: 'literal-or-valueless-heads',
  earlyExitEnds: 'all-loops',
  replacesAsWritten: true,
  plansBindings: true,
  schedulesHeads: false,
  showsScopes: true,
  memoFunctions: false,
  operatorErrorsFatal: true,
  traits: regorusTraits,
  printsByDefault: true,
};

const BEFORE_0_3: Partial<Profile> = {
  earlyExitEnds: 'reference-loops',
  plansBindings: false,
  showsScopes: false,
};

/** How other engines than that of the newest release differ from it. */
const ENGINES: Readonly<Partial<Record<KataEnginePin, Partial<Profile>>>> = {
  'regorus-0.1': BEFORE_0_3,
  'regorus-0.2.8': BEFORE_0_3,
  'regorus-0.14.1': { earlyExit: 'literal-heads', schedulesHeads: true },
};

function kataProfile(name: string, { pin, rego, limits, builtins }: KataRelease): Profile {
  if (builtins === 'opa') return { ...opa, name, pin, regoVersion: rego, printsByDefault: true };
  return {
    ...regorus,
    ...ENGINES[pin],
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

/** `undefined`: no such profile. Accepts `opa`, `opa-v0`, `kata` (the newest), `kata-X.Y.Z` and `kata-next`. */
export function findProfile(name: string): Profile | undefined {
  if (name === 'opa') return opa;
  if (name === 'opa-v0') return { ...opa, name, regoVersion: 'v0' };
  const version = name === 'kata' ? NEWEST_KATA_VERSION : /^kata-(\d.*|next)$/.exec(name)?.[1];
  const release = version === undefined ? undefined : findKataRelease(version);
  return release && kataProfile(`kata-${version ?? ''}`, release);
}

/** What `findProfile` knows, for messages. */
export const PROFILE_NAMES = [
  'opa',
  'opa-v0',
  'kata',
  'kata-<version from 3.2.0>',
  'kata-next',
] as const;
