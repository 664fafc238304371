import { describe, expect, test } from 'vitest';
import { opaPosition } from '../position.ts';
import { parseModule } from './parse/parse-module.ts';

const parse = (text: string) => parseModule({ name: 'p.rego', text });

function errorsOf(text: string): string[] {
  return parse(text).errors.map(({ message, span }) => {
    const { row, col } = opaPosition(span.source, span.start);
    return `${row}:${col} ${message}`;
  });
}

test('a block is read with every key', () => {
  const { module } = parse(
    `# METADATA
# title: All
# description: of it
# scope: document
# organizations:
# - ACME
# authors:
# - Ada Lovelace <ada@example.com>
# - name: Bob
# related_resources:
# - https://example.com
# - ref: https://example.com/x
#   description: more
# schemas:
# - input.a: schema.b
# - data.c: {type: object}
# entrypoint: true
# custom:
#   k: [1, {m: n}]
package p
`
      .replace('package p\n', '')
      .replace(/^/, 'package p\n\n') + 'x := 1\n',
  );
  const { span: _span, ...block } = module?.annotations[0] ?? { span: undefined };
  expect(block).toEqual({
    scope: 'document',
    title: 'All',
    description: 'of it',
    organizations: ['ACME'],
    authors: [{ name: 'Ada Lovelace', email: 'ada@example.com' }, { name: 'Bob' }],
    relatedResources: [
      { ref: 'https://example.com' },
      { ref: 'https://example.com/x', description: 'more' },
    ],
    schemas: [
      { path: ['input', 'a'], schema: ['schema', 'b'] },
      { path: ['data', 'c'], definition: { type: 'object' } },
    ],
    entrypoint: true,
    custom: { k: [1, { m: 'n' }] },
  });
});

describe('the scope', () => {
  test.each([
    ['# METADATA\n# title: t\npackage p', 'package'],
    ['package p\n# METADATA\n# title: t\nx := 1', 'rule'],
    ['package p\n# METADATA\n# entrypoint: true\nx := 1', 'document'],
    ['# METADATA\n# scope: subpackages\npackage p', 'subpackages'],
  ])('%j is of the %s', (text, scope) => {
    expect(parse(text).module?.annotations[0]?.scope).toBe(scope);
  });

  test('a document block belongs to every rule of the name, a rule block to the next', () => {
    const { module } = parse(
      'package p\n# METADATA\n# scope: document\nx := 1 if a\nx := 2 if b\n# METADATA\n# title: r\nx := 3 if c\ny := 1',
    );
    expect(module?.rules.map(({ annotations }) => annotations.map(({ scope }) => scope))).toEqual([
      ['document'],
      ['document'],
      ['document', 'rule'],
      [],
    ]);
  });
});

describe('errors', () => {
  test.each([
    ['package p\n# METADATA\nx := 1', '2:1 expected METADATA block, found whitespace'],
    [
      'package p\n# METADATA\n# scope: x\ny := 1',
      "2:1 invalid annotation scope 'x'. Use one of 'rule', 'document', 'package', or 'subpackages'",
    ],
    [
      'package p\n# METADATA\n# scope: package\ny := 1',
      "2:1 annotation scope 'package' must be applied to package (have rule)",
    ],
    [
      'package p\n# METADATA\n# scope: rule\n# entrypoint: true\ny := 1',
      "2:1 annotation entrypoint applied to non-document or package scope 'rule'",
    ],
    [
      'package p\n# METADATA\n# authors: [""]\ny := 1',
      '2:1 invalid author definition : author is an empty string',
    ],
    [
      'package p\n# METADATA\n# schemas: [{"1": schema.x}]\ny := 1',
      '2:1 invalid document reference',
    ],
    ['package p\n# METADATA\n# schemas: [{input: x}]\ny := 1', '2:1 invalid schema reference'],
  ])('%j', (text, want) => {
    expect(errorsOf(text)).toEqual([want]);
  });

  test('a fault in the YAML is at its line, with a hint', () => {
    const [error] = parse('package p\n# METADATA\n# title: t\n# a: b: c\nx := 1').errors;
    expect(error?.message).toMatch(/^yaml: /);
    expect(error?.span.start).toBe('package p\n# METADATA\n# title: t\n'.length);
    expect(error?.hint).toContain('YAML');
  });
});

test.each([
  ['indented comments', 'package p\n # METADATA\n # title: t\nx := 1'],
  ['other comments', 'package p\n# title: METADATA\nx := 1'],
])('%s are no block', (_note, text) => {
  expect(parse(text).module?.annotations).toEqual([]);
});
