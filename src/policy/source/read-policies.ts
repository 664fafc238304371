/**
 * The one reader of policy files: text in any of its carriers, a WebAssembly module, an OPA bundle, a
 * gzipped initdata document, the initdata disk image. Told apart by content, never by name.
 */
import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { decodeDiskImage, isDiskImage } from '#initdata';
import { sourceErrors } from './errors.ts';
import { kindOfPolicyFile, policiesIn, type PolicyInFile } from './policies-in.ts';

/** Source: opa-wasm modules, RFC 1952, POSIX ustar (its mark is at 257). */
const WASM = Buffer.from('\0asm');
const GZIP = Buffer.from([0x1f, 0x8b]);
const TAR = { mark: Buffer.from('ustar'), at: 257 };

/** An initdata document unpacks to this much and no more: the agent's bound on policies, twice. */
const MAX_UNPACKED = 32 << 20;

const hasMark = (bytes: Uint8Array, mark: Buffer, at = 0): boolean =>
  mark.equals(bytes.subarray(at, at + mark.length));

/** Throws a located error when there is no policy in it. */
export async function readPolicies(
  bytes: Uint8Array,
  file: string,
): Promise<readonly PolicyInFile[]> {
  if (isDiskImage(bytes)) return await textPolicies(decodeDiskImage(bytes), file);
  if (hasMark(bytes, GZIP)) {
    const unpacked = gunzip(bytes, file);
    if (!hasMark(unpacked, TAR.mark, TAR.at) && isUtf8(unpacked))
      return await textPolicies(unpacked, file);
  } else if (!hasMark(bytes, WASM) && !hasMark(bytes, TAR.mark, TAR.at)) {
    return await textPolicies(bytes, file);
  }
  // Most policies are text: the engine is not loaded to read one.
  const { policyDocument } = await import('#gate');
  const { text, module = file } = await policyDocument(bytes, {
    source: 'image-default',
    module: file,
  });
  const inside = module === file ? undefined : module.slice(file.length + 1);
  const place = { file };
  if (typeof text === 'string') return [{ text, inside, place, shift: undefined }];
  return [{ text: '', inside, place, shift: undefined, compiled: text }];
}

async function textPolicies(bytes: Uint8Array, file: string): Promise<readonly PolicyInFile[]> {
  return await policiesIn(Buffer.from(bytes).toString('utf8'), file);
}

function gunzip(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch (cause) {
    throw sourceErrors.badGzip({ file }, cause);
  }
}

/**
 * Whether a file is a policy, by its beginning. False for what holds requests or test cases, and for
 * text that says nothing of itself.
 */
export function isPolicyFile(head: Uint8Array): boolean {
  if (isDiskImage(head) || hasMark(head, WASM) || hasMark(head, GZIP)) return true;
  if (hasMark(head, TAR.mark, TAR.at)) return true;
  const text = Buffer.from(head).toString('utf8');
  switch (kindOfPolicyFile(text)) {
    case 'initdata':
    case 'value':
      return true;
    case 'manifest':
      return /^[\s{]*["']?apiVersion["']?\s*:/m.test(text);
    case 'rego':
      return /^\s*package\s+\w/m.test(text);
  }
}
