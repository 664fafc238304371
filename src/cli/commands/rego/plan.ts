import { describePlan } from '#rego';
import type { Command } from '../../command.ts';
import { loadDocuments } from './documents.ts';
import { regoCliErrors } from './errors.ts';
import { indentJson } from './json-text.ts';
import { compileDocuments, dialectOptions, errorsText, strictOptions } from './options.ts';

export const command: Command = {
  usage: 'rego plan [-e RULE] PATH...',
  details: [
    'Per rule: the slots of its variables and the steps of each branch, in the order of evaluation.',
    'Per index: the references whose values tell which definitions of a name are tried.',
    'Exit code 1: the policy does not compile.',
  ].join('\n'),
  options: {
    entrypoint: {
      type: 'string',
      short: 'e',
      value: 'RULE',
      multiple: true,
      summary: 'only these rules, like agent_policy/ExecProcessRequest',
    },
    ...strictOptions,
    ...dialectOptions,
  },
  examples: [
    'katasim rego plan policy.rego',
    'katasim rego plan -e agent_policy/SetPolicyRequest policy.rego',
  ],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands, output, stdin } = context;
    const documents = await loadDocuments(operands, stdin);
    if (documents.modules.length === 0) throw regoCliErrors.noPolicy();
    const compiled = compileDocuments(context, documents, true);
    const failure = compiled.ok ? compiled.policy.prepareFailure : undefined;
    if (!compiled.ok || failure !== undefined) {
      output.note(
        errorsText(compiled.ok ? [failure].filter((one) => one !== undefined) : compiled.errors),
      );
      return 1;
    }
    const { program, resolved, profile } = compiled.policy;
    const wanted = new Set(options.list('entrypoint'));
    const isWanted = ({ path }: { readonly path: readonly string[] }): boolean =>
      wanted.size === 0 || wanted.has(path.join('/'));
    const plans = resolved.rules.map((rule) => program.plan(rule)).filter(isWanted);
    output.line(indentJson(describePlan(plans, profile, program.indexes().filter(isWanted))));
    return 0;
  },
};
