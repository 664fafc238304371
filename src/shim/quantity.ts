/** Kubernetes quantities: `500m`, `1.5`, `128Mi`, `1G`, `1e3`. */

const suffixes: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number a quantity stands for, or undefined when it is none. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([num]|k|[KMGTPE]i|[MGTPE])?)$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, digits = '', exponent = '', suffix = ''] = match;
  const factor = suffixes[suffix];
  return factor === undefined ? undefined : Number(digits + exponent) * factor;
}

/** Thousandths of a CPU, rounded up as Kubernetes does. */
export function milliCpus(text: string): number {
  return Math.ceil(round((parseQuantity(text) ?? 0) * 1000));
}

/** Whole bytes, rounded up. */
export function bytesOf(text: string): number {
  return Math.ceil(round(parseQuantity(text) ?? 0));
}

/** 0.1 * 1000 must not come out as 100.00000000000001. */
function round(value: number): number {
  return Number(value.toPrecision(15));
}
