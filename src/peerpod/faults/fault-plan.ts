/**
 * Faults in words, as the command line takes them: `15150:delay=200ms`, `9000:loss=0.3`. One row per
 * fault; the port says which path it is on.
 */
import { nearest } from '#base';
import { peerpodErrors } from '../errors.ts';
import { parseGoDuration } from '../relay/go-words.ts';
import type { TcpFault } from './faulty-stream.ts';
import type { UdpFault } from './pod-faults.ts';

export interface FaultPlan {
  readonly tcp?: TcpFault;
  readonly udp?: UdpFault;
  /** TCP: nothing listens, for that long or until further notice. */
  readonly tcpClosed?: Closed;
  /** UDP: the port is closed, likewise. */
  readonly udpClosed?: Closed;
  readonly wrongCertificate?: boolean;
}

export type Closed = { readonly ms: number } | 'until-lifted';

interface FaultRow {
  readonly port: 15150 | 9000;
  readonly name: string;
  /** What stands behind `=`; absent for a fault without a value. */
  readonly value?: string;
  /** Undefined when the value does not parse. */
  readonly plan: (value: string) => FaultPlan | undefined;
}

const duration = (text: string, make: (ms: number) => FaultPlan): FaultPlan | undefined => {
  const ms = parseGoDuration(text);
  return ms === undefined || ms < 0 || ms > MAX_DELAY_MS ? undefined : make(ms);
};
const whole = (text: string, make: (count: number) => FaultPlan): FaultPlan | undefined =>
  /^\d{1,9}$/.test(text) ? make(Number(text)) : undefined;
const share = (text: string, make: (part: number) => FaultPlan): FaultPlan | undefined => {
  const part = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  return part >= 0 && part <= 1 ? make(part) : undefined;
};

/** A day: longer waits are a slip of the unit. */
const MAX_DELAY_MS = 86_400_000;

export const FAULT_ROWS: readonly FaultRow[] = [
  { port: 15150, name: 'refuse', plan: () => ({ tcpClosed: 'until-lifted' }) },
  { port: 15150, name: 'reset', plan: () => ({ tcp: { kind: 'reset' } }) },
  { port: 15150, name: 'black-hole', plan: () => ({ tcp: { kind: 'black-hole' } }) },
  {
    port: 15150,
    name: 'delay',
    value: 'DURATION',
    plan: (text) => duration(text, (ms) => ({ tcp: { kind: 'delay', ms } })),
  },
  {
    port: 15150,
    name: 'cut',
    value: 'BYTES',
    plan: (text) => whole(text, (afterBytes) => ({ tcp: { kind: 'cut', afterBytes } })),
  },
  { port: 15150, name: 'wrong-certificate', plan: () => ({ wrongCertificate: true }) },
  {
    port: 15150,
    name: 'late-start',
    value: 'DURATION',
    plan: (text) => duration(text, (ms) => ({ tcpClosed: { ms } })),
  },
  { port: 9000, name: 'refuse', plan: () => ({ udpClosed: 'until-lifted' }) },
  { port: 9000, name: 'black-hole', plan: () => ({ udp: { kind: 'black-hole' } }) },
  {
    port: 9000,
    name: 'delay',
    value: 'DURATION',
    plan: (text) => duration(text, (ms) => ({ udp: { kind: 'delay', ms } })),
  },
  {
    port: 9000,
    name: 'loss',
    value: 'SHARE',
    plan: (text) => share(text, (part) => ({ udp: { kind: 'loss', share: part } })),
  },
  {
    port: 9000,
    name: 'cut',
    value: 'BYTES',
    plan: (text) => whole(text, (afterBytes) => ({ udp: { kind: 'cut', afterBytes } })),
  },
  {
    port: 9000,
    name: 'late-start',
    value: 'DURATION',
    plan: (text) => duration(text, (ms) => ({ udpClosed: { ms } })),
  },
];

/** UDP has no connection to reset and no certificate. */
const TCP_ONLY = ['9000:reset', '9000:wrong-certificate'];

/** `15150:delay=DURATION`, as it is typed. */
const spelled = ({ port, name, value }: FaultRow): string =>
  `${port}:${name}${value === undefined ? '' : `=${value}`}`;

/** Several faults go together; of the same kind the last one counts. */
export function parseFaults(words: readonly string[]): FaultPlan {
  return Object.assign({}, ...words.map(parseFault)) as FaultPlan;
}

function parseFault(word: string): FaultPlan {
  const [head = '', value] = word.split(/=(.*)/s);
  const row = FAULT_ROWS.find(({ port, name }) => `${port}:${name}` === head);
  if (row === undefined) {
    if (TCP_ONLY.includes(head)) throw peerpodErrors.faultOfTcp(word);
    const near = nearest(
      head,
      FAULT_ROWS.map(({ port, name }) => `${port}:${name}`),
    );
    throw peerpodErrors.unknownFault(word, near, FAULT_ROWS.map(spelled));
  }
  const takesValue = row.value !== undefined;
  const plan = takesValue === (value !== undefined) ? row.plan(value ?? '') : undefined;
  if (plan === undefined) throw peerpodErrors.badFault(word, spelled(row));
  return plan;
}
