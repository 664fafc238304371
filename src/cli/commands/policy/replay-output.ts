/** What `policy replay` prints: a row per line of the log, divergences with their reason, a summary. */
import type { CorpusEntry } from '#policy/corpus';
import { explainRequest, explanationLines } from '#policy/explain';
import { patchLines, type ReplayedEntry } from '#policy/replay';
import type { CommandContext } from '../../command.ts';
import type { Style } from '../../output.ts';
import { painter, widthOf } from '../../paint.ts';

type Context = Pick<CommandContext, 'options' | 'output'>;

export interface Tally {
  requests: number;
  allow: number;
  deny: number;
  fault: number;
  masked: number;
  diverged: number;
}

const WIDTHS = [6, 38, 9, 9] as const;

const columns = (cells: readonly string[]): readonly string[] =>
  cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0));

export const replayHead = (): string =>
  columns(['LINE', 'ENDPOINT', 'VERDICT', 'RECORDED', 'IDS']).join('').trimEnd();

const STYLES: Readonly<Record<string, Style>> = {
  allow: 'green',
  deny: 'red',
  fault: 'red',
  masked: 'yellow',
};

/** `*` marks what went otherwise than recorded. */
export function replayRow(replayed: ReplayedEntry, { output }: Context): string {
  const { entry, decision, divergence } = replayed;
  const verdict = decision?.verdict ?? 'masked';
  const cells = [
    String(entry.place.line ?? ''),
    entry.endpoint,
    verdict,
    entry.recorded ?? '-',
    idsOf(entry),
  ];
  const [line = '', endpoint = '', shown = '', recorded = '', ids = ''] = columns(cells);
  const mark = divergence === undefined ? '' : output.style('red', '  *');
  const style = STYLES[verdict];
  return (
    `${line}${endpoint}${style === undefined ? shown : output.style(style, shown)}${recorded}${ids}`.trimEnd() +
    mark
  );
}

/** Ids as people tell them apart: twelve digits of a container, eight of an exec. */
function idsOf({ input }: CorpusEntry): string {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return '';
  const { container_id, exec_id } = input as Readonly<Record<string, unknown>>;
  const container = typeof container_id === 'string' ? container_id.slice(0, 12) : '';
  const isInit = exec_id === container_id || exec_id === '' || typeof exec_id !== 'string';
  return isInit ? container : `${container} ${exec_id.slice(0, 8)}`;
}

/** What a line did to the state, indented under its row. */
export const patchRows = (replayed: ReplayedEntry, { output }: Context): readonly string[] =>
  patchLines(replayed).map((line) => output.style('dim', `      ${line}`));

/** A divergence or a fault with the explanation of what is decided now. */
export function divergenceLines(replayed: ReplayedEntry, { output }: Context): readonly string[] {
  const { entry, divergence, faulted = '', policy, stateBefore } = replayed;
  const { file, line } = entry.place;
  const { endpoint, input } = entry;
  const width = widthOf(output) - 2;
  return [
    `${output.style('cyan', `${file}:${line ?? 0}`)}: ${entry.endpoint}: ${divergence ?? faulted}`,
    ...(policy.compiled === undefined
      ? explanationLines(explainRequest({ ...policy, endpoint, input, state: stateBefore }), {
          width,
          paint: painter(output),
          fullOption: 'policy explain --full',
        })
      : []
    ).map((text) => `  ${text}`.trimEnd()),
  ];
}

export function summaryText({ requests, allow, deny, fault, masked, diverged }: Tally): string {
  const parts = [`${allow} allowed`, `${deny} denied`, counted(fault, 'fault')];
  if (masked > 0) parts.push(`${masked} masked`);
  return `${counted(requests, 'request')}: ${parts.join(', ')}; ${diverged} diverged`;
}

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

/** One row for programs. */
export function replayJson(replayed: ReplayedEntry): unknown {
  const { entry, decision, divergence, faulted } = replayed;
  return {
    line: entry.place.line,
    endpoint: entry.endpoint,
    verdict: decision?.verdict ?? 'masked',
    recorded: entry.recorded,
    message: decision?.reason,
    ops: decision === undefined ? entry.recordedOps : decision.ops,
    masked: entry.masked,
    divergence,
    faulted,
  };
}
