import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compile } from './compile.ts';
import { toJs, toJson } from './json.ts';
import type { QueryOutcome } from './outcome.ts';
import { findProfile, type Profile } from './profile.ts';

interface Case {
  readonly note: string;
  readonly modules: readonly string[];
  readonly query: string;
  /** Default: that of the file. */
  readonly profile?: string;
  readonly input?: unknown;
  readonly input_json?: string;
  readonly data?: unknown;
  readonly strict?: boolean;
  readonly prints?: boolean;
  readonly want?: unknown;
  readonly want_text?: string;
  readonly want_rows?: readonly unknown[];
  readonly want_undefined?: boolean;
  readonly want_error?: string;
  readonly want_error_code?: string;
  readonly want_phase?: string;
  readonly want_prints?: readonly string[];
}

type Failed = Pick<
  Extract<QueryOutcome, { kind: 'fault' }>,
  'kind' | 'code' | 'message' | 'prints'
> & {
  readonly phase: string;
};

function run(one: Case, profile: Profile): QueryOutcome | Failed {
  const sources = one.modules.map((text, i) => ({ name: `m${String(i)}`, text }));
  const result = compile(sources, { profile, ...(one.prints && { prints: true }) });
  if (!result.ok) {
    const [error] = result.errors;
    return {
      kind: 'fault',
      phase: result.phase,
      code: error?.code ?? 'eval_internal_error',
      message: error?.message ?? '',
      prints: [],
    };
  }
  return result.policy.query(one.query, {
    strict: one.strict ?? false,
    ...('input' in one && { input: { value: one.input } }),
    ...(one.input_json !== undefined && { input: { json: one.input_json } }),
    ...('data' in one && { data: { value: one.data } }),
  });
}

function check(one: Case, profile: Profile): void {
  const outcome = run(one, profile);
  const isFault = one.want_error !== undefined || one.want_error_code !== undefined;
  if (outcome.kind === 'fault') {
    expect(isFault, outcome.message).toBe(true);
    expect(outcome.message).toContain((one.want_error ?? '').trim());
    if (one.want_error_code !== undefined) expect(outcome.code).toBe(one.want_error_code);
    if (one.want_phase !== undefined) expect(outcome.phase).toBe(one.want_phase);
    return;
  }
  expect(isFault, `an error, not ${outcome.kind}`).toBe(false);
  if (one.want_undefined === true) {
    expect(outcome.kind).toBe('undefined');
    return;
  }
  if (outcome.kind !== 'value') throw new Error('the answer is undefined');
  if (one.want_text !== undefined) expect(toJson(outcome.value, profile)).toBe(one.want_text);
  if ('want' in one) expect(toJs(outcome.value, profile)).toEqual(one.want);
  if (one.want_rows !== undefined) {
    const rows = outcome.rows.map(({ bindings }) =>
      Object.fromEntries(Object.entries(bindings).map(([k, v]) => [k, toJs(v, profile)])),
    );
    expect(rows).toEqual(one.want_rows);
  }
  if (one.want_prints !== undefined) expect(outcome.prints).toEqual(one.want_prints);
}

function profileNamed(name: string): Profile {
  const profile = findProfile(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return profile;
}

const directory = join(import.meta.dirname, 'testdata');
for (const file of readdirSync(directory).filter((name) => name.endsWith('.yaml'))) {
  const { cases } = parse(readFileSync(join(directory, file), 'utf8')) as { cases: Case[] };
  const profile = profileNamed(file.startsWith('regorus') ? 'kata' : 'opa');
  describe(file.replace('.yaml', ''), () => {
    test.each(cases)('$note', (one) => {
      check(one, one.profile === undefined ? profile : profileNamed(one.profile));
    });
  });
}
