import { formatTrace, type TraceMode } from '#rego';
import {
  annotatedSource,
  eventLines,
  explainer,
  explanationJson,
  explanationLines,
  pairPrints,
  parseEvent,
  printStatements,
  type PolicyEvent,
} from '#policy/explain';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption, outputOption } from '../../options.ts';
import { corpusOptions } from '../../corpus-input.ts';
import { readText } from '../../files.ts';
import { readRegoFile, type PolicyFile } from '../../policy-file.ts';
import { painter, widthOf } from '../../paint.ts';
import { runOrWatch, watchOption } from '../../watch.ts';
import { assertEndpoint } from '../../endpoint.ts';
import { askedRequest, explainErrors } from './explain-request.ts';

export const command: Command = {
  usage: 'policy explain [OPTION]... [--event FILE] [POLICY [[ENDPOINT] REQUEST]]',
  details: [
    'REQUEST is a request as policies see it (with its ENDPOINT), or a corpus it is taken from: policy.jsonl, a',
    'decision log, testcases.json. The requests before it are decided first, so that state is right. --event',
    'takes the text of an event, an error or a log line apart; with a corpus it finds the request. `-` reads',
    'standard input. Exit code 1: the request is refused, or the event is no policy denial.',
  ].join('\n'),
  options: {
    event: { type: 'string', value: 'FILE', summary: 'the text of an event, error or log line' },
    endpoint: { type: 'string', value: 'NAME', summary: 'the endpoint of the request' },
    line: { type: 'string', value: 'N', summary: 'take the request at this line of the corpus' },
    case: { type: 'string', value: 'TEXT', summary: 'take the case whose description has this' },
    state: { type: 'string', value: 'FILE', summary: 'the state to decide in, as JSON' },
    full: { type: 'boolean', summary: 'all candidates, all differences, all prints' },
    source: {
      type: 'boolean',
      summary: 'the policy with what was gone through and where it stopped',
    },
    explain: {
      type: 'string',
      value: 'MODE',
      choices: ['full', 'notes', 'fails', 'debug'],
      summary: 'the trace of the evaluation instead, in OPA’s modes',
    },
    'kata-version': kataVersionOption(),
    output: outputOption('text', 'json'),
    watch: watchOption,
    ...corpusOptions,
  },
  examples: [
    'kubectl describe pod web | katasim policy explain --event -',
    'katasim policy explain --event event.txt policy.rego policy.jsonl',
    'katasim policy explain policy.rego testcases.json --case "another image"',
    'katasim policy explain policy.rego ExecProcessRequest exec.json',
  ],
  operands: { min: 0, max: 3 },
  async run(context) {
    const { options } = context;
    const event = options.text('event');
    const operands = filesOf(context);
    if (event === undefined && operands.length < 2) throw explainErrors.noRequest();
    const endpoint = options.text('endpoint') ?? endpointOf(context);
    if (endpoint !== undefined) assertEndpoint(endpoint);
    const state = options.text('state');
    const files = [...operands, event, state].filter((file) => file !== undefined);
    return await runOrWatch(context, files, async () => ({ code: await explain(context), files }));
  },
};

/** As `policy eval` has it, the endpoint may stand between the policy and the request. */
const endpointOf = ({ operands }: CommandContext): string | undefined =>
  operands.length === 3 ? operands[1] : undefined;

const filesOf = ({ operands }: CommandContext): readonly string[] =>
  operands.length === 3 ? operands.filter((_, i) => i !== 1) : operands;

async function explain(context: CommandContext): Promise<number> {
  const { options, output, stdin } = context;
  const [file, request] = filesOf(context);
  const eventFile = options.text('event');
  const event = eventFile === undefined ? undefined : parseEvent(await readText(eventFile, stdin));
  const policy = file === undefined ? undefined : await readRegoFile(file, context);
  const isJson = options.text('output') === 'json';
  if (event !== undefined && !isJson) printEvent(event, policy?.text, context);
  if (event?.kind === 'other' || policy === undefined || request === undefined) {
    if (isJson) output.json({ event: event && eventJson(event, policy?.text) });
    return event === undefined || event.kind === 'other' ? 1 : 0;
  }
  return await explainAsked(policy, request, event, context);
}

async function explainAsked(
  policy: PolicyFile,
  request: string,
  event: PolicyEvent | undefined,
  context: CommandContext,
): Promise<number> {
  const { options, output } = context;
  const asked = await askedRequest(request, policy, event, context);
  const asker = explainer(policy);
  const { engine } = asker;
  const explained = asker.explain(asked);
  const { decision } = explained;
  const state = asked.state ?? { pstate: {} };
  const mode = options.text('explain') as TraceMode | undefined;
  const look = { width: widthOf(output), paint: painter(output) };
  if (options.text('output') === 'json') {
    output.json({
      ...(event !== undefined && { event: eventJson(event, policy.text) }),
      ...(asked.note !== undefined && { request: asked.note }),
      ...explanationJson(explained),
    });
  } else if (mode !== undefined) {
    const { trace = [] } = engine.policy.query(`data.agent_policy.${decision.endpoint}`, {
      input: { value: decision.input },
      data: { value: state },
      trace: true,
    });
    output.line(formatTrace(trace, mode));
  } else if (options.flag('source')) {
    for (const line of annotatedSource(engine, explained, { ...look, state })) output.line(line);
  } else {
    if (event !== undefined) output.line();
    if (asked.note !== undefined) output.line(output.style('dim', asked.note));
    const full = options.flag('full');
    for (const line of explanationLines(explained, { ...look, full })) output.line(line);
  }
  return decision.verdict === 'allow' ? 0 : 1;
}

function printEvent(event: PolicyEvent, policy: string | undefined, context: CommandContext): void {
  const { options, operands, output } = context;
  const full = options.flag('full');
  const look = { width: widthOf(output), paint: painter(output), full, policy };
  for (const line of eventLines(event, look)) output.line(line);
  if (event.kind !== 'other' && operands.length < 2) {
    output.line('next: katasim policy explain --event FILE POLICY policy.jsonl names the field');
  }
}

const eventJson = (event: PolicyEvent, policy: string | undefined): object => ({
  ...event,
  prints: pairPrints(event.prints, policy === undefined ? [] : printStatements(policy)),
});
