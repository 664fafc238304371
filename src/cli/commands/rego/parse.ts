import { formatErrors, moduleToJson, parseModule } from '#rego';
import type { Command } from '../../command.ts';
import { readText } from '../../files.ts';
import { errorTree } from './answer.ts';
import { indentJson, prettyJson } from './json-text.ts';
import { dialectOptions, profileOf } from './options.ts';

export const command: Command = {
  usage: 'rego parse [-f json|pretty] FILE',
  details: 'The tree is that of `opa parse`. Exit code 1: the policy does not parse.',
  options: {
    format: {
      type: 'string',
      short: 'f',
      value: 'FORM',
      choices: ['json', 'pretty'],
      default: 'json',
      summary: 'json, or the same as an indented outline',
    },
    ...dialectOptions,
  },
  examples: ['katasim rego parse policy.rego', 'katasim rego parse -f pretty policy.rego'],
  operands: { min: 1, max: 1 },
  async run(context) {
    const { options, operands, output, stdin } = context;
    const [name = '-'] = operands;
    const { engine, regoVersion, limits } = profileOf(context);
    const source = { name, text: await readText(name, stdin) };
    const { module, errors } = parseModule(source, {
      engine,
      regoVersion,
      ...(limits && { limits }),
    });
    const isJson = options.text('format') === 'json';
    if (module === undefined) {
      if (isJson) output.line(prettyJson({ errors: errors.map(errorTree) }));
      else output.note(errors[0]?.regorusText?.trimStart() ?? formatErrors(errors));
      return 1;
    }
    const json = moduleToJson(module);
    output.line(isJson ? indentJson(json) : outline(JSON.parse(json), 0).join('\n'));
    return 0;
  },
};

/** One line per node: what it is called, and its value where it has no parts. */
function outline(tree: unknown, depth: number): string[] {
  const indent = ' '.repeat(depth);
  if (typeof tree !== 'object' || tree === null) return [`${indent}${JSON.stringify(tree)}`];
  if (Array.isArray(tree)) return tree.flatMap((item) => outline(item, depth));
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'location') return [];
    const isLeaf = typeof value !== 'object' || value === null;
    return isLeaf
      ? [`${indent}${key}: ${JSON.stringify(value)}`]
      : [`${indent}${key}`, ...outline(value, depth + 1)];
  });
}
