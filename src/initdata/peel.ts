/**
 * The outer half of the doctor: opens base64, gzip and disk images, whatever their order, and says
 * what is wrong with each wrapping on the way in.
 */
import { messageOf } from '#base';
import type { Report } from './check.ts';
import { decodeDiskImage, isDiskImage } from './disk-image.ts';
import { gunzip, isGzip } from './gzip.ts';

/** More wrappings than this are not a mistake in encoding. */
const MAX_LAYERS = 6;

export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

interface UnwrapContext {
  readonly layers: string[];
  readonly report: Report;
  readonly maxBytes: number;
}

/** Opens wrappings until something that looks like TOML remains; undefined when one does not open. */
export function peel(
  start: Uint8Array,
  { layers, report, maxBytes }: UnwrapContext,
): Uint8Array | undefined {
  let bytes = start;
  for (let depth = 0; depth <= MAX_LAYERS; depth++) {
    const step = open(bytes, layers, report, maxBytes);
    if (step === 'toml') {
      checkOrder(layers, report);
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
  if (looksLikeToml(text)) return 'toml';
  if (looksLikeBase64(text)) {
    const inside = Buffer.from(text.replace(/\s+/g, ''), 'base64');
    if (isKnown(inside) || (text.length >= SHORTEST_VALUE && !/[ \t]/.test(text))) {
      return openBase64(latin1(bytes), layers, report);
    }
  }
  reportUnknown(bytes, text, layers, report);
  return undefined;
}

/** Shorter than that are words, not values: an empty gzip stream alone takes 28 characters. */
const SHORTEST_VALUE = 16;

const looksLikeBase64 = (text: string): boolean => /^[A-Za-z0-9+/_\s-]+={0,2}$/.test(text);

/** A table header, a key with its value, a comment, or JSON, which gets its own word later. */
const looksLikeToml = (text: string): boolean =>
  /^\s*(?:\[[^\]\n]+\]\s*$|["']?[\w.-]+["']?\s*=(?![=\s]*$)|#|\{)/m.test(text) ||
  // UTF-16 with its mark: TOML that was saved in the wrong encoding.
  /^(?:\u00ff\u00fe|\u00fe\u00ff|\u00ef\u00bb\u00bf)/.test(text);

/** Whether something of ours is inside: another wrapping, or the text. */
const isKnown = (bytes: Uint8Array): boolean =>
  isGzip(bytes) || isDiskImage(bytes) || isForeign(bytes) || looksLikeToml(latin1(bytes));

const isForeign = (bytes: Uint8Array): boolean =>
  FOREIGN.some(([, magic]) => magic.every((byte, i) => bytes[i] === byte));

/** None of the forms; what it is remains unknown. */
function reportUnknown(
  bytes: Uint8Array,
  text: string,
  layers: readonly string[],
  report: Report,
): void {
  const start = Buffer.from(bytes.subarray(0, 4))
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1 ');
  const outer = layers.at(-1);
  if (outer === 'base64') {
    report(
      'gzip',
      'error',
      'not-gzip',
      `what the base64 holds is not gzip: it begins with ${start}, gzip with 1f 8b`,
      'The value is base64 of gzip of the TOML file: gzip -c initdata.toml | base64 -w0.',
    );
  } else if (outer !== undefined) {
    report(
      'toml',
      'error',
      'not-toml',
      `what the ${outer} holds is not TOML: it begins with ${start}`,
    );
  } else {
    const at = text.search(/[^A-Za-z0-9+/=\r\n]/);
    const why = at < 0 ? 'too short' : `illegal at character ${at + 1}`;
    report(
      'base64',
      'error',
      'unknown',
      `neither base64 (${why}), nor gzip, TOML or a disk image: it begins with ${start}`,
      'Give the value of the annotation or of INITDATA, or the TOML file itself.',
    );
  }
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
  if (layers.length === 0) checkAlphabet(raw, compact, report);
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

function checkAlphabet(raw: string, compact: string, report: Report): void {
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

function checkOrder(layers: readonly string[], report: Report): void {
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
