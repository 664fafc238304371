/**
 * What changed between Kata releases for whoever calls the agent: the one table of them. A row states
 * what differs from the row before it and holds until the next one.
 * Sources: kata-containers release tags: Cargo.lock and Cargo.toml of src/agent for the engine, src/agent
 * and src/libs/protocols for the agent around it.
 */

/** The engine inside the agent, as far as it behaves differently. `opa-0.55` is a daemon beside it. */
export type KataEnginePin =
  'opa-0.55' | 'regorus-0.1' | 'regorus-0.2.8' | 'regorus-898643129e' | 'regorus-0.14.1';

export interface KataRelease {
  /** First release of the row. */
  readonly since: string;
  /** Name and version of the engine, for people. */
  readonly engine: string;
  readonly pin: KataEnginePin;
  readonly rego: 'v0' | 'v1';
  /** Builtin families compiled in; `opa` is everything. */
  readonly builtins: 'opa' | 'regex std' | 'base64 regex std';
  /** What a denied ReadStdout or ReadStderr gets: an error, or success without data. */
  readonly deniedRead: 'error' | 'empty';
  /** Whether rules may answer `{allowed, ops}` and keep state in `data.pstate`. */
  readonly state: boolean;
  readonly policyLog: { readonly path: string; readonly format: 'text' | 'jsonl' };
  /**
   * Bounds on a policy text. Undefined: the engine's own.
   * Source: kata-containers src/agent/policy/src/policy.rs, raised from regorus' 1024 / 1 MiB / 20000.
   */
  readonly limits:
    { readonly columns: number; readonly bytes: number; readonly lines: number } | undefined;
  /** AgentService methods that the release does not have yet. */
  readonly missingMethods: readonly string[];
}

const oldest: KataRelease = {
  since: '3.2.0',
  engine: 'opa daemon',
  pin: 'opa-0.55',
  rego: 'v0',
  builtins: 'opa',
  deniedRead: 'error',
  state: false,
  policyLog: { path: '/tmp/policy.txt', format: 'text' },
  limits: undefined,
  missingMethods: ['GetDiagnosticData'],
};

const changes: readonly Partial<KataRelease>[] = [
  { since: '3.5.0', engine: 'regorus 0.1.4', pin: 'regorus-0.1', builtins: 'regex std' },
  { since: '3.7.0', engine: 'regorus 0.1.5' },
  { since: '3.11.0', engine: 'regorus 0.2.8', pin: 'regorus-0.2.8', state: true },
  { since: '3.15.0', deniedRead: 'empty' },
  { since: '3.24.0', policyLog: { path: '/tmp/policy.jsonl', format: 'jsonl' } },
  { since: '3.28.0', builtins: 'base64 regex std' },
  { since: '3.29.0', missingMethods: [] },
  {
    since: '3.30.0',
    engine: 'regorus 0.9.1 (898643129)',
    pin: 'regorus-898643129e',
    rego: 'v1',
    limits: { columns: 65_536, bytes: 16_777_216, lines: 200_000 },
  },
];

/** Oldest first, each complete. */
export const kataReleases: readonly KataRelease[] = changes.reduce<KataRelease[]>(
  (rows, change) => [...rows, { ...(rows.at(-1) ?? oldest), ...change }],
  [oldest],
);

/** The newest release known, and what everything stands for that is not told otherwise. */
export const NEWEST_KATA_VERSION = '4.1.0';

/** Accepted wherever a release is: what the next one will be if it takes the newest engine there is. */
export const NEXT_KATA_VERSION = 'next';

const next: KataRelease = {
  ...(kataReleases.at(-1) ?? oldest),
  since: NEXT_KATA_VERSION,
  engine: 'regorus 0.14.1',
  pin: 'regorus-0.14.1',
};

type Version = readonly [number, number, number];

function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

function isAtMost(version: string, [major, minor, patch]: Version): boolean {
  const [ownMajor, ownMinor, ownPatch] = parseVersion(version) ?? [0, 0, 0];
  return (ownMajor - major || ownMinor - minor || ownPatch - patch) <= 0;
}

/** The row of a release, `4.1.0`, `v4.1.0` or `next`. Undefined: older than the first row or not known yet. */
export function findKataRelease(version: string): KataRelease | undefined {
  if (version === NEXT_KATA_VERSION) return next;
  const asked = parseVersion(version);
  const newest = parseVersion(NEWEST_KATA_VERSION);
  if (asked === undefined || newest === undefined) return undefined;
  if (!isAtMost(asked.join('.'), newest)) return undefined;
  return kataReleases.findLast(({ since }) => isAtMost(since, asked));
}
