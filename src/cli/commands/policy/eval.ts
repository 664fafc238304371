import { KatasimError } from '#base';
import { AgentPolicy, denialReason, lineText, type Decision, type DenialReason } from '#gate';
import { stringifyJson, type Json } from '#wire';
import { parseExactJson } from '../../call/request.ts';
import type { Command, CommandContext } from '../../command.ts';
import { assertEndpoint } from '../../endpoint.ts';
import { cliErrors } from '../../errors.ts';
import { kataVersionOption, outputOption } from '../../options.ts';
import { readText } from '../../files.ts';
import { readPolicyFile, type PolicyFile } from '../../policy-file.ts';

export const command: Command = {
  usage: 'policy eval [-o text|json] POLICY ENDPOINT INPUT',
  details: [
    'ENDPOINT is a request message such as ExecProcessRequest, INPUT its JSON as policies',
    'see it (or a line of policy.jsonl); `-` reads standard input. Exit code 1: denied or a fault.',
  ].join('\n'),
  options: {
    output: outputOption('text', 'json'),
    'kata-version': kataVersionOption(),
  },
  examples: [
    'katasim policy eval policies/openshift-default.rego ExecProcessRequest exec.json',
    'katasim policy eval -o json policy.rego StartContainerRequest - <<< {}',
  ],
  operands: { min: 3, max: 3 },
  async run(context) {
    const [file = '', endpoint = '', inputFile = ''] = context.operands;
    assertEndpoint(endpoint);
    if (file === '-' && inputFile === '-') throw cliErrors.stdinTwice();
    const given = await readPolicyFile(file, context);
    const input = readInput(await readText(inputFile, context.stdin), inputFile, endpoint);
    const { text, file: module, kata, compiled } = given;
    const policy = AgentPolicy.open([{ source: 'image-default', text: compiled ?? text, module }], {
      kata,
      logger: context.logger,
    });
    const before = policy.state;
    const decision = policy.decide(endpoint, input);
    const why = await whyNot(decision, given, before);
    if (context.options.text('output') === 'json') {
      const { input: _seen, ...rest } = decision;
      context.output.json({ ...rest, ...denialReason(policy, decision), ...why });
    } else {
      printDecision(decision, { ...denialReason(policy, decision), ...why }, context);
    }
    return decision.verdict === 'allow' ? 0 : 1;
  },
};

interface Why extends Partial<DenialReason> {
  /** What differs in the nearest of the ways to be allowed. */
  readonly differs?: string;
}

async function whyNot(
  decision: Decision,
  { text, file, kata, compiled }: PolicyFile,
  state: Json,
): Promise<Why> {
  if (decision.verdict === 'allow' || compiled !== undefined) return {};
  // Most questions are answered without it.
  const { explainDecision, explainer } = await import('#policy/explain');
  const { candidates } = explainDecision(explainer({ text, file, kata }).engine, decision, state);
  const differs = candidates[0]?.differences[0]?.sentence;
  return differs === undefined ? {} : { differs };
}

/** A request, or a line of policy.jsonl around one. */
function readInput(text: string, file: string, endpoint: string): Json {
  assertObject(text, file);
  const document = parseExactJson(text, file) as Readonly<Record<string, Json>>;
  const { kind, request, ...others } = document;
  const isEnvelope =
    typeof kind === 'string' && request !== undefined && Object.keys(others).length === 0;
  if (!isEnvelope) return document;
  if (kind === endpoint) return request;
  throw new KatasimError('POLICY_INPUT', `${file} holds a ${kind}, not a ${endpoint}`, {
    hint: `Ask for ${kind}, or give another file.`,
  });
}

/** An error of the parser is told where it is; it says so in characters, people count lines. */
function assertObject(text: string, file: string): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const at = /at position (\d+)/.exec(said)?.[1];
    const before = text.slice(0, at === undefined ? text.trimEnd().length : Number(at)).split('\n');
    throw new KatasimError('POLICY_INPUT', said.replace(/(?: in JSON)? at position \d+.*$/s, ''), {
      location: { file, line: before.length, column: (before.at(-1) ?? '').length + 1 },
      hint: 'Give a request as JSON, or a line of policy.jsonl.',
    });
  }
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return;
  const what = document === null ? 'null' : Array.isArray(document) ? 'a list' : typeof document;
  throw new KatasimError('POLICY_INPUT', `a request is an object, and this is ${what}`, {
    location: { file, line: 1, column: text.search(/\S/) + 1 },
    hint: 'Give one request: its fields in braces, or a line of policy.jsonl.',
  });
}

function printDecision(decision: Decision, why: Why, { output }: CommandContext): void {
  const style = decision.verdict === 'allow' ? 'green' : 'red';
  output.line(`${output.style(style, decision.verdict)} ${decision.endpoint}`);
  if (decision.reason !== '') output.line(`${decision.codeName}: ${decision.reason}`);
  if (why.differs !== undefined) output.line(`differs: ${why.differs}`);
  if (why.decidedBy !== undefined) output.line(`decided by ${lineText(why.decidedBy)}`);
  if (why.nearestMiss !== undefined) output.line(`nearest rule: ${lineText(why.nearestMiss)}`);
  for (const print of decision.prints) output.line(`print: ${print}`);
  if (decision.ops !== undefined) output.line(`state: ${stringifyJson(decision.ops)}`);
  if (decision.ignoredFailure) output.line('allowed by AllowRequestsFailingPolicy only');
}
