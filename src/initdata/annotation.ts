/**
 * The annotation value and its keys: base64(gzip(TOML)), under a key that changed its spelling.
 * Sources: cloud-api-adaptor docs/initdata.md of v0.15.0 and v0.16.0, kata-containers 4.1.0
 * src/runtime/pkg/oci/utils.go and src/libs/kata-types/src/initdata.rs.
 */
import { encodeBase64, decodeBase64Stream } from './base64.ts';
import {
  type InitdataDocument,
  type InitdataReader,
  MAX_INITDATA_BYTES,
  parseInitdata,
} from './document.ts';
import { initdataErrors } from './errors.ts';
import { gunzip, gzip } from './gzip.ts';

/** Read by the Go runtime, runtime-rs and cloud-api-adaptor since v0.16.0 (2025-09). */
export const INITDATA_ANNOTATION = 'io.katacontainers.config.hypervisor.cc_init_data';
/** Read by cloud-api-adaptor before v0.16.0; the OpenShift documentation 1.10 still prints it. */
export const INITDATA_ANNOTATION_OLD = 'io.katacontainers.config.runtime.cc_init_data';

/** Newest first. There is no alias: each version of the adaptor reads exactly one of them. */
export const INITDATA_ANNOTATIONS = [
  { key: INITDATA_ANNOTATION, since: '0.16.0' },
  { key: INITDATA_ANNOTATION_OLD, since: '0.0.0' },
] as const;

/**
 * The key that this version of cloud-api-adaptor reads (`0.17.0`, `v0.15.1`); the newest without.
 */
export function initdataAnnotationKey(adaptorVersion?: string): string {
  const row = INITDATA_ANNOTATIONS.find(
    ({ since }) => adaptorVersion === undefined || compareVersions(adaptorVersion, since) >= 0,
  );
  return row?.key ?? INITDATA_ANNOTATION;
}

/** The key that an older or newer adaptor reads, for the warning that it was ignored. */
export function otherInitdataAnnotationKey(key: string): string {
  return key === INITDATA_ANNOTATION ? INITDATA_ANNOTATION_OLD : INITDATA_ANNOTATION;
}

function compareVersions(a: string, b: string): number {
  const parts = (text: string): number[] =>
    text
      .replace(/^v/, '')
      .split(/[.+-]/, 3)
      .map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** TOML to annotation value: one line, deterministic. */
export function encodeInitdata(toml: string | Uint8Array): string {
  return encodeBase64(gzip(typeof toml === 'string' ? Buffer.from(toml, 'utf8') : toml));
}

export interface DecodeInitdataOptions {
  readonly reader?: InitdataReader | undefined;
  /** Bound of the decompressed document; default 32 MiB. */
  readonly maxBytes?: number | undefined;
  /** The file the value was read from; errors of the document are then located in it. */
  readonly file?: string | undefined;
}

/**
 * Prefixes of the two shims; the adaptor prints the bare text. Source: kata-containers 4.1.0
 * src/runtime/pkg/oci/utils.go, src/libs/kata-types/src/initdata.rs.
 */
const GZIP_CONTEXT: Readonly<Record<InitdataReader, { header: string; body: string }>> = {
  agent: { header: '', body: '' },
  adaptor: { header: '', body: '' },
  'runtime-go': {
    header: 'initdata create gzip reader error: ',
    body: 'uncompressing initdata with gzip error: ',
  },
  'runtime-rs': {
    header: 'decoding initdata annotation failed: gz decoder failed: ',
    body: 'decoding initdata annotation failed: gz decoder failed: ',
  },
};

/**
 * Annotation value to TOML bytes, unparsed. Throws with the text of `reader` (default adaptor).
 */
export function decodeInitdataBytes(
  value: string,
  { reader = 'adaptor', maxBytes = MAX_INITDATA_BYTES }: DecodeInitdataOptions = {},
): Uint8Array {
  // base64 grows by a third and gzip of noise hardly shrinks: more than twice the bound is hopeless.
  if (value.length > 2 * maxBytes)
    throw initdataErrors.tooLarge('the initdata value', 2 * maxBytes);
  const stream = decodeBase64Stream(value);
  if (stream.error !== undefined && reader === 'runtime-rs') {
    throw initdataErrors.undecodable(
      'base64',
      `decoding initdata annotation failed: base64 decode: ${stream.error}`,
      base64Hint(stream.errorAt),
    );
  }
  const context = GZIP_CONTEXT[reader];
  const result = gunzip(stream.bytes, { maxBytes, endError: stream.error });
  switch (result.kind) {
    case 'ok':
      return result.bytes;
    case 'too-large':
      throw initdataErrors.tooLarge('the decompressed initdata', maxBytes);
    case 'bad':
      throw initdataErrors.undecodable(
        result.text.startsWith('illegal base64') ? 'base64' : 'gzip',
        (result.header ? context.header : context.body) + result.text,
        result.text === stream.error ? base64Hint(stream.errorAt) : GZIP_HINT,
      );
  }
}

const GZIP_HINT =
  'The value is base64 of gzip of the TOML file: gzip -c initdata.toml | base64 -w0; `katasim initdata doctor` says what this one is.';

function base64Hint(errorAt: number | undefined): string {
  return `The base64 is wrong or cut at character ${(errorAt ?? 0) + 1}; \`katasim initdata doctor\` takes it apart.`;
}

/** Annotation value to document. */
export function decodeInitdata(
  value: string,
  options: DecodeInitdataOptions = {},
): InitdataDocument {
  return parseInitdata(decodeInitdataBytes(value, options), options);
}
