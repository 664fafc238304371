/** What can be wrong with a manifest: its YAML, its fields and their values. */
import { KatasimError, type ErrorLocation } from '#base';

export const kubeErrors = {
  notYaml: (location: ErrorLocation, reason: string, excerpt: readonly string[]) =>
    new KatasimError('SHIM_NOT_YAML', `the manifest is not YAML: ${reason}`, {
      hint: 'Fix the line shown; indentation counts and tabs are not allowed.',
      location,
      excerpt,
    }),
  invalidPod: (location: ErrorLocation, path: string, reason: string, hint: string) =>
    new KatasimError('SHIM_INVALID_POD', `${path === '' ? 'the manifest' : path}: ${reason}`, {
      hint,
      location,
    }),
  /** In kubectl's words. */
  otherNamespace: (location: ErrorLocation, own: string, requested: string) =>
    new KatasimError(
      'SHIM_INVALID_POD',
      `the namespace from the provided object "${own}" does not match the namespace "${requested}"`,
      { hint: `Pass --namespace=${own}, or remove metadata.namespace.`, location },
    ),
  /** In the words of an API server with strict field validation. */
  unknownFields: (
    { kind, version }: { readonly kind: string; readonly version: string },
    location: ErrorLocation,
    fields: readonly { readonly path: string; readonly line: number; readonly hint: string }[],
  ) =>
    new KatasimError(
      'SHIM_UNKNOWN_FIELD',
      `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${fields
        .map(({ path }) => `unknown field "${path}"`)
        .join(', ')}`,
      {
        location,
        ...(fields.length === 1
          ? { hint: fields[0]?.hint ?? '' }
          : { excerpt: fields.map(({ path, line, hint }) => `line ${line}: ${path}: ${hint}`) }),
      },
    ),
};
