/**
 * What changed between Kata releases, as far as a caller of the agent can tell. A row states what
 * differs from the row below it in time and holds until the next one. The Rego dialect and builtins
 * of each release are the engine's own table; this one adds the agent around it.
 * Sources: kata-containers release tags, src/agent and src/libs/protocols.
 */
import { policyErrors } from './errors.ts';

export interface KataProfile {
  /** The release asked for, which is also what the agent reports as its version. */
  readonly version: string;
  /** The release whose row applies. */
  readonly since: string;
  /** Name and pin of the engine inside the agent. */
  readonly engine: string;
  readonly rego: 'v0' | 'v1';
  /** Builtin families compiled in; `opa` is everything. */
  readonly builtins: 'opa' | 'regex std' | 'base64 regex std';
  /** What a denied ReadStdout or ReadStderr gets: an error, or success without data. */
  readonly deniedRead: 'error' | 'empty';
  /** Whether rules may answer `{allowed, ops}` and keep state in `data.pstate`. */
  readonly state: boolean;
  readonly policyLog: { readonly path: string; readonly format: 'text' | 'jsonl' };
  /** Undefined: the engine's own. */
  readonly limits:
    { readonly columns: number; readonly bytes: number; readonly lines: number } | undefined;
  /** AgentService methods that the release does not have yet. */
  readonly missingMethods: readonly string[];
}

type Row = Omit<KataProfile, 'version'>;

const oldest: Row = {
  since: '3.2.0',
  engine: 'opa daemon',
  rego: 'v0',
  builtins: 'opa',
  deniedRead: 'error',
  state: false,
  policyLog: { path: '/tmp/policy.txt', format: 'text' },
  limits: undefined,
  missingMethods: ['GetDiagnosticData'],
};

const changes: readonly Partial<Row>[] = [
  { since: '3.5.0', engine: 'regorus', builtins: 'regex std' },
  { since: '3.8.0', engine: 'regorus 0.1.4' },
  { since: '3.11.0', state: true },
  { since: '3.12.0', engine: 'regorus 0.2.6' },
  { since: '3.15.0', deniedRead: 'empty' },
  { since: '3.16.0', engine: 'regorus 0.2.8' },
  { since: '3.24.0', policyLog: { path: '/tmp/policy.jsonl', format: 'jsonl' } },
  { since: '3.28.0', builtins: 'base64 regex std' },
  { since: '3.29.0', missingMethods: [] },
  {
    since: '3.30.0',
    engine: 'regorus 0.9.1 (898643129)',
    rego: 'v1',
    limits: { columns: 65_536, bytes: 16_777_216, lines: 200_000 },
  },
];

/** Oldest first, each complete. */
export const kataReleases: readonly Row[] = changes.reduce<Row[]>(
  (rows, change) => [...rows, { ...(rows.at(-1) ?? oldest), ...change }],
  [oldest],
);

export const NEWEST_KATA_VERSION = '4.1.0';

type Version = readonly [number, number, number];

function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

const numbers = (text: string): Version => parseVersion(text) ?? [0, 0, 0];

/** The profile of a release, `4.1.0` or `v4.1.0`. Throws `POLICY_UNKNOWN_KATA_VERSION`. */
export function kataProfile(version: string = NEWEST_KATA_VERSION): KataProfile {
  const asked = parseVersion(version);
  const isKnown =
    asked !== undefined &&
    compare(asked, numbers(oldest.since)) >= 0 &&
    compare(asked, numbers(NEWEST_KATA_VERSION)) <= 0;
  if (!isKnown) throw policyErrors.unknownVersion(version, oldest.since, NEWEST_KATA_VERSION);
  const row = kataReleases.findLast(({ since }) => compare(numbers(since), asked) <= 0) ?? oldest;
  return { ...row, version: version.replace(/^v/, '') };
}
