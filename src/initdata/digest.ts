/**
 * The digest of the document and every place it ends up in. Over the raw TOML bytes, never over a
 * canonical form (Trustee's specification describes one; neither Kata nor the adaptor does that).
 * Sources: cloud-api-adaptor v0.22.0 pkg/initdata and podvm/mkosi.images (PCR 8), kata-containers
 * 4.1.0 src/libs/kata-types/src/initdata.rs.
 */
import { createHash } from 'node:crypto';
import type { InitdataAlgorithm, InitdataDocument } from './document.ts';
import { initdataErrors } from './errors.ts';

/** Lower-case hex, as in /run/peerpod/initdata.digest. */
export function digestBytes(toml: Uint8Array, algorithm: InitdataAlgorithm): string {
  return createHash(algorithm).update(toml).digest('hex');
}

export function digestInitdata(document: InitdataDocument): string {
  return digestBytes(document.bytes, document.algorithm);
}

/**
 * PCR 8 of a vTPM that was extended once, from zero, in its sha256 bank: the first 64 hex
 * characters of the digest. Before adaptor v0.12.0 the whole digest went into two banks.
 */
export function pcr8(digestHex: string): string {
  const digest = fromHex(digestHex);
  return createHash('sha256').update(Buffer.alloc(32)).update(digest.subarray(0, 32)).digest('hex');
}

export type InitdataPlatform = 'snp' | 'tdx' | 'cca' | 'se' | 'sgx' | 'none';

interface PlatformRow {
  /** `undefined`: as long as the digest. */
  readonly size: number | undefined;
  readonly field: string;
}

/** SE is sized by runtime-rs only and attached by neither runtime; CCA is Go only. */
export const INITDATA_PLATFORMS: Readonly<Record<InitdataPlatform, PlatformRow>> = {
  snp: { size: 32, field: 'host-data' },
  tdx: { size: 48, field: 'mrconfigid' },
  cca: { size: 64, field: 'personalization-value' },
  se: { size: 256, field: 'user-data' },
  sgx: { size: 64, field: 'configid' },
  none: { size: undefined, field: 'digest' },
};

export interface PlatformField {
  readonly platform: InitdataPlatform;
  readonly field: string;
  readonly bytes: Uint8Array;
  readonly hex: string;
  readonly base64: string;
}

/** The digest cut, or zero-padded on the right, to what the platform's report holds. */
export function platformField(digestHex: string, platform: InitdataPlatform): PlatformField {
  const digest = fromHex(digestHex);
  const { size, field } = INITDATA_PLATFORMS[platform];
  const bytes = Buffer.alloc(size ?? digest.length);
  digest.copy(bytes);
  return { platform, field, bytes, hex: bytes.toString('hex'), base64: bytes.toString('base64') };
}

function fromHex(text: string): Buffer {
  if (!/^(?:[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i.test(text)) {
    throw initdataErrors.platform(text);
  }
  return Buffer.from(text, 'hex');
}
