import { differenceLines } from '#policy/diff';
import {
  mutate,
  MUTATION_CLASSES,
  mutationGroups,
  mutationReport,
  scoreSentence,
  type MutationClass,
  type MutationGroup,
  type MutationScore,
} from '#policy/mutate';
import type { Corpus } from '#policy/corpus';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption } from '../../options.ts';
import { corpusOptions, readCorpusFile } from '../../corpus-input.ts';
import { readPolicyFile } from '../../policy-file.ts';
import { wrap } from '../../output.ts';
import { widthOf } from '../../paint.ts';
import { printReport, reportForm, reportOption } from '../../report-output.ts';

export const command: Command = {
  usage: 'policy mutate [OPTION]... POLICY CORPUS...',
  details: [
    'Changes each kind of allowed request in CORPUS the way a hostile host would (another image, a mount, a',
    'capability, the wrong time, somebody else’s id, ...), decides every variant in the state its original',
    'met, and shows what still passes. Exit code 1: more than --max-allowed do.',
  ].join('\n'),
  options: {
    only: {
      type: 'string',
      value: 'CLASS',
      multiple: true,
      choices: MUTATION_CLASSES,
      summary: 'only these kinds of change',
    },
    'max-allowed': {
      type: 'string',
      value: 'N',
      summary: 'how many may be allowed before the exit code is 1 (default 0)',
    },
    seed: { type: 'string', value: 'N', summary: 'the random values in variants (default 1)' },
    full: { type: 'boolean', summary: 'an example and the remedy for everything that is allowed' },
    'kata-version': kataVersionOption(),
    output: reportOption,
    ...corpusOptions,
  },
  examples: [
    'katasim policy mutate pod.rego policy.jsonl',
    'katasim policy mutate pod.rego policy.jsonl --only mount --only capability --full',
    'katasim policy mutate pod.rego policy.jsonl --max-allowed 12 -o junit > mutate.xml',
  ],
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands, output } = context;
    const [file = '', ...paths] = operands;
    const maxAllowed = options.count('max-allowed') ?? 0;
    const only = options.list('only') as readonly MutationClass[];
    const seed = options.count('seed');
    const policy = await readPolicyFile(file, context);
    const corpora: Corpus[] = [];
    for (const path of paths) corpora.push(await readCorpusFile(path, context));
    const score = mutate(policy, corpora, {
      ...(only.length > 0 && { only }),
      ...(seed !== undefined && { seed }),
    });
    const form = reportForm(context);
    if (form !== undefined) await printReport(context, form, mutationReport(score, file));
    else if (options.text('output') === 'json')
      output.json({ policy: file, ...score, tried: score.results.length, maxAllowed });
    else printScore(score, file, context);
    return score.allowed > maxAllowed ? 1 : 0;
  },
};

/** How many mutations are told with example and remedy when nobody asked for all. */
const TOLD = 4;

function printScore(score: MutationScore, file: string, { options, output }: CommandContext): void {
  const groups = mutationGroups(score);
  const open = groups.filter(({ allowed }) => allowed.length > 0);
  const style = score.allowed === 0 ? 'green' : 'red';
  output.line(`${output.style(style, scoreSentence(score))}: ${file}`);
  if (score.refused > 0)
    output.line(`${score.refused} recorded requests are refused as they are; no variants of them`);
  if (open.length === 0) return;
  output.line();
  // Name and count stand in front, three blanks behind each.
  const room = widthOf(output) - Math.max(...open.map(({ name }) => name.length)) - 13;
  output.table(
    ['STILL ALLOWED', 'OF', 'WHAT AN ATTACKER GAINS'],
    open.map(({ name, tried, allowed }) => [
      name,
      `${allowed.length}/${tried}`,
      cut(gainOf(allowed), room),
    ]),
  );
  const told = options.flag('full') ? open : open.slice(0, TOLD);
  for (const group of told) printGroup(group, output);
  if (open.length > told.length) {
    output.line();
    output.line(`${open.length - told.length} more with example and remedy: --full`);
  }
}

/** Calls that were never recorded gain something else each: there the names say more. */
function gainOf(allowed: MutationGroup['allowed']): string {
  const [first] = allowed;
  const gains = new Set(allowed.map(({ gain }) => gain));
  if (gains.size === 1) return first?.gain ?? '';
  return allowed.map(({ endpoint }) => endpoint.replace(/Request$/, '')).join(', ');
}

const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`;

function printGroup({ name, allowed }: MutationGroup, output: CommandContext['output']): void {
  const [example] = allowed;
  if (example === undefined) return;
  output.line();
  if (new Set(allowed.map(({ gain }) => gain)).size > 1) {
    output.line(`${output.style('bold', name)}: ${example.when}`);
    for (const { endpoint, gain } of allowed) output.line(`    ${endpoint}: ${gain}`);
    output.line(
      `    ${output.style('cyan', 'To refuse it: write `default ... := false` for each.')}`,
    );
    return;
  }
  const { endpoint, label, when, differences, deny } = example;
  const about = [endpoint, label === endpoint ? '' : label, when].filter((part) => part !== '');
  const more = allowed.length > 1 ? ` and ${allowed.length - 1} more` : '';
  output.line(`${output.style('bold', name)}: ${about.join(', ')}${more}`);
  for (const line of differenceLines(differences)) output.line(`    ${line}`);
  for (const line of wrap(`To refuse it: ${deny}.`, 96))
    output.line(`    ${output.style('cyan', line)}`);
}
