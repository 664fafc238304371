import { KatasimError, nearest } from '#base';
import {
  canI,
  kataProfile,
  readCorpus,
  VERBS,
  verbNamed,
  verbNames,
  type CanIOptions,
  type PolicyText,
  type Verb,
  type VerbMode,
} from '#workbench';
import type { Command, CommandContext } from '../../command.ts';
import { cliErrors } from '../../errors.ts';
import { readBytes, readText } from '../../files.ts';
import { outputOption } from '../../report-output.ts';
import { readOnePolicy } from './one-policy.ts';
import { printVerb, printVerbs, type AskedVerb } from './can-i-text.ts';

export const command: Command = {
  name: 'policy can-i',
  summary: 'whether exec, logs, cp and the like work under a policy, call by call',
  usage:
    'policy can-i VERB [-i] [-t] POLICY [--pod FILE | --corpus FILE] [-- COMMAND [ARGUMENT]...]',
  details: [
    `VERB is one of ${verbNames.join(', ')}; --list asks all of them. A verb is several`,
    'calls of the agent; each is decided by the gate, in order and with state, on the requests of a sample',
    'pod, of your pod (run through the whole path first, with everything allowed), or of a recording.',
    '`depends`: the policy looks at the request, and these do not settle it. Exit code 1: it does not work.',
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
    'kata-version': { type: 'string', value: 'VERSION', summary: 'decide as this Kata release' },
    output: outputOption,
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
    const verbs = options.flag('list') ? VERBS : [askedVerb(operands.slice(0, -1))];
    const kata = kataProfile(options.text('kata-version'));
    const { text, name } = await readOnePolicy(file, context);
    const policy: PolicyText = { text, file: name, kata };
    const answers = await answersOf(verbs, policy, context);
    if (options.text('output') === 'json') {
      const all = answers.map(({ answer }) => answer);
      output.json({ kataVersion: kata.version, ...(verbs.length === 1 ? all[0] : { verbs: all }) });
    } else if (options.flag('list')) printVerbs(answers, kata, output);
    else for (const asked of answers) printVerb(asked, kata, output);
    return answers.some(({ answer }) => answer.works === 'no') ? 1 : 0;
  },
};

function askedVerb(words: readonly string[]): Verb {
  const text = words.join(' ');
  const found = verbNamed(text);
  if (found !== undefined) return found;
  const near = nearest(text, verbNames);
  throw new KatasimError(
    'CLI_VERB',
    text === '' ? 'which verb?' : `there is no verb ${JSON.stringify(text)}`,
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
  policy: PolicyText,
  context: CommandContext,
): Promise<readonly AskedVerb[]> {
  const { options, rest } = context;
  const given = { stdin: options.flag('stdin'), tty: options.flag('tty') };
  const answers: AskedVerb[] = [];
  for (const verb of verbs) {
    const isListed = verbs.length > 1 && verb.interactive === true;
    for (const mode of isListed ? LISTED_MODES : [given]) {
      const asked = { mode, ...(rest !== undefined && rest.length > 0 && { command: rest }) };
      const { requests, source } = await recordedFor(verb, asked, context);
      answers.push({ verb, source, answer: canI(policy, verb, { ...asked, ...requests }) });
    }
  }
  return answers;
}

interface Requests {
  readonly requests: Pick<CanIOptions, 'recorded' | 'from'>;
  /** Whose requests these are, in words. */
  readonly source: string;
}

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
    return { requests: { recorded }, source: `the requests of ${corpus}` };
  }
  if (pod === undefined || verb.ungated !== undefined) {
    return { requests: {}, source: 'the requests of a sample pod' };
  }
  // Sockets and a guest: not loaded when nobody asks with a pod.
  const { recordPod } = await import('./can-i-pod.ts');
  const text = await readText(pod, stdin);
  const requests = await recordPod({ text, file: pod }, verb, asked, context);
  return { requests, source: `the requests of the pod in ${pod}` };
}
