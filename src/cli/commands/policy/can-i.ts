import { KatasimError, nearest } from '#base';
import {
  canI,
  VERBS,
  verbNamed,
  verbNames,
  type CanIOptions,
  type VerbAnswer,
  type Verb,
  type VerbMode,
} from '#policy/can-i';
import { readCorpus } from '#policy/corpus';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption, outputOption } from '../../options.ts';
import { cliErrors } from '../../errors.ts';
import { readBytes, readText } from '../../files.ts';
import { readRegoFile, type PolicyFile } from '../../policy-file.ts';
import { printVerb, printVerbs, type Asked, type AskedVerb } from './can-i-text.ts';

export const command: Command = {
  usage:
    'policy can-i VERB [-i] [-t] POLICY [--pod FILE | --corpus FILE] [-- COMMAND [ARGUMENT]...]',
  details: [
    `VERB is one of ${verbNames.join(', ')}; --list asks all of them. A verb is several`,
    'calls of the agent; each is decided by the gate, in order and with state, on the requests of a sample',
    'pod, of your pod (run through the whole path first, with everything allowed), or of a recording.',
    '`depends`: the policy looks at the request, and these do not settle it. A verb that works on a running',
    'container is no use when no pod starts: that is a no. Exit code 0: yes; 1: no; 4: it depends on the command or the pod, so pass one of them.',
  ].join('\n'),
  options: {
    list: { type: 'boolean', summary: 'every verb and whether it works' },
    stdin: { type: 'boolean', short: 'i', summary: 'with input, as kubectl exec -i' },
    tty: { type: 'boolean', short: 't', summary: 'with a terminal, as kubectl exec -t' },
    follow: { type: 'boolean', short: 'f', summary: 'as kubectl logs -f; the calls are the same' },
    pod: {
      type: 'string',
      value: 'FILE',
      summary: 'a manifest: ask with the requests of this pod',
    },
    corpus: {
      type: 'string',
      value: 'FILE',
      summary: 'ask with recorded requests: test cases, policy.jsonl, decision log',
    },
    container: {
      type: 'string',
      short: 'c',
      value: 'NAME',
      summary: 'the container of --pod that is meant; default the first',
    },
    'kata-version': kataVersionOption(),
    output: outputOption('text', 'json'),
  },
  examples: [
    'katasim policy can-i exec -it policies/redhat-sample-corrected.rego',
    'katasim policy can-i exec policies/genpolicy-style.rego --corpus policies/genpolicy-style.testcases.json -- date',
    'katasim policy can-i --list policies/openshift-default.rego',
    'katasim policy can-i probe exec policy.rego --pod pod.yaml',
  ],
  operands: { min: 1, max: 3 },
  async run(context) {
    const { options, operands, output } = context;
    const file = operands.at(-1) ?? '';
    const verbs = options.flag('list') ? VERBS : [askedVerb(operands)];
    const policy = await readRegoFile(file, context);
    const { kata } = policy;
    const answers = await answersOf(verbs, policy, context);
    if (options.text('output') === 'json') {
      const all = answers.map(({ answer }) => answer);
      output.json({ kataVersion: kata.version, ...(verbs.length === 1 ? all[0] : { verbs: all }) });
    } else if (options.flag('list')) printVerbs(answers, kata, output);
    else for (const asked of answers) printVerb(asked, kata, output);
    return exitCode(answers.map(({ answer }) => answer.works));
  },
};

/** It depends on what was not given: neither yes nor no. */
const DEPENDS = 4;

function exitCode(works: readonly VerbAnswer['works'][]): number {
  if (works.includes('no')) return 1;
  return works.includes('depends') ? DEPENDS : 0;
}

/** All operands but the last, which is the policy. */
function askedVerb(operands: readonly string[]): Verb {
  const all = operands.join(' ');
  if (verbNamed(all) !== undefined) {
    throw new KatasimError('CLI_VERB', 'missing operand POLICY', {
      hint: `Pass the policy file after the verb: katasim policy can-i ${all} POLICY`,
    });
  }
  const text = operands.slice(0, -1).join(' ');
  const found = verbNamed(text);
  if (found !== undefined) return found;
  const near = nearest(text, verbNames);
  throw new KatasimError(
    'CLI_VERB',
    text === '' ? 'missing operand VERB' : `unknown verb ${JSON.stringify(text)}`,
    {
      hint: `${near === undefined ? '' : `Did you mean ${near}? `}Verbs: ${verbNames.join(', ')}; or --list.`,
    },
  );
}

/** Every verb once; with --list those with input also in the ways that need it. */
const LISTED_MODES: readonly Partial<VerbMode>[] = [
  {},
  { stdin: true },
  { stdin: true, tty: true },
];

async function answersOf(
  verbs: readonly Verb[],
  { module, ...policy }: PolicyFile,
  context: CommandContext,
): Promise<readonly AskedVerb[]> {
  const { options, rest } = context;
  const given = { stdin: options.flag('stdin'), tty: options.flag('tty') };
  const answers: AskedVerb[] = [];
  for (const verb of verbs) {
    const isListed = verbs.length > 1 && verb.interactive === true;
    for (const mode of isListed ? LISTED_MODES : [given]) {
      const asked = { mode, ...(rest !== undefined && rest.length > 0 && { command: rest }) };
      const { requests, ...whose } = await recordedFor(verb, asked, context);
      const answer = canI(policy, verb, { ...asked, ...requests, module });
      answers.push({ verb, answer, asked: whose });
    }
  }
  return answers;
}

interface Requests extends Asked {
  readonly requests: Pick<CanIOptions, 'recorded' | 'from' | 'isPod'>;
}

const NO_POD = 'no pod of this policy starts';

async function recordedFor(
  verb: Verb,
  asked: Pick<CanIOptions, 'mode' | 'command'>,
  context: CommandContext,
): Promise<Requests> {
  const { options, stdin } = context;
  const [corpus, pod] = [options.text('corpus'), options.text('pod')];
  if (corpus !== undefined && pod !== undefined) throw cliErrors.notBoth('pod', 'corpus');
  if (corpus !== undefined) {
    const { entries } = readCorpus(await readBytes(corpus, stdin), corpus);
    const recorded = entries.filter(({ masked }) => masked === undefined);
    const source = `the requests of ${corpus}`;
    return { requests: { recorded }, source, noPod: NO_POD, corpus };
  }
  if (pod === undefined || verb.ungated !== undefined) {
    return { requests: {}, source: 'the requests of a sample pod', noPod: NO_POD };
  }
  // Sockets and a guest: not loaded when nobody asks with a pod.
  const { recordPod } = await import('./can-i-pod.ts');
  const text = await readText(pod, stdin);
  const requests = await recordPod({ text, file: pod }, verb, asked, context);
  const source = `the requests of the pod in ${pod}`;
  return { requests, source, noPod: `the pod in ${pod} does not start` };
}
