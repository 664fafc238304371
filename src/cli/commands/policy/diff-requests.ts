/** `policy diff --request`: two requests field by field, and the lines that look at what differs. */
import { KatasimError } from '#base';
import type { Json } from '#wire';
import {
  diffRequests,
  differenceLines,
  type FieldUsage,
  type FieldUse,
  type RequestDiff,
} from '#policy/diff';
import { parseExactJson } from '../../call/request.ts';
import type { CommandContext } from '../../command.ts';
import { cliErrors } from '../../errors.ts';
import { readText } from '../../files.ts';
import { readRegoFile } from '../../policy-file.ts';
import { widthOf } from '../../paint.ts';
import { assertEndpoint } from '../../endpoint.ts';

export async function runRequestDiff(context: CommandContext): Promise<number> {
  const { options, operands, stdin, output } = context;
  const [first, second, ...others] = operands;
  if (first === undefined || second === undefined || others.length > 0)
    throw cliErrors.operandCount('policy diff --request A B [--policy POLICY]', operands.length);
  const before = readRequest(await readText(first, stdin), first);
  const after = readRequest(await readText(second, stdin), second);
  const kinds = new Set([before.kind, after.kind].filter((kind) => kind !== undefined));
  if (kinds.size > 1) throw differentKinds([...kinds]);
  const endpoint = options.text('endpoint') ?? [...kinds][0];
  const policy = options.text('policy');
  if (endpoint !== undefined) assertEndpoint(endpoint);
  if (policy !== undefined && endpoint === undefined) throw noEndpoint(first);
  const statePath = options.text('state');
  const given =
    statePath === undefined
      ? undefined
      : parseExactJson(await readText(statePath, stdin), statePath);
  // The state alone, or the data document that holds it.
  const state =
    given === undefined || 'pstate' in given
      ? (given as Json | undefined)
      : ({ pstate: given } as Json);
  const diff = diffRequests({
    ...(state !== undefined && { state }),
    before: before.request,
    after: after.request,
    ...(policy !== undefined && { policy: await readRegoFile(policy, context) }),
    ...(endpoint !== undefined && { endpoint }),
  });
  if (options.text('output') === 'json') output.json(diff);
  else printDiff(diff, policy, context);
  return diff.fields.length > 0 ? 1 : 0;
}

interface Request {
  readonly kind: string | undefined;
  readonly request: Json;
}

/** A request, or a line of policy.jsonl around one, or a test case. */
function readRequest(text: string, file: string): Request {
  const document = parseExactJson(text, file) as Readonly<Record<string, Json>>;
  const { kind, request } = document;
  if (typeof kind === 'string' && request !== undefined) return { kind, request };
  return { kind: undefined, request: document };
}

function printDiff(
  { fields, verdicts, omitted }: RequestDiff,
  policy: string | undefined,
  context: CommandContext,
): void {
  const { output } = context;
  if (fields.length === 0) {
    output.line(output.style('green', 'the requests are equal'));
    return;
  }
  const count = fields.length + omitted;
  output.line(`${count} ${count === 1 ? 'field differs' : 'fields differ'}`);
  if (verdicts !== undefined) output.line(`${policy ?? ''}: ${verdicts[0]} -> ${verdicts[1]}`);
  if (policy !== undefined && context.options.text('state') === undefined) {
    output.line(
      'the state is empty: --state FILE gives the one they met (policy replay --state-at N)',
    );
  }
  // Ids differ from start to start and say nothing, unless nothing else differs.
  const told = fields.filter((field) => !isOfIds(field));
  const shown = context.options.flag('full') || told.length === 0 ? fields : told;
  for (const field of shown) printField(field, policy !== undefined, context);
  if (shown.length < fields.length) {
    output.line();
    output.line(`and ${fields.length - shown.length} that are ids of this start: --full`);
  }
  if (omitted > 0) output.line(`${omitted} more fields differ; no lines were looked for`);
}

/** Ids of containers, pods and execs, and tags of shared files, wherever they stand. */
const IDS =
  /[0-9a-f]{64}|[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|(?<=-)[0-9a-f]{16}(?=-)/g;

/** Both values are the same text around ids. A digest of an image is no id. */
function isOfIds({ before, after }: FieldUsage): boolean {
  if (typeof before !== 'string' || typeof after !== 'string') return false;
  const bare = (text: string): string =>
    text.replace(IDS, (id, at: number) => (/sha256[:/@-]$/.test(text.slice(0, at)) ? id : 'ID'));
  return bare(before) === bare(after);
}

function printField(
  field: FieldUsage,
  hasPolicy: boolean,
  { output, options }: CommandContext,
): void {
  const [line = ''] = differenceLines([field], { width: widthOf(output) - 2 });
  output.line();
  output.line(output.style('bold', line));
  if (!hasPolicy) return;
  // Lines that only pass on a larger value are many, and say little.
  const told = options.flag('full')
    ? field.uses
    : field.uses.filter(({ kind }) => kind !== 'holds');
  if (told.length === 0) {
    output.line('  no evaluated line uses it');
    return;
  }
  for (const use of told) {
    const { file, line: row, text } = use.place;
    output.line(`  ${output.style('cyan', `${file}:${row}`)}: ${text.trim()}`);
    output.line(`      ${useText(use)}`);
  }
}

function useText({ kind, held }: FieldUse): string {
  const how = {
    reads: 'reads it',
    holds: 'has a larger value that it is in',
    depends: 'depends on it',
  }[kind];
  const [one, two] = held;
  if (one === two) return `${how}; ${one ? 'holds' : 'fails'} either way`;
  return `${how}; ${one ? 'holds before, fails after' : 'fails before, holds after'}`;
}

const differentKinds = (kinds: readonly string[]): KatasimError =>
  new KatasimError('CLI_REQUEST_KINDS', `the requests are of two kinds: ${kinds.join(' and ')}`, {
    hint: 'Give two requests of the same endpoint.',
  });

/** For a file that has to say what it asks. */
const noEndpoint = (file: string): KatasimError =>
  new KatasimError('CLI_NO_ENDPOINT', `${file} does not say which endpoint it asks`, {
    hint: 'Add --endpoint NAME, or write {"kind": "ExecProcessRequest", "request": {...}}.',
  });
