/**
 * Two documents side by side: by key, by byte and by digest. Equal data with unequal digests is the
 * usual surprise (a final newline, CR LF, order of keys), so the bytes are always looked at.
 */
import { digestInitdata } from './digest.ts';
import type { InitdataDocument } from './document.ts';

export interface InitdataKeyChange {
  /** `version`, `algorithm`, or a `[data]` key. */
  readonly key: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Of a changed text: where it first differs, lines and columns from 1. */
  readonly at?: { readonly line: number; readonly column: number };
}

export interface InitdataDiff {
  readonly keys: readonly InitdataKeyChange[];
  readonly bytes: {
    readonly equal: boolean;
    readonly lengths: readonly [number, number];
    /** Offset of the first byte that differs; the shorter length when one begins the other. */
    readonly firstDifference: number | undefined;
  };
  readonly digests: readonly [string, string];
  readonly digestEqual: boolean;
  /** One sentence when the bytes differ and no value does. */
  readonly note: string | undefined;
}

export function diffInitdata(left: InitdataDocument, right: InitdataDocument): InitdataDiff {
  const keys = [
    ...(['version', 'algorithm'] as const).flatMap((key) => compare(key, left[key], right[key])),
    ...[...new Set([...left.data.keys(), ...right.data.keys()])]
      .sort()
      .flatMap((key) => compare(key, left.data.get(key), right.data.get(key))),
  ];
  const firstDifference = firstDifferent(left.bytes, right.bytes);
  const digests = [digestInitdata(left), digestInitdata(right)] as const;
  return {
    keys,
    bytes: {
      equal: firstDifference === undefined,
      lengths: [left.bytes.length, right.bytes.length],
      firstDifference,
    },
    digests,
    digestEqual: digests[0] === digests[1],
    note:
      firstDifference !== undefined && keys.length === 0
        ? explain(left.bytes, right.bytes)
        : undefined,
  };
}

function compare(key: string, a: string | undefined, b: string | undefined): InitdataKeyChange[] {
  if (a === b) return [];
  if (a === undefined) return [{ key, change: 'added' }];
  if (b === undefined) return [{ key, change: 'removed' }];
  return [{ key, change: 'changed', at: firstPlace(a, b) }];
}

function firstPlace(a: string, b: string): { line: number; column: number } {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const before = a.slice(0, i);
  return { line: before.split('\n').length, column: i - before.lastIndexOf('\n') };
}

function firstDifferent(a: Uint8Array, b: Uint8Array): number | undefined {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? undefined : shorter;
}

function explain(a: Uint8Array, b: Uint8Array): string {
  const [left, right] = [Buffer.from(a).toString('latin1'), Buffer.from(b).toString('latin1')];
  if (left.trimEnd() === right.trimEnd()) {
    return 'Only the end of the file differs (a final newline, most likely).';
  }
  if (left.replaceAll('\r\n', '\n') === right.replaceAll('\r\n', '\n')) {
    return 'Only the line ends differ (CR LF against LF).';
  }
  return 'Same values, written differently (comments, blanks, order or quoting).';
}
