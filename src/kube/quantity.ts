/**
 * Kubernetes quantities, exact. Source: k8s.io/apimachinery pkg/api/resource. Values are counted in
 * nano-units; what is finer is rounded up, as there.
 */
const NANO = 1_000_000_000n;
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:([KMGTPE]i)|[eE]([+-]?\d{1,3})|([numkMGTPE]?))$/;
/** Nobody has more digits in mind; this also bounds the arithmetic. */
const MAX_LENGTH = 64;

/** Nano-units, or undefined when the text is no quantity. */
export function parseQuantity(text: string): bigint | undefined {
  const match = text.length <= MAX_LENGTH ? FORM.exec(text) : null;
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', binary, exponent, suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(`${whole}${fraction}` || '0');
  const scale = exponent === undefined ? (DECIMAL[suffix] ?? 0) : Number(exponent);
  const power = binary === undefined ? 1n : 1024n ** BigInt(BINARY.indexOf(binary) + 1);
  const value = scaled(digits * NANO * power, (binary === undefined ? scale : 0) - fraction.length);
  return sign === '-' ? -value : value;
}

function scaled(value: bigint, tens: number): bigint {
  if (tens >= 0) return value * 10n ** BigInt(tens);
  return divideUp(value, 10n ** BigInt(-tens));
}

const divideUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;

/** Whole units, rounded up. */
export const wholeUnits = (nano: bigint): bigint => divideUp(nano, NANO);
/** Whole MiB, rounded up. */
export const wholeMib = (nano: bigint): bigint => divideUp(nano, NANO * (1n << 20n));

/** Thousandths of a CPU, rounded up; 0 for what is no quantity. */
export const milliCpus = (text: string): number =>
  Number(divideUp(parseQuantity(text) ?? 0n, NANO / 1000n));

/** Whole bytes, rounded up; 0 for what is no quantity. */
export const bytesOf = (text: string): number => Number(wholeUnits(parseQuantity(text) ?? 0n));
