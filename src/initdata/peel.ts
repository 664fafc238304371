/**
 * The outer half of the doctor: opens base64, gzip and disk images, whatever their order, and says
 * what is wrong with each wrapping on the way in.
 */
import { messageOf } from '#base';
import type { Report } from './check.ts';
import { decodeDiskImage, isDiskImage } from './disk-image.ts';
import { gunzip, isGzip } from './gzip.ts';

/** More wrappings than this are no slip of the pen. */
const MAX_LAYERS = 6;

export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

interface Peeling {
  readonly layers: string[];
  readonly report: Report;
  readonly maxBytes: number;
}

/** Opens wrappings until something that looks like TOML remains; undefined when one does not open. */
export function peel(
  start: Uint8Array,
  { layers, report, maxBytes }: Peeling,
): Uint8Array | undefined {
  let bytes = start;
  for (let depth = 0; depth <= MAX_LAYERS; depth++) {
    const step = open(bytes, layers, report, maxBytes);
    if (step === 'toml') {
      judgeOrder(layers, report);
      return bytes;
    }
    if (step === undefined) return undefined;
    layers.push(step.layer);
    bytes = step.bytes;
  }
  report('base64', 'error', 'too-many-layers', `still wrapped after ${MAX_LAYERS} layers`);
  return undefined;
}

interface Opened {
  readonly layer: string;
  readonly bytes: Uint8Array;
}

/** Other compressions, by their first bytes. */
const FOREIGN: readonly (readonly [string, readonly number[]])[] = [
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zlib', [0x78, 0x9c]],
  ['zlib', [0x78, 0x01]],
  ['zlib', [0x78, 0xda]],
];

function open(
  bytes: Uint8Array,
  layers: readonly string[],
  report: Report,
  maxBytes: number,
): Opened | 'toml' | undefined {
  if (bytes.length === 0) {
    report(
      'base64',
      'error',
      'empty',
      'there is nothing in it: the decoder answers EOF',
      'An empty annotation is ignored and the global INITDATA is used.',
    );
    return undefined;
  }
  if (isDiskImage(bytes) && bytes.length >= 16) return openImage(bytes, report, maxBytes);
  if (isGzip(bytes)) return openGzip(bytes, report, maxBytes);
  const foreign = FOREIGN.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte));
  if (foreign) {
    report(
      'gzip',
      'error',
      'not-gzip',
      `compressed with ${foreign[0]}, only gzip is read: gzip: invalid header`,
      'Recompress: gzip -c initdata.toml | base64 -w0.',
    );
    return undefined;
  }
  const text = latin1(bytes).trim();
  if (/^[A-Za-z0-9+/_\s-]+={0,2}$/.test(text) && !/^[\w.-]+\s*=\s/m.test(text)) {
    return openBase64(latin1(bytes), layers, report);
  }
  return 'toml';
}

function openImage(bytes: Uint8Array, report: Report, maxBytes: number): Opened | undefined {
  try {
    report('image', 'info', 'disk-image', 'this is a raw initdata disk image');
    return { layer: 'image', bytes: decodeDiskImage(bytes, { maxBytes }) };
  } catch (error) {
    report('image', 'error', 'bad-image', messageOf(error));
    return undefined;
  }
}

function openGzip(bytes: Uint8Array, report: Report, maxBytes: number): Opened | undefined {
  const result = gunzip(bytes, { maxBytes });
  if (result.kind === 'ok') return { layer: 'gzip', bytes: result.bytes };
  if (result.kind === 'too-large') {
    report(
      'gzip',
      'error',
      'too-large',
      `decompresses to more than ${maxBytes} bytes`,
      'Real initdata is a few KiB.',
    );
  } else if (result.text.includes('EOF')) {
    report(
      'gzip',
      'error',
      'truncated',
      `the gzip stream is cut off: ${result.text}`,
      'Copy the whole value; terminals and YAML folding like to cut it.',
    );
  } else {
    report(
      'gzip',
      'error',
      'corrupt-gzip',
      `the gzip stream is damaged: ${result.text}`,
      'Encode the file again.',
    );
  }
  return undefined;
}

function openBase64(raw: string, layers: readonly string[], report: Report): Opened | undefined {
  const compact = raw.replace(/\s+/g, '');
  if (layers.length === 0) judgeAlphabet(raw, compact, report);
  const length = compact.replace(/=+$/, '').length;
  if (length % 4 === 1) {
    report(
      'base64',
      'error',
      'truncated',
      `${length} base64 characters: at least one is missing at the end`,
      'Copy the whole value.',
    );
  } else if (compact.length % 4 !== 0) {
    report(
      'base64',
      'error',
      'padding',
      'the padding (=) is missing or cut: unexpected EOF',
      'The adaptor wants the padding; use base64 -w0 and copy its trailing "=".',
    );
  }
  // Buffer reads both alphabets and stops at nothing, which is what a doctor wants.
  return { layer: 'base64', bytes: Buffer.from(compact, 'base64') };
}

function judgeAlphabet(raw: string, compact: string, report: Report): void {
  if (/[-_]/.test(compact)) {
    const at = compact.search(/[-_]/);
    report(
      'base64',
      'error',
      'url-safe',
      `URL-safe alphabet: "${compact.charAt(at)}" at character ${at + 1} is illegal base64 data`,
      'Use standard base64: replace - by + and _ by /.',
    );
  }
  if (/[ \t]/.test(raw.trim())) {
    report(
      'base64',
      'error',
      'blanks',
      'blanks inside the base64 text are illegal',
      'Join the lines without blanks; base64 -w0 prints one line.',
    );
  } else if (/[\r\n]/.test(raw.trim())) {
    report(
      'base64',
      'warning',
      'wrapped',
      'the base64 text is wrapped; line breaks are skipped, yet YAML folding may turn them into blanks',
      'Use base64 -w0.',
    );
  }
}

function judgeOrder(layers: readonly string[], report: Report): void {
  const order = layers.filter((layer) => layer !== 'toml').join(' ');
  if (order === 'base64 gzip') return;
  if (order === '' || order === 'image' || order === 'gzip') {
    const what = order === '' ? 'TOML text' : order === 'gzip' ? 'bare gzip' : 'a disk image';
    report(
      'base64',
      'info',
      'not-encoded',
      `this is ${what}, not yet an annotation value`,
      'Encode it: katasim initdata encode FILE.',
    );
    return;
  }
  if (order === 'base64') {
    report(
      'gzip',
      'error',
      'missing-gzip',
      'base64 of the bare TOML, without gzip: gzip: invalid header',
      'That was the form before cloud-api-adaptor v0.14.0; compress first: gzip -c initdata.toml | base64 -w0.',
    );
    return;
  }
  if (order.startsWith('base64 base64')) {
    report(
      'base64',
      'error',
      'double-base64',
      `encoded with base64 ${layers.filter((layer) => layer === 'base64').length} times`,
      'Encode once; a Secret manifest adds its own base64, a ConfigMap or annotation does not.',
    );
    return;
  }
  report(
    'gzip',
    'error',
    'wrong-order',
    `wrapped as ${order.replaceAll(' ', ' of ')}, expected base64 of gzip`,
    'Encode the file again.',
  );
}
