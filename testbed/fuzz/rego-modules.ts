/** Arbitrary Rego modules: well-formed ones from the grammar, and nearly well-formed ones made of them. */
import fc from 'fast-check';

const name = fc.constantFrom('a', 'b', 'xs', 'input', 'data', '_', 'f', 'policy_data', 'contains');
const field = fc.constantFrom('a', 'b', 'c', 'if', 'not', 'x1');

const scalar = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '0', '1', '-2', '1.50', '3e2', '12345678901234567890'),
  fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('`raw`', '`two\nlines`', '"\\u00e9"'),
);

const separator = fc.constantFrom(', ', ',\n', ' , # why\n');

/** Items between brackets, sometimes on lines of their own and with a trailing comma. */
const list = (item: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(item, { minLength: 1, maxLength: 3 }),
      separator,
      fc.constantFrom('', ',', '\n'),
    )
    .map(([items, between, end]) => items.join(between) + end);

const operator = fc.constantFrom('+', '-', '*', '/', '%', '&', '==', '!=', '<', '<=', '>', '>=');

export const { term, body, literal } = fc.letrec<
  Record<'term' | 'infix' | 'literal' | 'body', string>
>((tie) => ({
  term: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'term' },
    scalar,
    name,
    fc
      .tuple(
        name,
        fc.array(
          fc.oneof(
            field.map((f) => `.${f}`),
            tie('term').map((t) => `[${t}]`),
          ),
          { minLength: 1, maxLength: 2 },
        ),
      )
      .map(([head, path]) => head + path.join('')),
    list(tie('infix')).map((items) => `[${items}]`),
    list(tie('term')).map((items) => `{${items}}`),
    list(fc.tuple(scalar, tie('term')).map(([k, v]) => `${k}: ${v}`)).map((pairs) => `{${pairs}}`),
    fc.constantFrom('set()', '{}', '[]'),
    fc.tuple(name, list(tie('infix'))).map(([callee, args]) => `${callee}(${args})`),
    fc.tuple(tie('term'), tie('body')).map(([head, inner]) => `[${head} | ${inner}]`),
    fc.tuple(tie('term'), tie('body')).map(([head, inner]) => `{${head} | ${inner}}`),
    fc.tuple(scalar, tie('term'), tie('body')).map(([k, v, inner]) => `{${k}: ${v} | ${inner}}`),
    tie('infix').map((inner) => `(${inner})`),
  ),
  infix: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'infix' },
    tie('term'),
    fc.tuple(tie('term'), operator, tie('infix')).map(([l, op, r]) => `${l} ${op} ${r}`),
    fc.tuple(tie('term'), tie('term')).map(([l, r]) => `(${l} | ${r})`),
    fc.tuple(tie('term'), tie('term')).map(([l, r]) => `${l} in ${r}`),
  ),
  literal: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'literal' },
    tie('infix'),
    tie('infix').map((inner) => `not ${inner}`),
    fc.tuple(fc.constantFrom('x', 'y', '[x, y]'), tie('infix')).map(([v, e]) => `${v} := ${e}`),
    fc.tuple(tie('term'), tie('infix')).map(([v, e]) => `${v} = ${e}`),
    fc.constantFrom('some x', 'some x, y'),
    tie('term').map((domain) => `some x in ${domain}`),
    tie('term').map((domain) => `some x, [y] in ${domain}`),
    fc
      .tuple(tie('term'), tie('body'))
      .map(([domain, inner]) => `every x in ${domain} { ${inner} }`),
    fc.tuple(tie('infix'), tie('term')).map(([e, v]) => `${e} with input.a as ${v}`),
  ),
  body: fc
    .tuple(
      fc.array(tie('literal'), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('; ', '\n', '\n\n# note\n', ' # behind\n'),
    )
    .map(([literals, between]) => literals.join(between)),
}));

const args = fc
  .array(fc.oneof(fc.constantFrom('x', 'y', '_', '[x, _]'), scalar), { minLength: 1, maxLength: 2 })
  .map((items) => items.join(', '));

const ruleName = fc.constantFrom('allow', 'deny', 'p', 'q.r.s', 'a.b.c', 'p');

const branch = fc.tuple(term, body).map(([value, inner]) => ` else := ${value} if {\n${inner}\n}`);

const rule = fc.oneof(
  fc.tuple(ruleName, term).map(([head, value]) => `${head} := ${value}`),
  fc.tuple(ruleName, body).map(([head, inner]) => `${head} if {\n${inner}\n}`),
  fc
    .tuple(ruleName, term, body)
    .map(([head, value, inner]) => `${head} := ${value} if { ${inner} }`),
  fc.tuple(ruleName, literal).map(([head, one]) => `${head} if ${one}`),
  fc
    .tuple(ruleName, term, body)
    .map(([head, key, inner]) => `${head} contains ${key} if {\n${inner}\n}`),
  fc.tuple(ruleName, args, term).map(([head, list_, value]) => `${head}(${list_}) := ${value}`),
  fc
    .tuple(fc.constantFrom('allow', 'p'), body, fc.array(branch, { maxLength: 2 }))
    .map(([head, inner, rest]) => `${head} if {\n${inner}\n}${rest.join('')}`),
  scalar.map((value) => `default allow := ${value}`),
);

const between = fc.constantFrom(
  '\n',
  '\n\n',
  '\n\n# a comment\n',
  ' # behind\n',
  '\n# METADATA\n# title: t\n',
);

const imports = fc.constantFrom(
  '',
  'import rego.v1\n',
  'import data.a as b\nimport input.c # c\n',
  'import future.keywords.in\n',
);

/** Well-formed but for what the grammar cannot say: some of these are refused by one engine or both. */
export const moduleText: fc.Arbitrary<string> = fc
  .tuple(imports, fc.array(fc.tuple(rule, between), { maxLength: 4 }))
  .map(([head, rules]) => `package p\n\n${head}${rules.flat().join('')}`);

const shards = fc.constantFrom(
  ...'{ } [ ] ( ) , ; : . := = == | & - + " ` $" # \\ \n \t \0 é 😀 \ud83d \ufeff \r 1. 01 1e some every not with as if else contains default import package in set( __proto__'.split(
    ' ',
  ),
  '\n',
  ' ',
);

/** A module with a few characters taken out, put in or doubled. */
export const brokenModuleText: fc.Arbitrary<string> = fc
  .tuple(
    moduleText,
    fc.array(fc.tuple(fc.nat(), fc.nat(8), shards), { minLength: 1, maxLength: 3 }),
  )
  .map(([text, edits]) =>
    edits.reduce((before, [at, length, shard]) => {
      const place = before.length === 0 ? 0 : at % before.length;
      return before.slice(0, place) + shard + before.slice(place + (length % 4));
    }, text),
  );
