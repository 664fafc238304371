import type { Diagnostic } from '#rego';
import type { Command } from '../../command.ts';
import { errorTree } from './answer.ts';
import { loadDocuments } from './documents.ts';
import { regoCliErrors } from './errors.ts';
import { prettyJson } from './json-text.ts';
import { compileDocuments, dialectOptions, errorsText, strictOptions } from './options.ts';

export const command: Command = {
  usage: 'rego check [-S] [-f FORM] [-m N] PATH...',
  details: 'Silent when all is well. Exit code 1: there are errors.',
  options: {
    format: {
      type: 'string',
      short: 'f',
      value: 'FORM',
      choices: ['pretty', 'json'],
      default: 'pretty',
      summary: 'form of the errors',
    },
    'max-errors': {
      type: 'string',
      short: 'm',
      value: 'N',
      default: '10',
      summary: 'show so many errors; 0 shows all',
    },
    bundle: {
      type: 'boolean',
      short: 'b',
      summary: 'the paths are bundles; read the same way here',
    },
    ...strictOptions,
    ...dialectOptions,
  },
  examples: [
    'katasim rego check policies/allow-all.rego',
    'katasim rego check -S -f json policy.rego',
  ],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands, output, stdin } = context;
    // Data beside policies, such as test vectors, has no say in whether they compile.
    const documents = await loadDocuments(operands, stdin, { folders: 'policies' });
    if (documents.modules.length === 0) throw regoCliErrors.noPolicy();
    const compiled = compileDocuments(context, documents, true);
    // The guest finds some errors only when it prepares the first evaluation.
    const late = compiled.ok ? compiled.policy.prepareFailure : undefined;
    const errors: readonly Diagnostic[] = compiled.ok
      ? late === undefined
        ? []
        : [late]
      : compiled.errors;
    if (errors.length === 0) return 0;
    const limit = options.count('max-errors') ?? 10;
    if (options.text('format') === 'json') {
      const shown = limit === 0 ? errors : errors.slice(0, limit);
      output.line(prettyJson({ errors: shown.map(errorTree) }));
    } else {
      output.note(errorsText(errors, limit === 0 ? errors.length + 1 : limit));
    }
    return 1;
  },
};
