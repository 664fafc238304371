import { KatasimError } from '#base';
import type { CorpusStream } from '#policy/corpus';
import { pstateOf, replayCorpus, type ReplayedEntry, stateDifferences } from '#policy/replay';
import { stringifyJson, type Json } from '#wire';
import { parseExactJson } from '../../call/request.ts';
import type { Command, CommandContext } from '../../command.ts';
import { kataVersionOption, outputOption } from '../../options.ts';
import { corpusOptions, noteProblems, openCorpusFile } from '../../corpus-input.ts';
import { cliErrors } from '../../errors.ts';
import { readText } from '../../files.ts';
import { readPolicyFile } from '../../policy-file.ts';
import { writeSlowly } from '../../output.ts';
import {
  divergenceLines,
  patchRows,
  replayHead,
  replayJson,
  replayRow,
  summaryText,
  type Tally,
} from './replay-output.ts';

export const command: Command = {
  usage: 'policy replay [OPTION]... POLICY LOG',
  details: [
    'LOG is policy.jsonl of an agent (log level debug), policy.txt of an old one, or a decision log; `-` reads',
    'standard input. State is carried along. An agent’s own log has a verdict only where the answer was an',
    'object; masked requests are not decided, but what they did to the state is. Exit code 1: a verdict is',
    'not the recorded one, a fault is not recorded, or the state is not that of --assert-state.',
  ].join('\n'),
  options: {
    'state-at': {
      type: 'string',
      value: 'N',
      summary: 'print the policy state before line N (or: end)',
    },
    patches: { type: 'boolean', summary: 'show what each line did to the state' },
    'assert-state': {
      type: 'string',
      value: 'FILE',
      summary: 'compare the state with this JSON, at --state-at or the end',
    },
    'only-denied': { type: 'boolean', summary: 'leave out what is allowed' },
    'follow-set-policy': {
      type: 'boolean',
      summary: 'let an allowed SetPolicyRequest replace the policy',
    },
    'kata-version': kataVersionOption(),
    output: outputOption('text', 'json'),
    ...corpusOptions,
  },
  examples: [
    'katasim policy replay policy.rego policy.jsonl',
    'katasim policy replay policy.rego policy.jsonl --only-denied --keep-going',
    'katasim policy replay policy.rego decisions.jsonl --state-at 12',
  ],
  operands: { min: 2, max: 2 },
  async run(context) {
    const { options, operands, output } = context;
    const [file = '', log = ''] = operands;
    const wanted = await wantedState(context);
    const stateAt = stateAtOf(options.text('state-at'));
    if (file === '-' && log === '-') throw cliErrors.stdinTwice();
    const policy = await readPolicyFile(file, context);
    const corpus = await openCorpusFile(log, context);
    const replayed = replayCorpus(policy, corpus.entries, {
      followSetPolicy: options.flag('follow-set-policy'),
    });
    const run = new ReplayRun(context, stateAt);
    await run.through(replayed);
    noteProblems(corpus.problems, context);
    const state = run.stateFound(log);
    if (stateAt !== undefined && wanted === undefined) output.line(prettyState(state));
    else await run.finish(corpus);
    return (wanted !== undefined && !assertState(state, wanted, context)) ||
      run.tally.diverged + run.faulted > 0
      ? 1
      : 0;
  },
};

/** Explanations shown: the first divergence is the cause of most of the others. */
const MAX_EXPLAINED = 3;

class ReplayRun {
  readonly tally: Tally = { requests: 0, allow: 0, deny: 0, fault: 0, masked: 0, diverged: 0 };
  /** Faults that the log does not tell of. */
  faulted = 0;
  readonly #context: CommandContext;
  readonly #stateAt: number | undefined;
  readonly #isJson: boolean;
  /** Only the state was asked for. */
  readonly #isQuiet: boolean;
  readonly #divergences: (readonly string[])[] = [];
  #state: Json = {};
  #reached = false;
  #rows = 0;
  #policiesSet = 0;

  constructor(context: CommandContext, stateAt: number | undefined) {
    this.#context = context;
    this.#stateAt = stateAt;
    this.#isJson = context.options.text('output') === 'json';
    this.#isQuiet = stateAt !== undefined;
  }

  async through(entries: AsyncIterable<ReplayedEntry>): Promise<void> {
    const { output, signal } = this.#context;
    if (!this.#isQuiet) output.line(this.#isJson ? '{"rows": [' : replayHead());
    for await (const replayed of entries) {
      signal.throwIfAborted();
      const line = replayed.entry.place.line ?? 0;
      if (this.#stateAt !== undefined && line >= this.#stateAt) {
        this.#state = pstateOf(replayed.stateBefore);
        this.#reached = true;
        return;
      }
      this.#state = pstateOf(replayed.stateAfter);
      this.#count(replayed);
      if (!this.#isQuiet) await this.#print(replayed);
    }
  }

  #count(replayed: ReplayedEntry): void {
    const { tally } = this;
    tally.requests++;
    tally[replayed.decision?.verdict ?? 'masked']++;
    const { entry, decision } = replayed;
    if (entry.endpoint === 'SetPolicyRequest' && decision?.verdict === 'allow') this.#policiesSet++;
    if (this.#isQuiet) return;
    if (replayed.divergence !== undefined) tally.diverged++;
    else if (replayed.faulted !== undefined) this.faulted++;
    else return;
    if (!this.#isJson && this.#divergences.length < MAX_EXPLAINED) {
      this.#divergences.push(divergenceLines(replayed, this.#context));
    }
  }

  async #print(replayed: ReplayedEntry): Promise<void> {
    const { options, output } = this.#context;
    if (options.flag('only-denied') && replayed.decision?.verdict === 'allow') return;
    const lines = this.#isJson
      ? [`${this.#rows === 0 ? ' ' : ','}${stringifyJson(plain(replayJson(replayed)))}`]
      : [
          replayRow(replayed, this.#context),
          ...(options.flag('patches') ? patchRows(replayed, this.#context) : []),
        ];
    this.#rows++;
    await writeSlowly(output.stdout, `${lines.join('\n')}\n`);
  }

  /** Throws when the log is shorter than the line that was asked for. */
  stateFound(log: string): Json {
    if (this.#stateAt !== undefined && Number.isFinite(this.#stateAt) && !this.#reached) {
      throw replayErrors.noSuchLine(log, this.#stateAt);
    }
    return this.#state;
  }

  finish({ problems }: Pick<CorpusStream, 'problems'>): Promise<void> {
    const { output, options } = this.#context;
    const leftOut =
      problems.length > 0
        ? `; ${problems.length} ${problems.length === 1 ? 'line' : 'lines'} left out`
        : '';
    if (this.#isQuiet) return Promise.resolve();
    if (this.#isJson) {
      const summary = { ...this.tally, leftOut: problems.length };
      output.line(`], "summary": ${JSON.stringify(summary)}}`);
      return Promise.resolve();
    }
    for (const lines of this.#divergences) {
      output.line();
      for (const line of lines) output.line(line);
    }
    output.line();
    const style = this.tally.diverged + this.faulted > 0 ? 'red' : 'green';
    output.line(output.style(style, summaryText(this.tally)) + leftOut);
    if (this.tally.masked > 0) output.note(MASKED);
    if (this.#policiesSet > 0 && !options.flag('follow-set-policy')) output.note(SET);
    return Promise.resolve();
  }
}

const MASKED =
  'masked: the log hides parts of these requests, so they cannot be decided again; record policy.jsonl (--policy-log) for that';
const SET =
  'the log sets another policy; --follow-set-policy decides the lines behind it as that policy does';

function stateAtOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'end') return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d*$/.test(text)) throw replayErrors.badLine(text);
  return Number(text);
}

async function wantedState({ options, stdin }: CommandContext): Promise<Json | undefined> {
  const path = options.text('assert-state');
  if (path === undefined) return undefined;
  const document = parseExactJson(await readText(path, stdin), path) as Readonly<
    Record<string, Json>
  >;
  // The state alone, or the data document that holds it.
  const { pstate, ...others } = document;
  return pstate !== undefined && Object.keys(others).length === 0 ? pstate : document;
}

function assertState(state: Json, wanted: Json, { output }: CommandContext): boolean {
  const differences = stateDifferences(state, wanted);
  if (differences.length === 0) return true;
  output.note(output.style('red', 'the state is not the one asserted:', 'stderr'));
  for (const line of differences.slice(0, 20)) output.note(`  ${line}`);
  return false;
}

const prettyState = (state: Json): string =>
  JSON.stringify(
    state,
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  );

/** Without members that are undefined. */
const plain = (row: unknown): Json =>
  Object.fromEntries(Object.entries(row as object).filter(([, value]) => value !== undefined));

const replayErrors = {
  badLine: (text: string) =>
    new KatasimError('CLI_VALUE', `--state-at cannot be ${JSON.stringify(text)}`, {
      hint: 'Give a line of the log from 1 up, or end.',
    }),
  noSuchLine: (log: string, line: number) =>
    new KatasimError('CLI_VALUE', `${log} has no request at or behind line ${line}`, {
      hint: '--state-at end is the state when all is done.',
    }),
};
