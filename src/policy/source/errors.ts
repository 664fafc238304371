/** How a file that should hold a policy can be something else. */
import { KatasimError, type ErrorLocation } from '#base';

export const sourceErrors = {
  noPolicy: (file: string, reason: string) =>
    new KatasimError('CHECK_NO_POLICY', `there is no policy: ${reason}`, {
      location: { file },
      hint: 'Give Rego text, an initdata document, an annotation value, or a manifest with one of these in it.',
    }),
  noPolicyInValue: (location: ErrorLocation) =>
    new KatasimError('CHECK_NO_POLICY', 'the value is neither base64 of Rego nor base64 of gzip', {
      location,
      hint: '`katasim initdata doctor` takes such a value apart layer by layer.',
    }),
  badGzip: (location: ErrorLocation, cause: unknown) =>
    new KatasimError('CHECK_GZIP', 'the gzip stream is damaged or too large', {
      location,
      hint: 'Make the file again, or pass the unpacked one.',
      cause,
    }),
  badYaml: (reason: string, location: ErrorLocation) =>
    new KatasimError('CHECK_YAML', `this is not YAML: ${reason}`, {
      location,
      hint: 'Correct the manifest at the place shown.',
    }),
  inside: ({ code, message, hint, excerpt }: KatasimError, location: ErrorLocation) =>
    new KatasimError(code, message, { location, excerpt, ...(hint !== undefined && { hint }) }),
};
