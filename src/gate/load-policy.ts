/**
 * A policy from the bytes of a file: Rego text, a WebAssembly module, or an OPA bundle with one in it
 * (tar, gzipped or not). Told apart by their first bytes, never by the name.
 */
import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { policyErrors } from './errors.ts';
import { readTar } from './tar.ts';
import type { Json } from '#wire';
import type { PolicyDocument } from './agent-policy.ts';
import type { PolicySource } from './provenance.ts';
import type { WasmEngine, loadWasm } from './wasm-engine.ts';

const WASM = Buffer.from('\0asm');
const GZIP = Buffer.from([0x1f, 0x8b]);

/** An archive may unpack to this much and no more: the guest's own bound on policy text, four times. */
const MAX_UNPACKED = 64 << 20;

const startsWith = (bytes: Uint8Array, magic: Buffer): boolean =>
  magic.equals(bytes.subarray(0, magic.length));

/** `ustar` at 257 marks a tar archive. */
const isTar = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(257, 262)).toString('latin1') === 'ustar';

/** Throws `POLICY_NOT_UTF8` or `POLICY_BAD_MODULE`; Rego text itself is parsed later. */
export async function policyDocument(
  bytes: Uint8Array,
  { source, module }: { readonly source: PolicySource; readonly module: string },
): Promise<PolicyDocument> {
  if (startsWith(bytes, WASM))
    return { source, module, text: { engine: await wasm(bytes, module), bytes } };
  const archive = startsWith(bytes, GZIP) ? gunzip(bytes, module) : bytes;
  if (isTar(archive)) return await loadBundle(archive, bytes, { source, module });
  if (archive !== bytes)
    throw policyErrors.badModule(module, new Error('the gzip stream holds no tar archive'));
  if (!isUtf8(bytes)) throw policyErrors.notUtf8(module);
  return { source, module, text: Buffer.from(bytes).toString('utf8') };
}

/** Loaded when first needed: most policies are text, and the program starts faster without. */
async function wasm(...args: Parameters<typeof loadWasm>): Promise<WasmEngine> {
  const { loadWasm: load } = await import('./wasm-engine.ts');
  return load(...args);
}

function gunzip(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
  } catch (cause) {
    throw policyErrors.badModule(file, cause);
  }
}

/** With policy.wasm that; else the one Rego file of a bundle as `opa build` writes it by default. */
async function loadBundle(
  archive: Uint8Array,
  bytes: Uint8Array,
  { source, module: file }: { readonly source: PolicySource; readonly module: string },
): Promise<PolicyDocument> {
  const files = readTar(archive, file);
  const data = bundleData(files.get('data.json'), file);
  const module = files.get('policy.wasm');
  if (module !== undefined) {
    const engine = await wasm(module, `${file}:policy.wasm`, data);
    return { source, module: file, text: { engine, bytes } };
  }
  const texts = [...files].filter(
    ([name]) => name.endsWith('.rego') && !name.endsWith('_test.rego'),
  );
  const [first, ...others] = texts;
  if (first === undefined) throw policyErrors.noModule(file, [...files.keys()]);
  const [name, text] = first;
  if (others.length > 0)
    throw policyErrors.severalModules(
      file,
      texts.map(([one]) => one),
    );
  if (Object.keys(data).length > 0) throw policyErrors.dataInBundle(file, Object.keys(data));
  if (!isUtf8(text)) throw policyErrors.notUtf8(`${file}:${name}`);
  return { source, module: `${file}:${name}`, text: Buffer.from(text).toString('utf8') };
}

function bundleData(bytes: Uint8Array | undefined, file: string): Readonly<Record<string, Json>> {
  if (bytes === undefined) return {};
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw policyErrors.badModule(`${file}:data.json`, cause);
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw policyErrors.badModule(`${file}:data.json`, new Error('it is not an object'));
  return data as Readonly<Record<string, Json>>;
}
