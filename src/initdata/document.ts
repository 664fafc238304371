/**
 * The initdata document: TOML bytes in, values out. The bytes are kept as they came, because the
 * digest is over them and not over any parsed form (a final newline or a CR counts). Sources:
 * kata-containers 4.1.0 src/libs/kata-types/src/initdata.rs and src/runtime/pkg/oci/utils.go,
 * cloud-api-adaptor v0.22.0 pkg/initdata/initdata.go.
 */
import { parse, TomlError } from 'smol-toml';
import { KatasimError, messageOf } from '#base';
import { initdataErrors } from './errors.ts';

export const INITDATA_VERSION = '0.1.0';
export const INITDATA_ALGORITHMS = ['sha256', 'sha384', 'sha512'] as const;
export type InitdataAlgorithm = (typeof INITDATA_ALGORITHMS)[number];

export interface InitdataDocument {
  readonly version: string;
  readonly algorithm: InitdataAlgorithm;
  /** The `[data]` table: `policy.rego`, `aa.toml`, `cdh.toml` and whatever else was measured. */
  readonly data: ReadonlyMap<string, string>;
  /** Exactly the bytes that were decoded; the digest is over these. */
  readonly bytes: Uint8Array;
}

/** Who reads the document: each of the real parts has its own checks and words. */
export type InitdataReader = 'agent' | 'runtime-rs' | 'runtime-go' | 'adaptor';

interface ReaderRules {
  /** Put before the cause when the text is not a document. */
  readonly context: string;
  /** Rust parsers demand all three keys; Go leaves what is missing empty. */
  readonly requiresKeys: boolean;
  readonly checksVersion: boolean;
  readonly badAlgorithm: (algorithm: string) => string;
}

const rustAlgorithm = (algorithm: string): string =>
  `unsupported algorithm: ${algorithm}, supported algorithms: ${INITDATA_ALGORITHMS.join(', ')}`;

const READERS: Readonly<Record<InitdataReader, ReaderRules>> = {
  agent: {
    context: 'parse initdata failed',
    requiresKeys: true,
    checksVersion: true,
    badAlgorithm: rustAlgorithm,
  },
  'runtime-rs': {
    context: 'parse initdata',
    requiresKeys: true,
    checksVersion: true,
    badAlgorithm: rustAlgorithm,
  },
  'runtime-go': {
    context: 'parsing initdata annotation failed',
    requiresKeys: false,
    checksVersion: false,
    // Upstream has no text: it uses the nil hash of the unknown name and the shim panics.
    badAlgorithm: (algorithm) =>
      `unknown initdata algorithm "${algorithm}": the shim would panic on a nil hash`,
  },
  adaptor: {
    context: 'Error parse initdata',
    requiresKeys: false,
    checksVersion: false,
    badAlgorithm: (algorithm) =>
      `Error creating initdata digest, algorithm ${algorithm} is not supported`,
  },
};

export interface ParseInitdataOptions {
  /** Default `agent`: the strictest, the document every part accepts. */
  readonly reader?: InitdataReader;
  readonly maxBytes?: number;
}

/** 4 MiB, the largest ttrpc message; a document that long reaches no agent. */
export const MAX_INITDATA_BYTES = 4 << 20;

/** Parses and checks a document the way `reader` does; throws with that reader's words. */
export function parseInitdata(
  toml: string | Uint8Array,
  options: ParseInitdataOptions = {},
): InitdataDocument {
  const rules = READERS[options.reader ?? 'agent'];
  const maxBytes = options.maxBytes ?? MAX_INITDATA_BYTES;
  if (toml.length > maxBytes) throw initdataErrors.tooLarge('the initdata document', maxBytes);
  const bytes = typeof toml === 'string' ? Buffer.from(toml, 'utf8') : toml;
  const table = parseTable(decodeUtf8(bytes), rules);

  const version = stringField(table, 'version', rules);
  const algorithm = stringField(table, 'algorithm', rules);
  const data = dataField(table, rules);
  if (rules.checksVersion && version !== INITDATA_VERSION) {
    throw initdataErrors.version(`unsupported version: ${version}, expected: ${INITDATA_VERSION}`);
  }
  if (!isAlgorithm(algorithm)) throw initdataErrors.algorithm(rules.badAlgorithm(algorithm));
  return { version, algorithm, data, bytes };
}

export function isAlgorithm(name: string): name is InitdataAlgorithm {
  return (INITDATA_ALGORITHMS as readonly string[]).includes(name);
}

export function decodeUtf8(bytes: Uint8Array): string {
  try {
    // ignoreBOM keeps the mark in the text: it is part of the digest and smol-toml skips it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw initdataErrors.notUtf8(firstInvalidUtf8(bytes));
  }
}

function firstInvalidUtf8(bytes: Uint8Array): number {
  const replacement = Buffer.from('\ufffd');
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let offset = 0;
  for (const char of text) {
    const length = Buffer.byteLength(char);
    if (char === '\ufffd' && !replacement.equals(bytes.subarray(offset, offset + 3))) return offset;
    offset += length;
  }
  return offset;
}

function parseTable(text: string, rules: ReaderRules): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) {
      throw initdataErrors.toml(`${rules.context}: ${messageOf(error)}`, {});
    }
    // smol-toml's message is a sentence, an empty line and a code block.
    const [sentence = '', ...excerpt] = error.message.split('\n').filter((line) => line !== '');
    throw initdataErrors.toml(
      `${rules.context}: ${sentence.replace('Invalid TOML document: ', '')} (line ${error.line}, column ${error.column})`,
      { line: error.line, column: error.column, excerpt },
    );
  }
}

function missing(key: string, rules: ReaderRules): KatasimError {
  return initdataErrors.toml(`${rules.context}: missing field \`${key}\``, {});
}

function stringField(table: Record<string, unknown>, key: string, rules: ReaderRules): string {
  const value = table[key];
  if (value === undefined) {
    if (rules.requiresKeys) throw missing(key, rules);
    return '';
  }
  if (typeof value !== 'string') {
    throw initdataErrors.toml(`${rules.context}: ${key} is ${kindOf(value)}, not a string`, {});
  }
  return value;
}

function dataField(table: Record<string, unknown>, rules: ReaderRules): Map<string, string> {
  const value = table['data'];
  const data = new Map<string, string>();
  if (value === undefined) {
    if (rules.requiresKeys) throw missing('data', rules);
    return data;
  }
  if (kindOf(value) !== 'a table') {
    throw initdataErrors.toml(`${rules.context}: data is ${kindOf(value)}, not a table`, {});
  }
  for (const [key, text] of Object.entries(value as object)) {
    if (typeof text !== 'string') {
      const inner = kindOf(text) === 'a table' ? Object.keys(text as object)[0] : undefined;
      const quoted = inner === undefined ? '' : `; did you mean "${key}.${inner}" in quotes?`;
      throw initdataErrors.toml(
        `${rules.context}: data.${key} is ${kindOf(text)}, not a string${quoted}`,
        {},
      );
    }
    data.set(key, text);
  }
  return data;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object' && value !== null) return 'a table';
  return `a ${typeof value}`;
}
