/**
 * Findings for people: place, severity and id first, the line of the policy, what to do. A page of
 * endpoints that say the same is one finding to a reader.
 */
import type { FindingSeverity, PolicyFinding, Suppressed } from '#policy/check';
import type { KataProfile } from '#gate';
import { wrap, type Output, type Style } from '../../output.ts';

export interface CheckedFile {
  readonly file: string;
  readonly findings: readonly PolicyFinding[];
  readonly suppressed: readonly Suppressed[];
}

const STYLES: Readonly<Record<FindingSeverity, Style>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
};

/** Of lists and hints when the output is no terminal. */
const WIDTH = 100;
const INDENT = '    ';

export function printFindings(
  files: readonly CheckedFile[],
  kata: KataProfile,
  output: Output,
): void {
  const width = Math.max(60, Math.min(output.stdout.columns ?? WIDTH, 140));
  for (const { file, findings } of files) {
    const groups = GROUPS.map((group) => ({
      group,
      members: findings.filter((finding) => group.holds(finding)),
    })).filter(({ members }) => members.length > 1);
    const grouped = new Set(groups.flatMap(({ members }) => members));
    for (const severity of ['error', 'warning', 'info'] as const) {
      for (const finding of findings) {
        if (finding.severity === severity && !grouped.has(finding)) {
          printFinding(finding, output, width);
        }
      }
      for (const { group, members } of groups) {
        if (group.severity === severity) printGroup(group, file, members, output, width);
      }
    }
  }
  printSummary(files, kata, output);
}

function printFinding(finding: PolicyFinding, output: Output, width: number): void {
  const { severity, id, message, location, excerpt = [], hint } = finding;
  const { file, line, column } = location;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  printHead(place, severity, id, message, output, width);
  for (const row of excerpt) output.line(`${INDENT}${output.style('dim', '|')} ${row}`);
  if (hint !== undefined) printIndented(hint, output, width);
}

function printHead(
  place: string,
  severity: FindingSeverity,
  id: string,
  message: string,
  output: Output,
  width: number,
): void {
  const head = `${place}: ${severity}[${id}]:`;
  // Piped, a finding's headline is one line: tools look for it.
  const [first = '', ...rest] = wrap(
    `${head} ${message}`,
    output.stdout.isTTY === true ? width - INDENT.length : Number.POSITIVE_INFINITY,
  );
  // The head has no blank in it but the one behind the place: it never breaks.
  output.line(first.replace(severity, output.style(STYLES[severity], severity)));
  for (const line of rest) output.line(`${INDENT}${line}`);
}

function printIndented(text: string, output: Output, width: number): void {
  for (const line of wrap(text, width - INDENT.length)) {
    output.line(`${INDENT}${output.style('dim', line)}`);
  }
}

interface Group {
  readonly severity: FindingSeverity;
  readonly holds: (finding: PolicyFinding) => boolean;
  readonly message: (count: number) => string;
  /** One row each, for those that have more to say than their name. */
  readonly effect: (finding: PolicyFinding) => string | undefined;
  readonly hint?: string;
}

/** What stands behind the first `: ` of a message about an endpoint. */
const effectOf = ({ message }: PolicyFinding): string | undefined =>
  /^[^:]*: (.*)$/s.exec(message)?.[1];

const GROUPS: readonly Group[] = [
  {
    severity: 'warning',
    holds: ({ id, severity }) => id === 'endpoint-missing' && severity === 'warning',
    message: (count) =>
      `${count} endpoints have no rule; their calls fail with INTERNAL, not with a denial`,
    effect: () => undefined,
    hint: 'Write default ... := false, or true, for each of them.',
  },
  {
    severity: 'info',
    holds: ({ id, severity }) => id === 'endpoint-never-allowed' && severity === 'info',
    message: (count) => `${count} endpoints can never be allowed`,
    effect: effectOf,
  },
];

function printGroup(
  { severity, message, effect, hint }: Group,
  file: string,
  members: readonly PolicyFinding[],
  output: Output,
  width: number,
): void {
  const id = members[0]?.id ?? '';
  printHead(file, severity, id, message(members.length), output, width);
  const plain: string[] = [];
  for (const member of members) {
    const name = member.endpoint ?? '';
    const text = effect(member);
    if (text === undefined) plain.push(name);
    else {
      const [first = '', ...rest] = wrap(`${name}: ${text}`, width - INDENT.length);
      output.line(`${INDENT}${first}`);
      for (const line of rest) output.line(`${INDENT}  ${line}`);
    }
  }
  if (plain.length > 0) {
    for (const line of wrap(plain.join(', '), width - INDENT.length))
      output.line(`${INDENT}${line}`);
  }
  if (hint !== undefined) printIndented(hint, output, width);
}

function printSummary(files: readonly CheckedFile[], kata: KataProfile, output: Output): void {
  const all = files.flatMap(({ findings }) => findings);
  const suppressed = files.flatMap((file) => file.suppressed).length;
  const count = (wanted: FindingSeverity): number =>
    all.filter(({ severity }) => severity === wanted).length;
  const parts = [
    plural(count('error'), 'error'),
    plural(count('warning'), 'warning'),
    plural(count('info'), 'note'),
    ...(suppressed === 0 ? [] : [`${suppressed} suppressed`]),
  ];
  output.line(`${parts.join(', ')}, for Kata ${kata.version}`);
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
