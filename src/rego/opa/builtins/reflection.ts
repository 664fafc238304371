/** What a policy may ask about its engine, its own annotations and other Rego text. */
import { moduleToJson } from '../ast-json.ts';
import { parseJson } from '../../json.ts';
import { parseModule } from '../parse/parse-module.ts';
import { RegoObject, type Value } from '../../value.ts';
import { builtinFault, defineBuiltin } from '../../builtins/define.ts';

export const reflection = [
  defineBuiltin({
    name: 'opa.runtime',
    summary: 'What the host says about itself; an empty object unless it says anything.',
    args: [],
    result: 'object[string: any]',
    nondeterministic: true,
    impl() {
      return this.runtime ?? RegoObject.empty;
    },
  }),
  // The compiler puts the annotations in place of these calls; without any there is nothing to tell.
  defineBuiltin({
    name: 'rego.metadata.chain',
    summary: 'Annotations of the calling rule and of what it stands in.',
    args: [],
    result: 'array[any]',
    impl: (): Value => [],
  }),
  defineBuiltin({
    name: 'rego.metadata.rule',
    summary: 'Annotations of the calling rule.',
    args: [],
    result: 'any',
    impl: (): Value => RegoObject.empty,
  }),
  defineBuiltin({
    name: 'rego.parse_module',
    summary: 'Syntax tree of Rego text, as an object.',
    args: ['string', 'string'],
    result: 'object[string: any]',
    impl(file: string, text: string) {
      this.charge(text.length);
      const { regoVersion } = this.profile;
      const { module, errors } = parseModule({ name: file, text }, { regoVersion });
      const [error] = errors;
      if (error !== undefined || module === undefined) {
        return builtinFault(
          `${error?.code ?? 'rego_parse_error'}: ${error?.message ?? 'empty module'}`,
        );
      }
      return parseJson(moduleToJson(module), this.profile.numbers);
    },
  }),
];
