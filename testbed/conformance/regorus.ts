/**
 * regorus' interpreter and RVM cases. Its harness runs the interpreter cases in v0 mode (except
 * bindings.yaml) with strict builtin errors and every optional builtin; RVM cases run in v1 mode.
 */
import { join } from 'node:path';
import { findProfile, type Profile } from '#rego';
import { canonicalPlain, canonicalValue, type Plain } from './canonical.ts';
import {
  type CaseFile,
  isDirectory,
  jsonText,
  readCaseFiles,
  sharedFixtures,
} from './case-file.ts';
import { type Answer, ask, type Row } from './engine.ts';
import { type Case, failed, notApplicable, passed, type Suite, type Verdict } from './suite.ts';

interface RegorusCase {
  readonly note: string;
  readonly query: string;
  readonly modules?: readonly string[];
  readonly data?: Plain;
  readonly input?: Plain;
  readonly want_result?: Plain;
  readonly want_results?: readonly Plain[];
  readonly want_prints?: readonly string[];
  readonly entry_points?: readonly string[];
  readonly error?: string;
  readonly want_error?: string;
  readonly no_result?: boolean;
  readonly skip?: boolean;
  readonly strict?: boolean;
  readonly [key: string]: Plain | undefined;
}

/** Fields that only the regorus harness understands, and what a case that has them is about. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  execution_timer: "regorus' execution timer",
  global_execution_timer: "regorus' execution timer",
  time_source: "regorus' execution timer",
  host_await_builtins: "regorus' suspendable virtual machine",
  host_await_responses: "regorus' suspendable virtual machine",
  host_await_responses_suspendable: "regorus' suspendable virtual machine",
  host_await_responses_run_to_completion: "regorus' suspendable virtual machine",
};

/** The guest's engine with every optional builtin, as regorus builds it for its own tests. */
function engineProfile(regoVersion: 'v0' | 'v1'): Profile {
  const guest = findProfile('kata');
  if (guest === undefined) throw new Error('the engine has lost its kata profile');
  return { ...guest, name: 'regorus', regoVersion, builtins: 'all', limits: undefined };
}

export function regorusSuite(): Suite {
  const origin =
    'regorus tests/interpreter and tests/rvm, at the commit of the kata-agent and later';
  const fixtures = sharedFixtures();
  const root = fixtures === undefined ? '' : join(fixtures, 'rego-regorus');
  if (!isDirectory(root)) {
    return {
      name: 'regorus',
      origin,
      cases: [],
      absent: 'needs the recorded cases: KATASIM_SHARED',
    };
  }
  const cases = readCaseFiles(root)
    .filter(({ path }) => /(^|\/)(interpreter|rvm)\//.test(path))
    .flatMap((file) =>
      file.cases.map((document) => makeCase(file, document as unknown as RegorusCase)),
    );
  return { name: 'regorus', origin, cases };
}

function makeCase(file: CaseFile, one: RegorusCase): Case {
  const rvm = file.path.includes('rvm/');
  const v1 = rvm || file.path.endsWith('bindings.yaml');
  const profile = engineProfile(v1 ? 'v1' : 'v0');
  return {
    folder: file.folder.replace('/cases', ''),
    note: `${file.path.replace('/cases', '').replace(/\.yaml$/, '')}: ${one.note}`,
    run: () => runCase(one, profile, rvm),
  };
}

function many(value: Plain | undefined): readonly Plain[] | undefined {
  if (value === undefined) return undefined;
  const list =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, Plain>>)['many!']
      : undefined;
  return Array.isArray(list) ? (list as readonly Plain[]) : [value];
}

function runCase(one: RegorusCase, profile: Profile, rvm: boolean): Verdict {
  if (one.skip === true) return notApplicable('skipped by regorus itself');
  for (const [field, what] of Object.entries(EXTENSIONS)) {
    if (one[field] !== undefined) return notApplicable(what);
  }
  const queries = one.entry_points ?? [one.query];
  const answers: Answer[] = [];
  const prints: string[] = [];
  for (const query of one.want_results === undefined ? [one.query] : queries) {
    for (const input of many(one.input) ?? [undefined]) {
      const answer = ask({
        profile,
        modules: (one.modules ?? []).map((text, i) => ({ name: `rego_${i}`, text })),
        query,
        strict: one.strict ?? true,
        ...(one.data !== undefined && { data: jsonText(one.data) }),
        ...(input !== undefined && { input: jsonText(input) }),
      });
      prints.push(...answer.prints);
      answers.push(answer);
      if (answer.kind === 'failed') return judgeError(one, answer, rvm);
    }
  }
  const wantsError = one.error ?? one.want_error;
  const got = answers.flatMap((answer) => (answer.kind === 'rows' ? results(answer.rows) : []));
  if (wantsError !== undefined) {
    return failed(`want error ${JSON.stringify(wantsError)}, got ${got.join(' ')}`);
  }
  if (one.no_result === true) return passed;
  const wanted =
    one.want_results?.flatMap((want) => many(want) ?? []) ?? many(one.want_result) ?? [];
  const want = wanted.map((value) => canonicalPlain(value, true));
  // The machine answers undefined as a value, the query interface as no rows.
  if (rvm && got.length === 0) got.push('undefined');
  if (got.join('\n') !== want.join('\n')) {
    return failed(`want ${want.join(' ')}\ngot  ${got.join(' ')}`);
  }
  if (one.want_prints !== undefined && one.want_prints.join('\n') !== prints.join('\n')) {
    return failed(`want prints ${JSON.stringify(one.want_prints)}, got ${JSON.stringify(prints)}`);
  }
  return passed;
}

/** Refusals that the virtual machine's compiler words in its own way; the guest has no such machine. */
const MACHINE_TEXTS: readonly string[] = [
  'Undefined variable',
  'assignment operator := requires left-hand side to have bindable variables',
];

function judgeError(one: RegorusCase, answer: Answer & { kind: 'failed' }, rvm: boolean): Verdict {
  const want = one.error ?? one.want_error;
  if (want === undefined) return failed(`unexpected error (${answer.phase}): ${answer.text}`);
  if (answer.text.includes(want)) return passed;
  if (rvm && MACHINE_TEXTS.includes(want)) return passed;
  return failed(`want error ${JSON.stringify(want)}, got ${JSON.stringify(answer.text)}`);
}

/** Bindings if there are any, else the values of the expressions: as a list when there are several rows. */
function results(rows: readonly Row[]): string[] {
  const bindingsOf = ({ bindings }: Row): string =>
    `{${Object.entries(bindings)
      .map(([name, value]) => `${JSON.stringify(name)}:${canonicalValue(value, 'set')}`)
      .sort()
      .join(',')}}`;
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) {
    return Object.keys(only.bindings).length > 0
      ? [bindingsOf(only)]
      : only.expressions.map((value) => canonicalValue(value, 'set'));
  }
  return rows.map((row) =>
    Object.keys(row.bindings).length > 0
      ? bindingsOf(row)
      : `[${row.expressions.map((value) => canonicalValue(value, 'set')).join(',')}]`,
  );
}
