/** What can be wrong with a policy before it decides anything, and with what is asked of it. */
import { KatasimError } from '#base';

export const policyErrors = {
  unknownVersion: (version: string, oldest: string, newest: string) =>
    new KatasimError('POLICY_UNKNOWN_KATA_VERSION', `there is no profile for Kata '${version}'`, {
      hint: `Any release from ${oldest} to ${newest} or next will do; katasim versions lists what changed.`,
    }),
  unknownEndpoint: (endpoint: string, near: string | undefined) =>
    new KatasimError(
      'POLICY_UNKNOWN_ENDPOINT',
      `'${endpoint}' is no endpoint${near === undefined ? '' : `, did you mean '${near}'?`}`,
      { hint: 'Endpoints are request messages, such as ExecProcessRequest.' },
    ),
  tooLarge: (file: string, size: number, max: number) =>
    new KatasimError(
      'POLICY_TOO_LARGE',
      `${file} exceeds maximum allowed policy file size ${String(max)} bytes`,
      { hint: `It has ${String(size)} bytes; leave out what the pod does not need.` },
    ),
  notUtf8: (file: string) =>
    new KatasimError('POLICY_NOT_UTF8', `${file} is not UTF-8 text`, {
      hint: 'Save the policy as UTF-8, or give a .wasm module or bundle.tar.gz.',
    }),
  noModule: (file: string, found: readonly string[]) =>
    new KatasimError('POLICY_BAD_MODULE', `bundle ${file} has no policy.wasm and no Rego`, {
      hint: `Make it with opa build -t wasm -e agent_policy/...; it holds ${found.slice(0, 5).join(', ') || 'nothing'}.`,
    }),
  severalModules: (file: string, names: readonly string[]) =>
    new KatasimError('POLICY_BAD_MODULE', `bundle ${file} has ${names.length} Rego files`, {
      hint: `The agent takes one text. Pass one of ${names.slice(0, 5).join(', ')}, or build with -t wasm.`,
    }),
  dataInBundle: (file: string, keys: readonly string[]) =>
    new KatasimError('POLICY_BAD_MODULE', `bundle ${file} has data beside its Rego`, {
      hint: `The agent takes no data document. Write ${keys.slice(0, 3).join(', ')} as rules, or build with -t wasm.`,
    }),
  badModule: (file: string, cause: unknown) =>
    new KatasimError('POLICY_BAD_MODULE', `${file} is no policy that can be run`, {
      hint: 'Give Rego text, a WebAssembly module made by opa build -t wasm, or a bundle with one.',
      cause,
    }),
};
