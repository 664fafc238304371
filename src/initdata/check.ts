/**
 * The inner half of the doctor: the TOML text and what stands in it. Errors stop some real part,
 * warnings are the traps that make a digest or a policy other than meant.
 */
import { parse as parseInner } from 'smol-toml';
import { KatasimError, messageOf, nearest } from '#base';
import { parseInitdata, type InitdataDocument } from './document.ts';
import { findToml11 } from './toml11.ts';
import { decodeUtf8 } from './utf8.ts';

export type FindingSeverity = 'error' | 'warning' | 'info';

export interface InitdataFinding {
  readonly severity: FindingSeverity;
  /** The layer it was found in, outermost first. */
  readonly layer: 'key' | 'base64' | 'gzip' | 'image' | 'toml' | 'document' | 'data';
  /** Stable, for tools: `double-base64`, `not-gzip`, ... */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export type Report = (
  layer: InitdataFinding['layer'],
  severity: FindingSeverity,
  code: string,
  message: string,
  hint?: string,
) => void;

/** What process-user-data writes out; every other key is measured and otherwise ignored. */
export const INITDATA_FILES = ['aa.toml', 'cdh.toml', 'policy.rego'] as const;

const CODES: Readonly<Record<string, string>> = {
  INITDATA_NOT_TOML: 'not-toml',
  INITDATA_NOT_UTF8: 'not-utf8',
  INITDATA_VERSION: 'wrong-version',
  INITDATA_ALGORITHM: 'wrong-algorithm',
  INITDATA_TOO_LARGE: 'too-large',
};

export function checkDocument(bytes: Uint8Array, report: Report): InitdataDocument | undefined {
  const document = parseStep(bytes, report);
  if (!document) return undefined;
  checkText(decodeUtf8(bytes), report);
  checkData(document, report);
  return document;
}

function parseStep(bytes: Uint8Array, report: Report): InitdataDocument | undefined {
  try {
    return parseInitdata(bytes);
  } catch (error) {
    if (!(error instanceof KatasimError)) throw error;
    const code = CODES[error.code] ?? 'bad-document';
    const layer = code === 'not-toml' || code === 'not-utf8' ? 'toml' : 'document';
    const json =
      code === 'not-toml' && /^\s*\{/.test(Buffer.from(bytes.subarray(0, 64)).toString());
    report(
      layer,
      'error',
      code,
      json ? 'this is JSON; initdata is TOML' : error.message,
      error.hint,
    );
  }
  // A wrong version stops the agent and runtime-rs, not the adaptor: its digest is still of use.
  try {
    return parseInitdata(bytes, { reader: 'adaptor' });
  } catch {
    return undefined;
  }
}

function checkText(text: string, report: Report): void {
  for (const use of findToml11(text).slice(0, 5)) {
    report(
      'toml',
      'error',
      'toml-1.1',
      `line ${use.line}, column ${use.column}: ${use.what} is TOML 1.1; the real parts read TOML 1.0`,
      'Write it the TOML 1.0 way.',
    );
  }
  if (text.includes('\r\n')) {
    report(
      'toml',
      'warning',
      'crlf',
      'Windows line ends (CR LF) are part of the digest',
      'If the digest was taken of a copy with LF, they differ; run dos2unix first.',
    );
  }
  if (text.startsWith('\ufeff')) {
    report(
      'toml',
      'warning',
      'bom',
      'a byte order mark starts the file and is part of the digest',
      'Save it without the mark.',
    );
  }
  if (!text.endsWith('\n')) {
    report(
      'toml',
      'warning',
      'no-final-newline',
      'no newline at the end: the digest differs from that of the file with one',
      'Shell $(...) strips it; compare digests of the file itself.',
    );
  }
}

function checkData({ data, algorithm }: InitdataDocument, report: Report): void {
  for (const key of data.keys()) {
    if ((INITDATA_FILES as readonly string[]).includes(key)) continue;
    const meant = nearest(key, INITDATA_FILES);
    report(
      'data',
      'warning',
      'ignored-key',
      `File: ${key} is not allowed in initdata.`,
      `It is measured but not written${meant === undefined ? '' : `; did you mean "${meant}"?`}. Allowed: ${INITDATA_FILES.join(', ')}.`,
    );
  }
  if (!data.has('policy.rego')) {
    report(
      'data',
      'info',
      'no-policy',
      "no policy.rego: the image's default policy applies, not that of the global INITDATA",
    );
  }
  if (!data.has('aa.toml')) {
    report(
      'data',
      'warning',
      'no-aa',
      'no aa.toml: in a real peer pod the attestation agent, and with it the kata agent, does not start',
    );
  }
  if (algorithm !== 'sha256') {
    report(
      'document',
      'info',
      'not-sha256',
      `${algorithm}: the sha256sum recipe for PCR 8 gives a value the VM never produces`,
      'katasim initdata digest prints the right one.',
    );
  }
  for (const [key, text] of data) {
    if (!key.endsWith('.toml') || /^\s*$/.test(text)) continue;
    innerToml(key, text, report);
  }
}

function innerToml(key: string, text: string, report: Report): void {
  try {
    parseInner(text);
  } catch (error) {
    report(
      'data',
      'error',
      'inner-toml',
      `${key}: ${messageOf(error).split('\n')[0] ?? ''}`,
      `The value of ${key} is TOML itself.`,
    );
  }
}
