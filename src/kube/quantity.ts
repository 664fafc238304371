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
  if (!match || text === '') return undefined;
  const [, sign, whole = '', fraction = '', binary, exponent, suffix = ''] = match;
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

/** Away from zero. */
const divideUp = (value: bigint, by: bigint): bigint =>
  value < 0n ? -divideUp(-value, by) : (value + by - 1n) / by;

export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

/** How a quantity is written, by its suffix. */
export function quantityFormat(text: string): QuantityFormat {
  if (text.endsWith('i')) return 'BinarySI';
  return /[eE][+-]?\d+$/.test(text) ? 'DecimalExponent' : 'DecimalSI';
}

/** A larger one of the binary format is cut down to it when it is read. */
const MAX_VALUE = ((1n << 63n) - 1n) * NANO;

const FORMAT_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_ERROR = "unable to parse quantity's suffix";

/** The text that a Go program writes for a quantity that it has read, or the error of reading it. */
export function canonicalQuantity(text: string): { text: string } | { error: string } {
  const nano = parseQuantity(text);
  if (nano !== undefined) {
    const format = quantityFormat(text);
    if (isWrittenAsRead(text, format)) return { text };
    return { text: formatQuantity(format === 'BinarySI' ? cut(nano) : nano, format) };
  }
  const isSuffix = /^[+-]?\d*(?:\.\d*)?[eEinumkKMGTP]*[-+]?\d*$/.test(text) && /\d/.test(text);
  return { error: isSuffix ? SUFFIX_ERROR : FORMAT_ERROR };
}

/** Short texts that Go takes for canonical are kept: `+2`, `007`, `1E3`. */
function isWrittenAsRead(text: string, format: QuantityFormat): boolean {
  const match = FORM.exec(text);
  if (!match) return false;
  const [, , whole = '', fraction = '', binary, exponent, suffix = ''] = match;
  const number = whole.replace(/^0+/, '') || '0';
  if (format === 'BinarySI') {
    const tens = 3 * (BINARY.indexOf(binary ?? '') + 1);
    const isShort = fraction === '' && 14 - number.length - tens >= 0;
    return isShort && (BigInt(number) & 7n) !== 0n;
  }
  const shifted = number + fraction;
  const scale =
    (exponent === undefined ? (DECIMAL[suffix] ?? 0) : Number(exponent)) - fraction.length;
  const isShort = shifted.length <= 18 && scale >= -9;
  return isShort && scale % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0');
}

const cut = (nano: bigint): bigint =>
  nano > MAX_VALUE ? MAX_VALUE : nano < -MAX_VALUE ? -MAX_VALUE : nano;

/** The canonical text: the largest suffix that loses nothing. */
export function formatQuantity(nano: bigint, format: QuantityFormat): string {
  if (nano === 0n) return '0';
  const isSmall = nano > -1024n * NANO && nano < 1024n * NANO;
  if (format === 'BinarySI' && !isSmall) return binaryText(divideUp(nano, NANO));
  let [digits, exponent] = [nano, -9];
  while (digits % 1000n === 0n && (exponent < 18 || format === 'DecimalExponent')) {
    digits /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return `${digits}${exponent === 0 ? '' : `e${exponent}`}`;
  const suffix = Object.entries(DECIMAL).find(([, tens]) => tens === exponent)?.[0] ?? '';
  return `${digits}${suffix}`;
}

function binaryText(units: bigint): string {
  let [digits, power] = [units, 0];
  while (digits % 1024n === 0n && power < BINARY.length) {
    digits /= 1024n;
    power++;
  }
  return `${digits}${BINARY[power - 1] ?? ''}`;
}

/** Whole units, rounded up. */
export const wholeUnits = (nano: bigint): bigint => divideUp(nano, NANO);
/** Whole MiB, rounded up. */
export const wholeMib = (nano: bigint): bigint => divideUp(nano, NANO * (1n << 20n));

/** Thousandths of a CPU, rounded up; 0 for what is no quantity. */
export const milliCpus = (text: string): number =>
  Number(divideUp(parseQuantity(text) ?? 0n, NANO / 1000n));

/** Whole bytes, rounded up; 0 for what is no quantity. */
export const bytesOf = (text: string): number => Number(wholeUnits(parseQuantity(text) ?? 0n));
