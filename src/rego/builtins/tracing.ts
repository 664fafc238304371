/** Notes for people: `trace` and `print`. */
import { defineBuiltin } from './define.ts';

export const tracing = [
  defineBuiltin({
    name: 'trace',
    summary: 'Adds a note to the trace; true.',
    args: ['string'],
    result: 'boolean',
    impl(text: string) {
      this.note(text);
      return true;
    },
    // regorus answers with the text itself, which is as true.
    regorusImpl(text: string) {
      this.note(text);
      return text;
    },
  }),
  // The evaluator prints: it knows undefined operands, places and where the lines go.
  defineBuiltin({
    name: 'print',
    summary: 'Prints its operands, undefined ones included; a statement without a value.',
    args: [],
    variadic: 'any',
    result: 'void',
    unchecked: true,
    impl: () => true,
  }),
];
