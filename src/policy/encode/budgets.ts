/**
 * How long a policy may be on each way to a guest. Compression and base64 decide: the same text has
 * four sizes. Sources: the agent's engine limits (kata-containers src/agent/policy/src/policy.rs),
 * Kubernetes' TotalAnnotationSizeLimitB, cloud-api-adaptor's Azure provider, the clouds' documents on
 * user-data, ttrpc's message length.
 */
import { gzipSync } from 'node:zlib';

export interface PolicySizes {
  /** UTF-8 bytes of the policy. */
  readonly text: number;
  /** The initdata document around it. */
  readonly toml: number;
  /** base64 of the text: the agent.policy annotation. */
  readonly policyAnnotation: number;
  /** base64 of gzip of the document: the initdata annotation, or INITDATA. */
  readonly initdataAnnotation: number;
  readonly lines: number;
  /** Characters. */
  readonly longestLine: number;
}

export interface BudgetRow {
  readonly id: string;
  /** The way, as users call it. */
  readonly way: string;
  readonly limit: number;
  readonly size: (sizes: PolicySizes) => number;
  /** What counts, and with what else the limit is shared. */
  readonly note: string;
}

/**
 * What user-data carries beside the initdata: `#cloud-config`, and apf.json with a key and two
 * certificates. With the elliptic keys of our own worker that is 2.7 KB; RSA keys take half as much again.
 */
const USER_DATA_OVERHEAD = 4_096;

const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4;

const userData = ({ initdataAnnotation }: PolicySizes): number =>
  initdataAnnotation + USER_DATA_OVERHEAD;

export const BUDGETS: readonly BudgetRow[] = [
  {
    id: 'agent',
    way: 'the agent’s engine',
    limit: 16_777_216,
    size: ({ text }) => text,
    note: 'bytes of text',
  },
  {
    id: 'agent-lines',
    way: 'the agent’s engine, lines',
    limit: 200_000,
    size: ({ lines }) => lines,
    note: 'from Kata 3.30.0 on',
  },
  {
    id: 'agent-columns',
    way: 'the agent’s engine, one line',
    limit: 65_536,
    size: ({ longestLine }) => longestLine,
    note: 'columns, from Kata 3.30.0 on',
  },
  {
    id: 'set-policy',
    way: 'a SetPolicy call',
    limit: 4_194_304,
    size: ({ text }) => text + 64,
    note: 'one ttrpc message',
  },
  {
    id: 'policy-annotation',
    way: 'the policy annotation',
    limit: 262_144,
    size: ({ policyAnnotation }) => policyAnnotation,
    note: 'base64 of the text; shared by all annotations of the pod',
  },
  {
    id: 'initdata-annotation',
    way: 'the initdata annotation',
    limit: 262_144,
    size: ({ initdataAnnotation }) => initdataAnnotation,
    note: 'base64 of gzip; shared by all annotations of the pod',
  },
  {
    id: 'config-map',
    way: 'INITDATA in peer-pods-cm',
    limit: 1_048_576,
    size: ({ initdataAnnotation }) => initdataAnnotation,
    note: 'base64 of gzip; shared by all keys of the ConfigMap',
  },
  {
    id: 'azure',
    way: 'Azure user-data',
    limit: 65_536,
    size: (sizes) => base64Length(userData(sizes)),
    note: 'base64 of cloud-config with initdata and apf.json',
  },
  {
    id: 'aws',
    way: 'AWS user-data',
    limit: 16_384,
    size: (sizes) => userData(sizes),
    note: 'cloud-config with initdata and apf.json, before base64',
  },
  {
    id: 'gcp',
    way: 'GCP user-data',
    limit: 262_144,
    size: (sizes) => userData(sizes),
    note: 'one metadata value',
  },
];

export interface BudgetUse {
  readonly id: string;
  readonly way: string;
  readonly size: number;
  readonly limit: number;
  readonly fits: boolean;
  readonly note: string;
  /** The line of the policy that is too long, or the first of those too many. */
  readonly line?: number;
}

/** The sizes of a document as it is sent, or of a policy in a document of its own. */
export function sizesOf(policy: string | undefined, toml: string | Uint8Array): PolicySizes {
  const text = policy === undefined ? 0 : Buffer.byteLength(policy);
  const bytes = typeof toml === 'string' ? Buffer.from(toml) : toml;
  const lines = (policy ?? '').split('\n');
  return {
    text,
    lines: lines.length,
    longestLine: lines.reduce((longest, line) => Math.max(longest, line.length), 0),
    toml: bytes.length,
    policyAnnotation: base64Length(text),
    initdataAnnotation: base64Length(gzipSync(bytes, { level: 9 }).length),
  };
}

export const budgetUse = (sizes: PolicySizes, policy: string): readonly BudgetUse[] =>
  BUDGETS.map(({ id, way, limit, size, note }) => {
    const used = size(sizes);
    const fits = used <= limit;
    const line = fits ? undefined : offendingLine(id, limit, policy);
    return { id, way, size: used, limit, fits, note, ...(line !== undefined && { line }) };
  });

function offendingLine(id: string, limit: number, policy: string): number | undefined {
  if (id === 'agent-lines') return limit + 1;
  if (id !== 'agent-columns') return longestLines(policy, 1)[0]?.line;
  return policy.split('\n').findIndex((line) => line.length > limit) + 1;
}

/** The lines that make a text long, longest first: what to look at when it does not fit. */
export function longestLines(
  text: string,
  count: number,
): readonly { readonly line: number; readonly bytes: number }[] {
  return text
    .split('\n')
    .map((line, i) => ({ line: i + 1, bytes: Buffer.byteLength(line) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, count);
}
