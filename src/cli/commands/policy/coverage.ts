import { KatasimError } from '#base';
import {
  annotatedLines,
  annotatedText,
  CoverageRun,
  type ExpressionRow,
  lcovText,
  type LineMark,
  type PolicyCoverage,
  type Share,
} from '#policy/coverage';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption, outputOption } from '../../options.ts';
import { corpusOptions, noteProblems, openCorpusFile } from '../../corpus-input.ts';
import { readRegoFile } from '../../policy-file.ts';
import { formatTable, wrap, type Style } from '../../output.ts';
import { widthOf } from '../../paint.ts';

export const command: Command = {
  usage: 'policy coverage [OPTION]... POLICY CORPUS...',
  details: [
    'CORPUS is anything that policy test or policy replay reads; each starts a fresh agent. An expression is',
    'covered when it was tried, both ways when it was seen to hold and not to; a body when it gave a value; an',
    'endpoint when it was asked. Exit code 1: fewer lines are covered than --fail-under asks for.',
  ].join('\n'),
  options: {
    output: outputOption('text', 'json', 'lcov'),
    annotate: { type: 'boolean', summary: 'print the policy with hits in a gutter' },
    all: { type: 'boolean', summary: 'list everything that was not reached, not the first of it' },
    'fail-under': { type: 'string', value: 'PCT', summary: 'fail below this percentage of lines' },
    'kata-version': kataVersionOption(),
    ...corpusOptions,
  },
  examples: [
    'katasim policy coverage policy.rego testcases.json policy.jsonl',
    'katasim policy coverage policy.rego testcases.json --annotate | less',
    'katasim policy coverage policy.rego testcases.json -o lcov > policy.info && genhtml policy.info',
  ],
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands, output } = context;
    const [file = '', ...corpora] = operands;
    const failUnder = percentOf(options.text('fail-under'));
    const policy = await readRegoFile(file, context);
    const run = new CoverageRun(policy);
    for (const path of corpora) {
      const corpus = await openCorpusFile(path, context);
      await run.decide(corpus.entries);
      noteProblems(corpus.problems, context);
    }
    const coverage = run.report();
    const form = options.text('output');
    if (form === 'lcov') output.stdout.write(lcovText(coverage));
    else if (form === 'json') output.json(coverageJson(coverage));
    else if (options.flag('annotate')) printAnnotated(coverage, policy.text, context);
    else printSummary(coverage, context);
    if (failUnder === undefined || coverage.lines.percent >= failUnder) return 0;
    output.note(
      `${coverage.lines.percent} % of lines are covered, --fail-under asks for ${failUnder} %`,
    );
    return 1;
  },
};

function percentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replace(/ ?%$/, ''));
  if (!Number.isFinite(value) || value < 0 || value > 100 || text.trim() === '') {
    throw new KatasimError('CLI_VALUE', `--fail-under cannot be ${JSON.stringify(text)}`, {
      hint: 'Give a percentage from 0 to 100.',
    });
  }
  return value;
}

/** Lines of a list before --all is asked for. */
const SHOWN = 8;

function printSummary(coverage: PolicyCoverage, context: CommandContext): void {
  const { output, options } = context;
  const { file, kataVersion, requests } = coverage;
  output.line(`${output.style('bold', file)}: ${requests} requests, Kata ${kataVersion}`);
  output.line();
  for (const line of formatTable(['', '', '', ''], shareRows(coverage)).slice(1)) output.line(line);
  const list = (title: string, lines: readonly string[], max = SHOWN): void => {
    if (lines.length === 0) return;
    const shown = options.flag('all') ? lines : lines.slice(0, max);
    output.line();
    output.line(output.style('bold', title));
    for (const line of shown) output.line(`  ${line}`.slice(0, widthOf(output)));
    if (shown.length < lines.length) {
      output.line(
        output.style('dim', `  ... ${lines.length - shown.length} more; --all lists them`),
      );
    }
  };
  list('bodies that were never true (defaults apart)', bodyLines(coverage));
  list('expressions that were never tried', unreachedLines(coverage, options.flag('all')));
  const never = endpointNames(
    coverage,
    ({ asked, kind }) => kind !== 'missing' && asked.allow + asked.deny + asked.fault === 0,
  );
  list('endpoints that were never asked', wrapped(never, context), Infinity);
  const missing = endpointNames(coverage, ({ kind }) => kind === 'missing');
  list('endpoints without a rule: INTERNAL, not a denial', wrapped(missing, context), Infinity);
}

const wrapped = (names: readonly string[], { output }: CommandContext): readonly string[] =>
  names.length === 0 ? [] : wrap(names.join(', '), widthOf(output) - 4);

function shareRows({
  lines,
  expressions,
  bothWays,
  bodies,
  endpoints,
}: PolicyCoverage): string[][] {
  const row = (name: string, { covered, total, percent }: Share, meaning: string): string[] => [
    name,
    `${covered}/${total}`.padStart(9),
    `${(Math.floor(percent * 10) / 10).toFixed(1)} %`.padStart(7),
    meaning,
  ];
  return [
    row('lines', lines, 'reached'),
    row('expressions', expressions, 'tried'),
    row('both ways', bothWays, 'held once and did not hold once'),
    row('bodies', bodies, 'gave a value'),
    row('endpoints', endpoints, 'asked'),
  ];
}

/** A default that was not needed is told by its endpoint; a body of one line by itself. */
const bodyLines = ({ bodyRows, file }: PolicyCoverage): readonly string[] =>
  bodyRows
    .filter(({ held, isDefault }) => held === 0 && !isDefault)
    .map(
      ({ line, text, tried }) =>
        `${file}:${line}  ${text}  (${tried === 0 ? 'never tried' : `tried ${tried}`})`,
    );

/** Prints and assignments follow from the expressions around them. */
function unreachedLines({ expressionRows, file }: PolicyCoverage, all: boolean): readonly string[] {
  const never = expressionRows.filter(({ tried, decides }) => tried === 0 && (decides || all));
  const parts = expressionRows.flatMap(({ unreached }) => unreached);
  return [...never, ...parts]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, text }) => `${file}:${line}  ${text}`);
}

const endpointNames = (
  { endpointRows }: PolicyCoverage,
  wanted: (row: PolicyCoverage['endpointRows'][number]) => boolean,
): readonly string[] => endpointRows.filter(wanted).map(({ endpoint }) => endpoint);

const MARK_STYLES: Readonly<Partial<Record<LineMark, Style>>> = {
  never: 'red',
  'never held': 'yellow',
  'always held': 'yellow',
  covered: 'green',
};

function printAnnotated(coverage: PolicyCoverage, text: string, { output }: CommandContext): void {
  output.line('hits  | ! never reached, - never held, ~ always held');
  for (const line of annotatedLines(coverage, text)) {
    const style = MARK_STYLES[line.mark];
    const shown = annotatedText(line);
    output.line(style === undefined ? shown : output.style(style, shown));
  }
}

function coverageJson(coverage: PolicyCoverage): unknown {
  const { lineHits, expressionRows, bodyRows, endpointRows, ...shares } = coverage;
  const isMissed = ({ tried, unreached }: ExpressionRow): boolean =>
    tried === 0 || unreached.length > 0;
  return {
    ...shares,
    lineHits: Object.fromEntries(lineHits),
    unreached: expressionRows.filter(isMissed),
    expressionRows,
    bodyRows,
    endpointRows,
  };
}
