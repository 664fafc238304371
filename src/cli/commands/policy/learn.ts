import { writeFile } from 'node:fs/promises';
import { kataProfile } from '#gate';
import { learnPolicy, type Learned } from '#policy/learn';
import type { Corpus } from '#policy/corpus';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption } from '../../options.ts';
import { corpusOptions, readCorpusFile } from '../../corpus-input.ts';
import { cliErrors } from '../../errors.ts';
import { wrap } from '../../output.ts';
import { assertEndpoint } from '../../endpoint.ts';

export const command: Command = {
  usage: 'policy learn [OPTION]... LOG... [-o POLICY]',
  details: [
    'LOG is an agent’s policy.jsonl, a decision log or a file of cases, recorded under a policy that allows',
    'everything. The policy allows what was recorded, also for the same pod started again under other ids,',
    'and nothing else. Several logs of one pod are explained together; what differs is widened, with a',
    'comment. What to review by hand is printed on stderr and stands at the head of the policy.',
  ].join('\n'),
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      summary: 'write the policy here instead of standard output',
    },
    'kata-version': kataVersionOption(
      'write for this Kata release; before 3.11.0 there is no state to bind ids with',
    ),
    exact: {
      type: 'boolean',
      summary: 'generalise ids only: names, addresses and sizes stay as recorded',
    },
    'redact-env': {
      type: 'string',
      value: 'NAME',
      multiple: true,
      summary:
        'allow any value of these variables, so that theirs is not in the policy; * is any text',
    },
    allow: {
      type: 'string',
      value: 'ENDPOINT',
      multiple: true,
      summary: 'allow this for the pod’s containers although it was not recorded',
    },
    ...corpusOptions,
  },
  examples: [
    'katasim policy learn policy.jsonl -o pod.rego',
    'katasim policy learn first.jsonl second.jsonl --redact-env "*PASSWORD*" --allow ReadStreamRequest',
  ],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands, output } = context;
    const allow = options.list('allow');
    for (const endpoint of allow) assertEndpoint(endpoint);
    const kata = kataProfile(options.text('kata-version'));
    const corpora: Corpus[] = [];
    for (const path of operands) corpora.push(await readCorpusFile(path, context));
    const learned = learnPolicy(corpora, {
      kata,
      exact: options.flag('exact'),
      redactEnv: options.list('redact-env'),
      allow,
    });
    const path = options.text('output');
    if (path === undefined || path === '-') output.stdout.write(learned.text);
    else await save(path, learned.text);
    printSummary(learned, path, context);
    return 0;
  },
};

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw cliErrors.unwritable(path, error);
  }
}

/** On stderr: the answer on stdout is the policy. */
function printSummary(
  { requests, pods, containers, refused, review }: Learned,
  path: string | undefined,
  { output }: CommandContext,
): void {
  const of = pods === 1 ? '1 pod' : `${pods} pods`;
  const to = path === undefined ? '' : ` -> ${path}`;
  const what = `${requests} ${requests === 1 ? 'request' : 'requests'} of ${of}`;
  const names = containers.length === 0 ? 'no container' : containers.join(', ');
  output.note(`learned from ${what}: ${names}${to}`);
  if (refused > 0) output.note(`${refused} refused when recorded: left out`);
  if (review.length > 0) output.note(output.style('bold', 'Review by hand:', 'stderr'));
  for (const note of review) {
    const [first = '', ...rest] = wrap(note, 96);
    output.note(`  - ${first}`);
    for (const line of rest) output.note(`    ${line}`);
  }
}
