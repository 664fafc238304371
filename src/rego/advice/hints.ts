/**
 * What an author is likely to have meant, added to an engine's error. The engine's words stay as they
 * are; a row matches them and answers with one sentence.
 */
import { nearest } from '#base';
import type { Module } from '../ast.ts';
import { builtinNames } from '../builtins/registry.ts';
import { walkRule } from '../compile/walk.ts';
import type { Diagnostic } from '../source.ts';

type Hint = (
  match: RegExpExecArray,
  diagnostic: Diagnostic,
  names: () => Names,
) => string | undefined;

interface Names {
  /** Rules, imports and variables of all modules. */
  readonly values: readonly string[];
  readonly functions: readonly string[];
}

const REPLACEMENTS: Readonly<Record<string, string>> = {
  any: '`true in xs`',
  all: '`every x in xs { x }`',
  re_match: '`regex.match`',
  set_diff: '`a - b`',
  'net.cidr_overlap': '`net.cidr_contains`',
};

const KEYWORDS = new Set(['if', 'in', 'every', 'contains']);

const didYouMean = (name: string, candidates: readonly string[]): string | undefined => {
  const near = nearest(
    name,
    candidates.filter((candidate) => candidate !== name),
  );
  return near === undefined ? undefined : `Did you mean \`${near}\`?`;
};

/** Keys offered by `want (one of): ["a" "b"]`. */
function offered({ details }: Diagnostic): readonly string[] {
  const list = details.find((line) => line.includes('want (one of): ')) ?? '';
  return Array.from(list.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, key = '']) => key);
}

const HINTS: readonly (readonly [pattern: RegExp, hint: Hint])[] = [
  [
    /^var `(.+)` used before definition below$/,
    ([, name = '']) =>
      `\`${name}\` is bound already, here or around it; agents before Kata 3.30.0 took that. Choose another name.`,
  ],
  [
    /^var (\S+) is unsafe$/,
    ([, name = ''], _, names) =>
      KEYWORDS.has(name)
        ? `\`${name}\` is a keyword only in Rego v1: add \`import rego.v1\`.`
        : (didYouMean(name, names().values) ??
          'Nothing gives it a value: bind it with `:=` or `some .. in` before it is used.'),
  ],
  [/^undefined function (\S+)$/, ([, name = ''], _, names) => didYouMean(name, names().functions)],
  [
    /^undefined ref: .*?([A-Za-z_]\w*)$/,
    ([, name = ''], diagnostic) => didYouMean(name, offered(diagnostic)),
  ],
  [
    /^match error$/,
    (_, { details }) =>
      details.some((line) => line.endsWith(': number')) &&
      details.some((line) => line.endsWith(': string'))
        ? 'A number never equals a string: convert one with `to_number` or `format_int`.'
        : 'The two sides can never be equal: check that both mean what you want to compare.',
  ],
  [
    /^var \S+ assigned above$/,
    () => 'Variables are assigned once: compare with `==`, or choose another name.',
  ],
  [/^var (\S+) referenced above$/, ([, name = '']) => `Assign ${name} before its first use.`],
  [
    /^(?:assigned|declared) var (\S+) unused$/,
    ([, name = '']) => `Remove it, or write \`_\` where ${name} stands.`,
  ],
  [
    /^rule \S+ is recursive/,
    () =>
      'Rego has no recursion: iterate with `some`, or reach deep values with `walk` or `graph.reachable`.',
  ],
  [
    /^deprecated built-in function calls in expression: (\S+)$/,
    ([, name = '']) => {
      const instead = REPLACEMENTS[name];
      return instead === undefined
        ? 'Test the kind with an `is_...` builtin instead.'
        : `Write ${instead} instead.`;
    },
  ],
  [
    /^conflicting rules (\S+) found$/,
    () =>
      'One name is one kind of rule: a value, a set (`contains`), an object, or a function of fixed arity.',
  ],
  [
    /^multiple default rules /,
    () => 'Keep one default. Values for special cases go into rules with a body.',
  ],
  [/^print\(.*\) used as value$/s, () => 'Put `print(...)` on a line of its own.'],
  [/^import must not shadow /, () => 'Remove one of the two, or give one another name with `as`.'],
  [
    /^with keyword cannot partially replace virtual document/,
    () =>
      'Replace the whole rule: build its value with `object.union` and name the rule as target.',
  ],
  [
    /^unexpected keyword `(\w+)`/,
    ([, keyword = ''], { span }) =>
      /\.\s*$/.test(span.source.text.slice(0, span.start))
        ? `The guest's engine takes no keyword after a dot: write \`["${keyword}"]\`.`
        : undefined,
  ],
  [
    /^`if` keyword is required before/,
    () => 'Write `name if { ... }`; the policy is read as Rego v1.',
  ],
  [
    /^`contains` keyword is required/,
    () => 'Write `name contains element if { ... }`; the policy is read as Rego v1.',
  ],
];

/** The same diagnostics, with a hint where one is known and none is set. */
export function withHints(
  diagnostics: readonly Diagnostic[],
  modules: readonly Module[],
): readonly Diagnostic[] {
  let names: Names | undefined;
  const lazyNames = (): Names => (names ??= collectNames(modules));
  return diagnostics.map((diagnostic) => {
    if (diagnostic.hint !== undefined) return diagnostic;
    for (const [pattern, hint] of HINTS) {
      const match = pattern.exec(diagnostic.message);
      if (match === null) continue;
      const text = hint(match, diagnostic, lazyNames);
      return text === undefined ? diagnostic : { ...diagnostic, hint: text };
    }
    return diagnostic;
  });
}

function collectNames(modules: readonly Module[]): Names {
  const values = new Set(['input', 'data']);
  const functions = new Set(builtinNames());
  for (const { imports, rules } of modules) {
    for (const { name } of imports) if (name !== undefined) values.add(name);
    for (const rule of rules) {
      if (rule.head.kind === 'function') functions.add(rule.head.name);
      else values.add(rule.head.name);
      walkRule(rule, {
        term(term) {
          if (term.kind === 'var') values.add(term.name);
          return undefined;
        },
      });
    }
  }
  return { values: [...values], functions: [...functions] };
}
