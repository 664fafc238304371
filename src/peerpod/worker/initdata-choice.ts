/**
 * Which initdata a pod VM gets. The adaptor decides, and it never merges: a pod's own replaces the
 * global one whole. Source: cloud-api-adaptor v0.22.0 pkg/adaptor/cloud/cloud.go (CreateVM).
 */
import { messageOf } from '#base';
import { decodeInitdata, encodeInitdata, initdataAnnotationKey } from '#initdata';
import { peerpodErrors } from '../errors.ts';

export type InitdataChoice =
  /** The shim has already decoded the annotation: this is TOML, wrapped again for the way in. */
  | { readonly source: 'annotation'; readonly value: string; readonly toml: string }
  /** Passed on verbatim; the shim never saw it. */
  | { readonly source: 'global'; readonly value: string }
  /** The VM makes its own. */
  | { readonly source: 'none' };

export function chooseInitdata(
  vmAnnotations: Readonly<Record<string, string>>,
  global: string,
  adaptorVersion?: string,
): InitdataChoice {
  const toml = vmAnnotations[initdataAnnotationKey(adaptorVersion)] ?? '';
  if (toml !== '') return { source: 'annotation', value: encodeInitdata(toml), toml };
  return global === '' ? { source: 'none' } : { source: 'global', value: global };
}

/** The adaptor's check at start. */
export function assertGlobalInitdata(value: string): void {
  if (value === '') return;
  try {
    decodeInitdata(value, { reader: 'adaptor' });
  } catch (error) {
    throw peerpodErrors.globalInitdata(messageOf(error), error);
  }
}
