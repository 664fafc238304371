/**
 * One case in OPA's format. Judged as OPA's test judges it: results are sets of bindings, sets are
 * sorted lists, errors match by code and by a part of the text.
 */
import { findProfile, type Profile } from '#rego';
import { canonicalPlain, canonicalValue, type Plain } from './canonical.ts';
import { jsonText } from './case-file.ts';
import { type Answer, ask, type Row, valueOfTerm } from './engine.ts';
import { type Case, failed, notApplicable, passed, type Verdict } from './suite.ts';

export interface OpaCase {
  readonly note: string;
  readonly query: string;
  readonly modules?: readonly string[];
  readonly data?: Plain;
  readonly input?: Plain;
  readonly input_term?: string;
  readonly want_result?: readonly Readonly<Record<string, Plain>>[];
  readonly want_error_code?: string;
  readonly want_error?: string;
  readonly sort_bindings?: boolean;
  readonly ignore_generated_vars?: boolean;
  readonly strict_error?: boolean;
  readonly experimental_keywords?: boolean;
  /** rego-cpp's addition: what print wrote. */
  readonly want_output?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function opaCase(one: OpaCase, version: 'v0' | 'v1', folder: string): Case {
  return {
    folder,
    note: `${version}/${one.note}`,
    run() {
      const profile = findProfile(version === 'v0' ? 'opa-v0' : 'opa');
      if (profile === undefined) throw new Error('the engine has lost its opa profile');
      return runCase(one, profile);
    },
  };
}

function runCase(one: OpaCase, profile: Profile): Verdict {
  if (one.experimental_keywords === true) {
    return notApplicable("experimental `and`/`or` keywords, outside OPA's default capabilities");
  }
  const answer = ask({
    profile,
    modules: (one.modules ?? []).map((text, i) => ({ name: `test-${i}.rego`, text })),
    query: one.query,
    strict: one.strict_error === true,
    ...(one.data !== undefined && { data: jsonText(one.data) }),
    ...(one.input_term !== undefined
      ? { inputValue: valueOfTerm(one.input_term, profile) }
      : one.input !== undefined && { input: jsonText(one.input) }),
    ...(one.env !== undefined && { environment: one.env }),
    prints: one.want_output !== undefined,
  });
  const leftOut = answer.kind === 'failed' ? leaves(answer.text) : undefined;
  return leftOut === undefined ? judge(one, answer) : notApplicable(leftOut);
}

/** What a case needs that katasim leaves out on purpose. */
const LEFT_OUT: readonly { readonly sign: string; readonly reason: string }[] = [
  {
    sign: 'this engine does not use the network',
    reason: 'network builtins http.send and net.lookup_ip_addr',
  },
  { sign: 'undefined function test.sleep', reason: "a builtin of OPA's own test program" },
];

const leaves = (text: string): string | undefined =>
  LEFT_OUT.find(({ sign }) => text.includes(sign))?.reason;

function judge(one: OpaCase, answer: Answer): Verdict {
  const wantsError = one.want_error !== undefined || one.want_error_code !== undefined;
  if (answer.kind === 'failed') {
    if (!wantsError) return failed(`unexpected error (${answer.phase}): ${answer.text}`);
    if (one.want_error !== undefined && !answer.text.includes(one.want_error)) {
      return failed(
        `want error ${JSON.stringify(one.want_error)}, got ${JSON.stringify(answer.text)}`,
      );
    }
    if (one.want_error_code !== undefined && answer.code !== one.want_error_code) {
      return failed(`want error code ${one.want_error_code}, got ${answer.code}: ${answer.text}`);
    }
    return passed;
  }
  if (wantsError) {
    return failed(
      `want error ${one.want_error_code ?? ''} ${one.want_error ?? ''}, got ${rowsText(answer.rows, one)}`,
    );
  }
  const want = [...new Set((one.want_result ?? []).map((row) => bindingsText(row, one)))].sort();
  const got = rowsText(answer.rows, one);
  const wanted = want.join('\n');
  if (got !== wanted) return failed(`want ${clip(wanted)}\ngot  ${clip(got)}`);
  const output = answer.prints.join('\n');
  if (one.want_output !== undefined && one.want_output !== output) {
    return failed(`want output ${JSON.stringify(one.want_output)}, got ${JSON.stringify(output)}`);
  }
  return passed;
}

const clip = (text: string): string =>
  text.length > 600 ? `${text.slice(0, 600)}…` : text || '(no rows)';

function bindingsText(row: Readonly<Record<string, Plain>>, one: OpaCase): string {
  return Object.keys(row)
    .sort()
    .map((name) => {
      const value = row[name] ?? null;
      const members = one.sort_bindings === true && Array.isArray(value) ? value : undefined;
      return `${name}=${members === undefined ? canonicalPlain(value) : sortedText(members.map((m: Plain) => canonicalPlain(m)))}`;
    })
    .join(' ');
}

function rowsText(rows: readonly Row[], one: OpaCase): string {
  const texts = rows.map(({ bindings }) =>
    Object.entries(bindings)
      .filter(([name]) => !(one.ignore_generated_vars === true && name.startsWith('__localq')))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => {
        const text = canonicalValue(value, 'list');
        const members = one.sort_bindings === true ? listMembers(value) : undefined;
        return `${name}=${members === undefined ? text : sortedText(members.map((m) => canonicalValue(m, 'list')))}`;
      })
      .join(' '),
  );
  return [...new Set(texts)].sort().join('\n');
}

const sortedText = (members: readonly string[]): string => `[${[...members].sort().join(',')}]`;

function listMembers(value: Row['expressions'][number]): Row['expressions'] | undefined {
  if (Array.isArray(value)) return value as Row['expressions'];
  return typeof value === 'object' && value !== null && 'members' in value
    ? value.members('opa')
    : undefined;
}
