/** A pasted event, taken apart, as lines of text. */
import type { Paint } from './explained.ts';
import type { EventPrint, PolicyEvent } from './event.ts';
import type { LineOptions } from './lines.ts';
import { cut } from './text.ts';

/** A print statement of a policy: where it is and the text it begins with. */
export interface PrintStatement {
  readonly line: number;
  readonly prefix: string;
}

/** The print statements of a policy, by the literal that each begins with. */
export function printStatements(policy: string): readonly PrintStatement[] {
  return policy.split('\n').flatMap((text, i): readonly PrintStatement[] => {
    const [, prefix] = /\bprint\(\s*"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
    return prefix === undefined || prefix === '' ? [] : [{ line: i + 1, prefix }];
  });
}

export interface PairedPrint extends EventPrint {
  /** The engine named a line that prints something else: the policy at hand is another one. */
  readonly isForeign: boolean;
}

/** Prints with the lines of the policy they come from. */
export function pairPrints(
  prints: readonly EventPrint[],
  statements: readonly PrintStatement[],
): readonly PairedPrint[] {
  return prints.map(({ line, text }) => {
    const own = statements.find((one) => one.line === line);
    if (own !== undefined) return { line, text, isForeign: !text.startsWith(own.prefix) };
    const found = statements.filter(({ prefix }) => text.startsWith(prefix));
    const [nearest] = found.sort((a, b) => b.prefix.length - a.prefix.length);
    return { line: line ?? nearest?.line, text, isForeign: false };
  });
}

/** Prints shown unless all are asked for: the last say most. */
const SHOWN = 6;

export function eventLines(
  event: PolicyEvent,
  {
    policy,
    full = false,
    width = 100,
    paint = (_, text) => text,
  }: LineOptions & { readonly policy?: string | undefined } = {},
): readonly string[] {
  if (event.kind === 'other') {
    return [`${paint('strong', 'no policy denial')}: ${event.reason ?? ''}`];
  }
  const prints = pairPrints(event.prints, policy === undefined ? [] : printStatements(policy));
  const shown = full ? prints : prints.slice(-SHOWN);
  return [
    ...headLines(event, paint),
    ...(prints.length > shown.length
      ? [paint('dim', `  ${String(prints.length - shown.length)} prints before; --full shows them`)]
      : []),
    ...shown.map((print) => printLine(print, { paint, width, full })),
    ...(event.kind === 'denial' && prints.length === 0 ? ['  the policy printed nothing'] : []),
    ...(event.kind === 'fault' ? event.detail.split('\n').map((line) => `  ${line}`) : []),
    ...(prints.some(({ isForeign }) => isForeign)
      ? ['  (!) these lines print something else in the policy given: it is another version']
      : []),
    ...(event.others === 0
      ? []
      : [
          `the text holds ${String(event.others)} other refusal${event.others === 1 ? '' : 's'}: give one event at a time`,
        ]),
    ...(event.truncated === undefined ? [] : [`truncated: ${event.truncated}`]),
  ];
}

function headLines(event: PolicyEvent, paint: Paint): readonly string[] {
  const { kind, endpoint = '', code, runtime, layers, containerId, execId } = event;
  const verdict = paint('deny', kind === 'denial' ? 'denied by policy' : 'policy fault');
  const facts = [
    code,
    runtime,
    layers > 1 ? `quoted ${String(layers)} times` : undefined,
    containerId === undefined ? undefined : `container ${containerId.slice(0, 12)}`,
    execId === undefined ? undefined : `exec ${execId}`,
  ].filter((fact) => fact !== undefined);
  return [
    `${verdict}: ${paint('strong', endpoint)}`,
    ...(facts.length > 0 ? [facts.join(', ')] : []),
  ];
}

function printLine(
  { line, text, isForeign }: PairedPrint,
  { paint, width, full }: { paint: Paint; width: number; full: boolean },
): string {
  const place =
    line === undefined
      ? ''
      : `${paint('place', `line ${String(line)}`)}${isForeign ? ' (!)' : ''}: `;
  return `  ${place}${full ? text : cut(text, width - 16)}`;
}
