/**
 * An explanation as lines of text. Short fits a screen: the verdict, the field that differs, the place
 * in the policy with the values it saw, what else differs, and which candidate was nearest.
 */
import { stringifyJson } from '#wire';
import type { Candidate, Difference, Explained, Paint, SourcePlace } from './explained.ts';
import { cut, cutEnd } from './text.ts';

export interface LineOptions {
  /** Everything; default is what fits a screen. */
  readonly full?: boolean;
  /** Default 100. */
  readonly width?: number;
  /** Default: plain text. */
  readonly paint?: Paint;
  /** What shows everything, where `--full` is no option of the command. */
  readonly fullOption?: string;
}

interface Page {
  readonly full: boolean;
  readonly width: number;
  readonly paint: Paint;
  readonly fullOption: string;
}

/** Differences and candidates told besides the first. */
const MORE = 4;

export function explanationLines(
  explained: Explained,
  { full = false, width = 100, paint = (_, text) => text, fullOption = '--full' }: LineOptions = {},
): readonly string[] {
  const page = { full, width, paint, fullOption };
  const { hint } = explained;
  return [
    ...verdictLines(explained, page),
    ...reasonLines(explained, page),
    ...(hint === undefined ? [] : wrapped(`hint: ${hint}`, page, '  ')),
  ];
}

function verdictLines({ decision }: Explained, page: Page): readonly string[] {
  const { paint, full, width } = page;
  const { verdict, endpoint, reason, prints, ops, codeName } = decision;
  const role = verdict === 'allow' ? 'allow' : 'deny';
  const lines = [`${paint(role, verdict)} ${paint('strong', endpoint)}`];
  if (reason !== '') {
    const text = `${codeName}: ${reason}`;
    // A fault has the engine's own lines, with a caret that must stay where it is.
    if (verdict === 'fault') lines.push(...text.trimEnd().split('\n'));
    else lines.push(full ? text : shortReason(text, prints.length, page));
  }
  if (full) lines.push(...prints.map((text) => paint('dim', `print: ${text}`)));
  if (ops !== undefined)
    lines.push(...ops.map((op) => `state: ${cut(stringifyJson({ ...op }), width)}`));
  if (decision.ignoredFailure) lines.push('allowed by AllowRequestsFailingPolicy only');
  return lines;
}

/** The sentence as sent; of a wall of prints only how many there are. */
function shortReason(text: string, prints: number, { width, fullOption }: Page): string {
  if (text.length <= width && !text.includes('\n')) return text;
  const phrase = /^.*? is blocked by policy: /.exec(text)?.[0] ?? '';
  return `${phrase}... (${String(prints)} print${prints === 1 ? '' : 's'}; ${fullOption} shows them)`;
}

function reasonLines(explained: Explained, page: Page): readonly string[] {
  const { candidates, decidedBy, faultAt, decision } = explained;
  const [nearest, ...others] = candidates;
  if (nearest === undefined) {
    const place = faultAt === undefined ? decidedBy : undefined;
    return place === undefined ? [] : [`decided by ${placed(place, page)}`];
  }
  const because = decision.verdict === 'allow' ? 'it would be refused otherwise:' : undefined;
  return [
    '',
    ...(because === undefined ? [] : [because]),
    ...candidateLines(nearest, page),
    '',
    ...rankingLines(explained, page),
    ...(page.full ? others.flatMap((one) => ['', ...candidateLines(one, page)]) : []),
    ...(page.full ? envLines(explained, page) : []),
    ...(page.full && decidedBy !== undefined ? [`decided by ${placed(decidedBy, page)}`] : []),
  ];
}

function envLines({ env }: Explained, { paint }: Page): readonly string[] {
  if (env.length === 0) return [];
  return [
    '',
    paint('strong', 'environment:'),
    ...env.map(({ variable, allowed, by }) =>
      allowed ? `  + ${variable}  ${paint('dim', by)}` : `  ${paint('deny', '-')} ${by}`,
    ),
  ];
}

function candidateLines(candidate: Candidate, page: Page): readonly string[] {
  const [first, ...rest] = candidate.differences;
  if (first === undefined) return [];
  if (page.full) {
    const title = `${candidate.rule} ${lineOf(candidate.place)}${candidate.iteration && ` with ${candidate.iteration}`}`;
    return [
      page.paint('strong', title),
      ...candidate.differences.flatMap((one) => differenceLines(one, page)),
    ];
  }
  const told = rest.slice(0, MORE);
  const untold = rest.length - told.length;
  return [
    ...differenceLines(first, page),
    ...(told.length === 0 ? [] : ['also there:']),
    ...told.map((one) => `  ${cutEnd(one.sentence, page.width - 2)}`),
    ...(untold > 0 ? [`  and ${String(untold)} more; ${page.fullOption} tells them`] : []),
  ];
}

function differenceLines(one: Difference, page: Page): readonly string[] {
  const { paint, full, width } = page;
  // The nearest of them is what the excerpt shows.
  const [nearest, ...further] = one.alternatives;
  const isShown = nearest?.place.line === one.place.line;
  const alternatives = (isShown ? further : one.alternatives).slice(0, full ? 32 : 3);
  return [
    ...wrapped(one.sentence, page, '  ').map((line, i) =>
      i === 0 && one.field !== undefined && line.startsWith(one.field)
        ? paint('field', one.field) + line.slice(one.field.length)
        : line,
    ),
    ...excerpt(one, page),
    ...alternatives.map((other) =>
      paint('dim', cutEnd(`    or ${lineOf(other.place)}: ${withoutField(other, one)}`, width)),
    ),
  ];
}

/** The sentence, without the field where that is the same as before. */
const withoutField = ({ field, sentence }: Difference, before: Difference): string =>
  field !== undefined && field === before.field ? sentence.slice(field.length + 2) : sentence;

const lineOf = ({ file, line }: SourcePlace): string => `${file}:${String(line)}`;

const placed = (place: SourcePlace, { paint, width }: Page): string =>
  `${paint('place', lineOf(place))}: ${cut(place.text.trim(), width - 30)}`;

/** The line of the policy with a caret, and what the parts of the expression were. */
function excerpt(
  { place, parts, trail, wanted, wantedName }: Difference,
  page: Page,
): readonly string[] {
  const { paint, width, full } = page;
  const gutter = String(place.line).length;
  const indent = place.text.length - place.text.trimStart().length;
  const from = Math.max(0, place.column - 1 - indent);
  const text = place.text.trim();
  const room = width - gutter - 7;
  // A long line is shown from where the caret is.
  const shift = from + place.width > room ? from : 0;
  const bar = ` ${' '.repeat(gutter)} |`;
  const calls = trail.map(({ line }) => String(line)).join(', ');
  const callers =
    trail.length === 0 ? '' : `, called from line${trail.length > 1 ? 's' : ''} ${calls}`;
  const caret = '^'.repeat(Math.max(1, Math.min(place.width, room - from + shift)));
  const shown = parts.slice(-(full ? 12 : 4));
  const names = Math.min(28, Math.max(0, ...shown.map((part) => part.text.length)));
  const values = shown.map((part) => {
    const name = cut(part.text, 28).padEnd(names);
    const value = part.value === undefined ? 'undefined' : stringifyJson(part.value);
    return `${bar}   ${name}  ${cut(value, Math.max(20, width - gutter - names - 9))}`;
  });
  const demand =
    wanted === undefined
      ? []
      : [
          `${bar}   ${paint('dim', `${cut(wantedName ?? 'it', width - 40)} is at ${lineOf(wanted)}`)}`,
        ];
  return [
    `  ${paint('place', lineOf(place))}${paint('dim', callers)}`,
    ` ${String(place.line)} | ${cut(text.slice(shift), room)}`,
    `${bar} ${' '.repeat(from - shift)}${paint('caret', caret)}`,
    ...values,
    ...demand,
  ];
}

function rankingLines(
  { candidates, omitted, truncated }: Explained,
  page: Page,
): readonly string[] {
  const [nearest, ...others] = candidates;
  if (nearest === undefined) return [];
  const isOneRule = candidates.every(({ place }) => place.line === nearest.place.line);
  const name = (one: Candidate): string =>
    isOneRule && one.iteration !== '' ? one.iteration : nameOf(one);
  const all = candidates.length + omitted;
  const lines = [
    `nearest${all > 1 ? ` of ${String(all)}` : ''}: ${name(nearest)}, ${count(nearest)}`,
  ];
  const told = others.slice(0, page.full ? others.length : 2);
  for (const one of told) lines.push(`  then: ${name(one)}, ${howFar(one)}`);
  const rest = others.length - told.length + omitted;
  if (rest > 0) lines.push(`  and ${String(rest)} further away`);
  if (truncated) lines.push('   the search was cut short: there may be nearer ones');
  return lines.map((line) => cut(line, page.width));
}

const nameOf = ({ rule, place, iteration }: Candidate): string =>
  `${rule} (line ${String(place.line)})${iteration === '' ? '' : ` with ${iteration}`}`;

/** Of one that was given up only what it was given up for is known. */
function howFar(one: Candidate): string {
  const named = one.differences.find(({ field }) => field !== undefined)?.field;
  return one.more && named !== undefined ? `${named} and more differ` : count(one);
}

function count({ differences: { length }, more }: Candidate): string {
  if (more) return `${String(length)} or more differences`;
  return length === 1 ? '1 difference' : `${String(length)} differences`;
}

/** Broken at blanks to the width, continued with an indent; three lines at most unless all is asked for. */
function wrapped(text: string, { width, full }: Page, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replace(/\n/g, ' ').split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width || line === '') {
      line = longer;
    } else {
      lines.push(line);
      line = indent + word;
    }
  }
  lines.push(line);
  if (full || lines.length <= 3) return lines.map((one) => (full ? one : cut(one, width)));
  return [...lines.slice(0, 2), cut(lines.slice(2).join(' '), width)].map((one) => cut(one, width));
}
