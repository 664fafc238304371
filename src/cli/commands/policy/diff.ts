import { kataProfile } from '#gate';
import {
  diffPolicies,
  diffReport,
  refusalToLoad,
  type PolicyDiff,
  type VerdictChange,
} from '#policy/diff';
import { explanationLines } from '#policy/explain';
import type { Corpus, PolicyText } from '#policy/corpus';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption } from '../../options.ts';
import { corpusOptions, readCorpusFile } from '../../corpus-input.ts';
import { cliErrors } from '../../errors.ts';
import { readPolicyFile, readRegoFile } from '../../policy-file.ts';
import { painter, widthOf } from '../../paint.ts';
import { printReport, reportForm, reportOption } from '../../report-output.ts';
import { runRequestDiff } from './diff-requests.ts';

const USAGE = 'policy diff [OPTION]... BEFORE AFTER CORPUS...';

export const command: Command = {
  usage: USAGE,
  details: [
    'Two policies over the same requests, each with its own state: whose verdict changes, and why the side',
    'that refuses does. With --kata-version A..B: one policy, POLICY CORPUS..., under two Kata releases; next',
    'is the newest engine that no release has. With --request: two requests, A B, which fields differ, and with --policy which of its lines',
    'look at them: whose values change when only that field does. Exit code 1: something differs.',
  ].join('\n'),
  options: {
    'from-version': { type: 'string', value: 'VERSION', summary: 'the Kata release before' },
    'to-version': { type: 'string', value: 'VERSION', summary: 'the Kata release after' },
    'kata-version': kataVersionOption(),
    request: { type: 'boolean', summary: 'compare two requests, not two policies' },
    policy: {
      type: 'string',
      value: 'FILE',
      summary: 'with --request: whose lines look at the fields',
    },
    endpoint: {
      type: 'string',
      value: 'NAME',
      summary: 'with --request: what they ask for, if the files do not say',
    },
    state: {
      type: 'string',
      value: 'FILE',
      summary: 'with --request: the policy state that both meet, as JSON',
    },
    full: { type: 'boolean', summary: 'everything that differs, explained in full' },
    output: reportOption,
    ...corpusOptions,
  },
  examples: [
    'katasim policy diff old.rego new.rego policy.jsonl',
    'katasim policy diff --kata-version 4.1.0..next policy.rego testcases.json',
    'katasim policy diff --request allowed.json denied.json --policy policy.rego',
  ],
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands } = context;
    if (options.flag('request')) return runRequestDiff(context);
    const isVersions = versionsOf(options) !== undefined;
    const [sides, paths] = isVersions
      ? [await versionSides(context), operands.slice(1)]
      : [await policySides(context), operands.slice(2)];
    if (paths.length === 0) throw cliErrors.missingOperand('CORPUS', USAGE);
    const corpora: Corpus[] = [];
    for (const path of paths) corpora.push(await readCorpusFile(path, context));
    if (isVersions) {
      const answer = loadAnswer(sides, context);
      if (answer !== undefined) return answer;
    }
    const diff = diffPolicies(sides.before, sides.after, corpora);
    await print(diff, sides, context);
    return diff.changes.length > 0 ? 1 : 0;
  },
};

interface Sides {
  readonly before: PolicyText;
  readonly after: PolicyText;
  /** How the sides are called. */
  readonly names: readonly [string, string];
}

async function policySides(context: CommandContext): Promise<Sides> {
  const [before = '', after = ''] = context.operands;
  return {
    before: await readPolicyFile(before, context),
    after: await readPolicyFile(after, context),
    names: [before, after],
  };
}

async function versionSides(context: CommandContext): Promise<Sides> {
  const { options, operands } = context;
  const [from, to] = versionsOf(options) ?? [];
  const before = kataProfile(from);
  const after = kataProfile(to);
  const policy = await readRegoFile(operands[0] ?? '', context, before);
  return {
    before: policy,
    after: { ...policy, kata: after },
    names: [`Kata ${before.version}`, `Kata ${after.version}`],
  };
}

/** The two releases of `--from-version`, `--to-version` or a range; undefined: one release for both sides. */
function versionsOf(
  options: CommandContext['options'],
): readonly [string | undefined, string | undefined] | undefined {
  const [, from, to] = /^(.+)\.\.(.+)$/.exec(options.text('kata-version') ?? '') ?? [];
  if (from !== undefined) return [from, to];
  const given = [options.text('from-version'), options.text('to-version')] as const;
  return given.every((version) => version === undefined) ? undefined : given;
}

/** A release that does not take the policy is the whole answer. */
function loadAnswer({ before, after, names }: Sides, context: CommandContext): number | undefined {
  const errors = [refusalToLoad(before), refusalToLoad(after)];
  const [first, second] = errors;
  if (first === undefined && second === undefined) return undefined;
  // Neither takes it: that is a broken policy, not a difference.
  if (first !== undefined && second !== undefined) throw second;
  const { output, options } = context;
  if (options.text('output') === 'json') {
    const [before, after] = errors.map((error) => error?.message);
    output.json({ loads: { before: before ?? true, after: after ?? true }, changes: [] });
    return 1;
  }
  errors.forEach((error, i) => {
    const name = names[i] ?? '';
    if (error === undefined) {
      output.line(`${name} takes the policy`);
      return;
    }
    const { file, line, column } = error.location ?? {};
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    output.line(
      `${name} ${output.style('red', 'does not take the policy')}: ${place}: ${error.message}`,
    );
    if (error.hint !== undefined) output.line(`    ${error.hint}`);
  });
  return 1;
}

async function print(diff: PolicyDiff, sides: Sides, context: CommandContext): Promise<void> {
  const form = reportForm(context);
  if (form !== undefined) await printReport(context, form, diffReport(diff, sides.after.file));
  else if (context.options.text('output') === 'json') printJson(diff, sides, context);
  else printText(diff, sides, context);
}

function printJson(
  { requests, changes, endpoints }: PolicyDiff,
  { names }: Sides,
  { output }: CommandContext,
): void {
  output.json({
    before: names[0],
    after: names[1],
    requests,
    changes: changes.map(({ entry, before, after, explained }) => ({
      endpoint: entry.endpoint,
      note: entry.note,
      place: entry.place,
      before: before.verdict,
      after: after.verdict,
      differences: explained?.candidates[0]?.differences.map(({ sentence }) => sentence) ?? [],
    })),
    endpoints: endpoints.map((count) => ({ ...count, changes: Object.fromEntries(count.changes) })),
  });
}

/** Reasons told when nobody asked for all. */
const TOLD = 8;

function printText(diff: PolicyDiff, { names }: Sides, context: CommandContext): void {
  const { output, options } = context;
  const { changes, requests, endpoints } = diff;
  const count = `${changes.length} of ${requests} verdicts differ`;
  const style = changes.length === 0 ? 'green' : 'red';
  output.line(`${output.style(style, count)}: ${names[0]} -> ${names[1]}`);
  if (changes.length === 0) return;
  output.line();
  const kinds = [...new Set(endpoints.flatMap((one) => [...one.changes.keys()]))].sort();
  output.table(
    ['ENDPOINT', 'REQUESTS', ...kinds.map((kind) => kind.toUpperCase())],
    endpoints
      .filter((one) => one.changes.size > 0)
      .map((one) => [
        one.endpoint,
        String(one.requests),
        ...kinds.map((kind) => String(one.changes.get(kind) ?? '')),
      ]),
  );
  const full = options.flag('full');
  const alike = sameReasons(changes, full, context);
  const told = full ? alike : alike.slice(0, TOLD);
  for (const { change, lines, count } of told) {
    const { entry, before, after, refusedBy } = change;
    const { file, line } = entry.place;
    const place = `${file}${line === undefined ? '' : `:${line}`}`;
    const what = output.style('bold', `${before.verdict} -> ${after.verdict}`);
    const more = count > 1 ? `, and ${count - 1} more for the same reason` : '';
    output.line();
    output.line(`${what} ${entry.endpoint}: ${entry.note} (${place})${more}`);
    output.line(`    ${names[refusedBy === 'before' ? 0 : 1]}:`);
    for (const text of lines) output.line(`    ${text}`);
  }
  if (alike.length > told.length) {
    output.line();
    output.line(`${alike.length - told.length} other reasons: --full`);
  }
}

interface Alike {
  /** The first of them. */
  readonly change: VerdictChange;
  readonly lines: readonly string[];
  readonly count: number;
}

/** The same reason is told once. */
function sameReasons(
  changes: readonly VerdictChange[],
  full: boolean,
  { output }: CommandContext,
): readonly Alike[] {
  const found = new Map<string, Alike>();
  for (const change of changes) {
    const { entry, before, after, explained } = change;
    const options = { full, width: widthOf(output) - 4, paint: painter(output) };
    // The first line is the verdict, which is told anyway.
    const lines = explained === undefined ? [] : explanationLines(explained, options).slice(1);
    const key = [entry.endpoint, before.verdict, after.verdict, ...lines].join('\n');
    const known = found.get(key);
    found.set(
      key,
      known === undefined ? { change, lines, count: 1 } : { ...known, count: known.count + 1 },
    );
  }
  return [...found.values()];
}
