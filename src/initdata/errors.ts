/**
 * The ways an initdata value goes wrong. The messages are those of the real parts and come from the
 * files that read a document; this catalogue gives each a stable code and a hint.
 */
import { KatasimError } from '#base';

interface TomlPlace {
  /** Without it the error has no location: the text came from an annotation, say. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly excerpt?: readonly string[] | undefined;
}

export const initdataErrors = {
  /** `goText` is the adaptor's and shim's own text; `layer` says which wrapping did not open. */
  undecodable: (layer: 'base64' | 'gzip', goText: string, hint: string) =>
    new KatasimError(layer === 'base64' ? 'INITDATA_NOT_BASE64' : 'INITDATA_NOT_GZIP', goText, {
      hint,
    }),
  tooLarge: (what: string, max: number) =>
    new KatasimError('INITDATA_TOO_LARGE', `${what} is larger than ${max} bytes`, {
      hint: 'Real initdata is a few KiB; this one may be a decompression bomb.',
    }),
  notUtf8: (offset: number) =>
    new KatasimError('INITDATA_NOT_UTF8', `initdata is not UTF-8 at byte ${offset}`, {
      hint: 'TOML is UTF-8 text; save the file without a UTF-16 or Latin-1 encoding. What it may be instead: `katasim initdata doctor`.',
    }),
  toml: (message: string, { file, line, column, excerpt = [] }: TomlPlace) =>
    new KatasimError('INITDATA_NOT_TOML', message, {
      hint: "Keys with a dot need quotes (\"policy.rego\"), values go in ''' ... '''.",
      ...(file !== undefined && {
        location: { file, ...(line !== undefined && { line, column: column ?? 1 }) },
      }),
      excerpt,
    }),
  version: (message: string) =>
    new KatasimError('INITDATA_VERSION', message, { hint: 'Write version = "0.1.0".' }),
  algorithm: (message: string) =>
    new KatasimError('INITDATA_ALGORITHM', message, {
      hint: 'Write algorithm = "sha256", "sha384" or "sha512", lower case and without a dash.',
    }),
  notAnImage: (reason: string) =>
    new KatasimError('INITDATA_NOT_AN_IMAGE', `not an initdata disk image: ${reason}`, {
      hint: 'The image starts with the eight characters "initdata" and a little-endian length.',
    }),
  platform: (digest: string) =>
    new KatasimError('INITDATA_DIGEST', `not a digest in hex: ${digest.slice(0, 80)}`, {
      hint: 'Pass 64, 96 or 128 hexadecimal characters.',
    }),
};
