/** Options that the `rego` commands share, named as in `opa`, and what they make. */
import { NEWEST_KATA_VERSION } from '#base';
import {
  compile,
  type CompileResult,
  type Diagnostic,
  findProfile,
  formatErrors,
  type Profile,
  type Value,
} from '#rego';
import type { CommandContext, OptionTable } from '../../command.ts';
import { cutLongLines } from '../../long-lines.ts';
import { type Documents, loadDocument, loadDocuments } from './documents.ts';
import { regoCliErrors } from './errors.ts';

export const dialectOptions = {
  'v0-compatible': { type: 'boolean', summary: 'read policies as OPA did before 1.0' },
  'v1-compatible': { type: 'boolean', summary: 'read policies as OPA 1.0 does (the default)' },
  'kata-version': {
    type: 'string',
    value: 'VERSION',
    summary: `answer as the guest of this Kata release (newest known: ${NEWEST_KATA_VERSION}), not as OPA`,
  },
} as const satisfies OptionTable;

export const documentOptions = {
  data: {
    type: 'string',
    short: 'd',
    value: 'PATH',
    multiple: true,
    summary: 'policy or data file, or a folder of them; NAME:PATH puts data below data.NAME',
  },
  bundle: {
    type: 'string',
    short: 'b',
    value: 'PATH',
    multiple: true,
    summary: 'a folder laid out as a bundle; the same as --data here',
  },
  input: { type: 'string', short: 'i', value: 'FILE', summary: 'the input document, JSON or YAML' },
  'stdin-input': { type: 'boolean', short: 'I', summary: 'read the input document from stdin' },
} as const satisfies OptionTable;

export const strictOptions = {
  strict: {
    type: 'boolean',
    short: 'S',
    summary: 'unused variables, arguments and imports are errors',
  },
} as const satisfies OptionTable;

/** OPA's engine, or the guest's of `--kata-version`. */
export function profileOf({ options }: CommandContext): Profile {
  const version = options.text('kata-version');
  const name = version === undefined ? 'opa' : `kata-${version}`;
  const profile = findProfile(name);
  if (profile === undefined) throw regoCliErrors.unknownKata(version ?? '', NEWEST_KATA_VERSION);
  return options.flag('v0-compatible') ? { ...profile, regoVersion: 'v0' } : profile;
}

export function loadPaths(context: CommandContext): Promise<Documents> {
  const { options } = context;
  const paths = [...options.list('data'), ...options.list('bundle')];
  return loadDocuments(paths, context.stdin, { numbers: profileOf(context).numbers });
}

export async function loadInput(context: CommandContext): Promise<Value | undefined> {
  const { options, stdin } = context;
  const path = options.text('input');
  const { numbers } = profileOf(context);
  if (options.flag('stdin-input')) {
    if (path !== undefined) throw regoCliErrors.twoInputs();
    return loadDocument('-', stdin, numbers);
  }
  return path === undefined ? undefined : loadDocument(path, stdin, numbers);
}

export function compileDocuments(
  context: CommandContext,
  { modules }: Documents,
  prints: boolean,
): CompileResult {
  return compile(modules, {
    profile: profileOf(context),
    strict: context.options.flag('strict'),
    prints,
  });
}

/** Errors as the engine of the profile words them. */
export function errorsText(errors: readonly Diagnostic[], limit?: number): string {
  const [first] = errors;
  return cutLongLines(first?.regorusText?.trimStart() ?? formatErrors(errors, limit));
}
