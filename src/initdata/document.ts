/**
 * The initdata document: TOML bytes in, values out. The bytes are kept as they came, because the
 * digest is over them and not over any parsed form (a final newline or a CR counts). Sources:
 * kata-containers 4.1.0 src/libs/kata-types/src/initdata.rs and src/runtime/pkg/oci/utils.go,
 * cloud-api-adaptor v0.22.0 pkg/initdata/initdata.go.
 */
import { initdataErrors } from './errors.ts';
import { decodeGoToml } from './go-toml/decode.ts';
import { GoTomlError } from './go-toml/scan.ts';
import { decodeAsGoShim, decodeWithSerde } from './struct-fields.ts';

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

/** Who reads the document: each of the real parts has its own parser, checks and texts. */
export type InitdataReader = 'agent' | 'runtime-rs' | 'runtime-go' | 'adaptor';

interface Fields {
  readonly version: string;
  readonly algorithm: string;
  readonly data: ReadonlyMap<string, string>;
}

interface ReaderRules {
  readonly decode: (bytes: Uint8Array, file: string | undefined) => Fields;
  readonly checksVersion: boolean;
  readonly badAlgorithm: (algorithm: string) => string;
}

const rustAlgorithm = (algorithm: string): string =>
  `unsupported algorithm: ${algorithm}, supported algorithms: ${INITDATA_ALGORITHMS.join(', ')}`;

/** kata-types, in the agent and in runtime-rs. `context` is what each puts before the cause. */
const rustReader = (context: string): ReaderRules => ({
  decode: (bytes, file) => decodeWithSerde(bytes, { context, file }),
  checksVersion: true,
  badAlgorithm: rustAlgorithm,
});

const READERS: Readonly<Record<InitdataReader, ReaderRules>> = {
  agent: rustReader('parse initdata failed'),
  'runtime-rs': rustReader('parse initdata'),
  'runtime-go': {
    decode: decodeAsGoShim,
    checksVersion: false,
    // Upstream has no text: it uses the nil hash of the unknown name and the shim panics.
    badAlgorithm: (algorithm) =>
      `unknown initdata algorithm "${algorithm}": the shim would panic on a nil hash`,
  },
  adaptor: {
    decode: decodeAsAdaptor,
    checksVersion: false,
    badAlgorithm: (algorithm) =>
      `Error creating initdata digest, algorithm ${algorithm} is not supported`,
  },
};

export interface ParseInitdataOptions {
  /** Default `agent`: the strictest, the document every part accepts. */
  readonly reader?: InitdataReader | undefined;
  readonly maxBytes?: number | undefined;
  /** The file the text was read from; errors are then located in it. */
  readonly file?: string | undefined;
}

/**
 * 32 MiB. Upstream has no bound (process-user-data takes a document of 20 MiB); ours keeps a
 * decompression bomb from filling the memory.
 */
export const MAX_INITDATA_BYTES = 32 << 20;

/** Parses and checks a document the way `reader` does; throws with that reader's text. */
export function parseInitdata(
  toml: string | Uint8Array,
  { reader = 'agent', maxBytes = MAX_INITDATA_BYTES, file }: ParseInitdataOptions = {},
): InitdataDocument {
  const rules = READERS[reader];
  if (toml.length > maxBytes) throw initdataErrors.tooLarge('the initdata document', maxBytes);
  const bytes = typeof toml === 'string' ? Buffer.from(toml, 'utf8') : toml;
  const { version, algorithm, data } = rules.decode(bytes, file);
  if (rules.checksVersion && version !== INITDATA_VERSION) {
    throw initdataErrors.version(`unsupported version: ${version}, expected: ${INITDATA_VERSION}`);
  }
  if (!isAlgorithm(algorithm)) throw initdataErrors.algorithm(rules.badAlgorithm(algorithm));
  return { version, algorithm, data, bytes };
}

function decodeAsAdaptor(bytes: Uint8Array, file: string | undefined): Fields {
  try {
    return decodeGoToml(bytes);
  } catch (error) {
    if (!(error instanceof GoTomlError)) throw error;
    throw initdataErrors.toml(error.message, { file, ...placeOf(bytes, error.offset) });
  }
}

function placeOf(bytes: Uint8Array, offset: number): { line: number; column: number } {
  const before = Buffer.from(bytes.subarray(0, offset)).toString('latin1');
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

function isAlgorithm(name: string): name is InitdataAlgorithm {
  return (INITDATA_ALGORITHMS as readonly string[]).includes(name);
}
