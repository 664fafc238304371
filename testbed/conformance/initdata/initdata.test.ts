/**
 * Annotation values that went through the genuine parsers: cloud-api-adaptor's (go-toml) and that of
 * the Go shim (BurntSushi/toml). Every line gives the same digest and data, or the same error.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { messageOf } from '#base';
import { decodeInitdata, digestInitdata, type InitdataReader } from '#initdata';
import { readRecordings } from '../recordings.ts';

interface Recording {
  readonly case: string;
  readonly valueBase64: string;
  readonly real: {
    readonly caaErr?: string;
    readonly algorithm?: string;
    readonly version?: string;
    readonly digest?: string;
    /** sha256 of each entry. */
    readonly data?: Readonly<Record<string, string>>;
    /** The Go shim's error, or empty. */
    readonly shim: string;
  };
}

interface Answer {
  readonly error?: string;
  readonly algorithm?: string;
  readonly version?: string;
  readonly digest?: string;
  readonly data?: Readonly<Record<string, string>>;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function ask(value: string, reader: InitdataReader): Answer {
  try {
    const document = decodeInitdata(value, { reader });
    const { algorithm, version } = document;
    const data = Object.fromEntries([...document.data].map(([key, text]) => [key, sha256(text)]));
    return { algorithm, version, digest: digestInitdata(document), data };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

const recordings = readRecordings('initdata.jsonl.gz') as readonly Recording[];

describe.skipIf(recordings.length === 0)('recorded from cloud-api-adaptor and the Go shim', () => {
  test.each(recordings)('$case', ({ valueBase64, real }) => {
    const value = Buffer.from(valueBase64, 'base64').toString('latin1');
    const { caaErr, shim, algorithm, version, digest, data = {} } = real;
    expect(ask(value, 'adaptor')).toEqual(
      caaErr === undefined ? { algorithm, version, digest, data } : { error: caaErr },
    );
    expect(shimAnswer(ask(value, 'runtime-go').error ?? '')).toBe(shimAnswer(shim));
  });
});

/**
 * Two differences of text that docs/fidelity.md lists: the wording of TOML errors, and that the real
 * shim panics on an unknown algorithm.
 */
const shimAnswer = (text: string): string =>
  text
    .replace(/^(parsing initdata annotation failed: ).*$/s, '$1(TOML)')
    .replace(/^(?:PANIC \(nil hash\) algorithm |unknown initdata algorithm ).*$/s, '(panic)');
