import { describe, expect, test } from 'vitest';
import type { RegoVersion, Term } from '../../ast.ts';
import { opaPosition } from '../../position.ts';
import { valueBuilder } from '../../value.ts';
import { expandConstant, parseModule } from './parse-module.ts';

const parse = (text: string, regoVersion: RegoVersion = 'v1') =>
  parseModule(
    { name: 'p.rego', text },
    { regoVersion, isBuiltin: (name) => name === 'count' || name === 'equal' },
  );

/** `row:col message` of every error. */
function errorsOf(text: string, version?: RegoVersion): string[] {
  return parse(text, version).errors.map(({ message, span }) => {
    const { row, col } = opaPosition(span.source, span.start);
    return `${row}:${col} ${message}`;
  });
}

/** The value of `x := ...` below the package. */
function valueOf(text: string): Term {
  const { module, errors } = parse(`package p\nx := ${text}`);
  const value = module?.rules[0]?.head.value;
  if (value === undefined) throw new Error(errors[0]?.message ?? 'no value');
  return value;
}

/** A term as text with every infix call in parentheses, to show how it groups. */
function shape(term: Term): string {
  switch (term.kind) {
    case 'call': {
      const args = term.args.map(shape);
      if (term.infix === undefined) return `${term.name}(${args.join(' ')})`;
      return args.length === 3
        ? `(${args[0] ?? ''},${args[1] ?? ''} in ${args[2] ?? ''})`
        : `(${args.join(` ${term.infix} `)})`;
    }
    case 'comprehension':
      return `${term.shape}-compr<${shape(term.value)}>`;
    case 'array':
    case 'set':
      return `${term.kind}<${term.items.map(shape).join(' ')}>`;
    case 'object':
      return `object<${term.keys.map(shape).join(' ')}>`;
    case 'ref':
      return `${shape(term.head)}${term.path.map((part) => `.${shape(part)}`).join('')}`;
    default:
      return term.span.source.text.slice(term.span.start, term.span.end);
  }
}

describe('grouping', () => {
  test.each([
    ['1 + 2 * 3 - 4', '((1 + (2 * 3)) - 4)'],
    ['a | b & c == d', '((a | (b & c)) == d)'],
    ['a in b in c', '((a in b) in c)'],
    ['(k, v in xs)', '(k,v in xs)'],
    ['[1 in [1], 2 in [2]]', 'array<(1 in array<1>) (2 in array<2>)>'],
    ['{a | b}', 'set-compr<a>'],
    ['{(a | b)}', 'set<(a | b)>'],
    ['{a | b, c}', 'set<(a | b) c>'],
    ['[a | b; c]', 'array-compr<a>'],
    ['{"k": a | b}', 'object-compr<a>'],
    ['{"k": (a | b)}', 'object<"k">'],
    ['-x + 1', '((- - x) + 1)'],
    ['f(x).y["z"][i]', 'f(x).y."z".i'],
    ['1 < 2 == true', '((1 < 2) == true)'],
  ])('%s groups as %s', (text, want) => {
    expect(shape(valueOf(text))).toBe(want);
  });
});

describe('literals keep their spelling', () => {
  test.each(['1.0', '1e3', '-0.50', '0', '12345678901234567890', '1e-7'])('%s', (text) => {
    expect(valueOf(text)).toMatchObject({ kind: 'number', text });
  });

  test.each([
    ['"a\\u00e9\\n\\/"', 'aé\n/'],
    ['`raw\\n`', 'raw\\n'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\ud83d"', '\ufffd'],
  ])('%s is the string %j', (text, value) => {
    expect(valueOf(text)).toMatchObject({ kind: 'string', value });
  });
});

describe('errors are those of OPA, with place', () => {
  test.each<[string, string[], RegoVersion?]>([
    ['', ['1:1 empty module']],
    ['x := 1', ['1:1 package expected']],
    ['package p\npackage q', ['2:1 unexpected package']],
    [
      'package p\nx := 01',
      [
        '2:6 unexpected number token: expected number without leading zero',
        '2:6 unexpected number token: expected rule value term (e.g., x := <VALUE> { ... })',
      ],
    ],
    ['package p\nx := 1.', ['2:6 expected fraction', '2:6 illegal token', '2:6 illegal token']],
    ['package p\nx := "a', ['2:6 non-terminated string', '2:6 illegal token', '2:6 illegal token']],
    [
      'package p\nx := "\\q"',
      ['2:6 illegal escape sequence', '2:6 illegal token', '2:6 illegal token'],
    ],
    ['package p\nx if { true true }', ['2:13 unexpected true keyword: expected \\n or ; or }']],
    ['package p\nx if { not not y }', ['2:12 unexpected not keyword']],
    [
      'package p\nx if { not some y }',
      ["2:12 unexpected some keyword: illegal negation of 'some'"],
    ],
    [
      'package p\nx if { every y { z } }',
      ['2:16 unexpected { token: expected `x[, y] in xs { ... }` expression'],
    ],
    ['package p\nx { y }', ['2:1 `if` keyword is required before rule body']],
    [
      'package p\nx[y] { y }',
      [
        '2:1 `if` keyword is required before rule body',
        '2:1 `contains` keyword is required for partial set rules',
      ],
    ],
    ['package p\na.b.c', ['2:1 rule must have value assignment and/or body declaration']],
    ['package p\ny', ['2:1 var cannot be used for rule name']],
    ['package p\ncount(y)', ['2:1 rule name conflicts with built-in function']],
    [
      'package p\nx if y else',
      ['2:11 unexpected eof token: expected else value term or rule body'],
    ],
    [
      'package p\nx contains y if z else := 1',
      ['2:19 else keyword cannot be used on multi-value rules'],
    ],
    [
      'package p\nx[y] if z else := 1',
      ['2:11 else keyword cannot be used on rules with variables in head'],
    ],
    ['package p\ndefault x := y', ['2:1 illegal default rule (value cannot contain var)']],
    [
      'package p\ndefault f(a, a) := 1',
      ['2:1 illegal default rule (arguments cannot be repeated a)'],
    ],
    [
      'package p\nimport foo.bar',
      [
        '2:8 unexpected import path, must begin with one of: {data, future, input, rego}, got: foo (hint: if this is unexpected, try updating OPA)',
      ],
    ],
    ['package p\nimport rego.v2', ['2:8 invalid import `rego.v2`, must be `rego.v1`']],
    [
      'package p\nimport future.keywords.foo',
      ['2:8 unexpected keyword, must be one of [contains every if in not]'],
    ],
    [
      'package p\nimport data.x.if',
      [
        '2:15 unexpected import path, must not end with a keyword, got: if (hint: import a different path or use an alias)',
      ],
    ],
    [
      'package p\nx { some y in z }',
      [
        '2:12 unexpected identifier token: expected \\n or ; or } (hint: `import future.keywords.in` for `some x in xs` expressions)',
      ],
      'v0',
    ],
    ['package p\nx = 1 { y } {}', ['2:14 found empty body'], 'v0'],
    [
      'package p\nx := input. y',
      [
        '2:12 unexpected whitespace token: expected identifier',
        '2:12 unexpected whitespace token: expected rule value term (e.g., x := <VALUE> { ... })',
      ],
    ],
    ['package p\nx := "abc"[0]', ['2:6 illegal ref (head cannot be string)']],
    [
      'package p\nx := $"{y = 1}"',
      [
        "2:9 unexpected unification ('=') in template-string expression",
        '2:14 unexpected } token: expected rule value term (e.g., x := <VALUE> { ... })',
      ],
    ],
  ])('%j', (text, want, version) => {
    expect(errorsOf(text, version)).toEqual(want);
  });

  test('an excerpt shows the line without its tabs and a caret', () => {
    const [error] = parse('package p\n\tx := )').errors;
    expect(error?.details).toEqual(['x := )', '     ^']);
  });

  test('reading goes on at the next line that starts a statement', () => {
    const { errors, recovered } = parse('package p\nx := )\ny := 1\nz := ]\n');
    expect(errors.map(({ span }) => span.start)).toEqual([15, 15]);
    expect(recovered.map(({ message }) => message)).toEqual(['unexpected ] token']);
  });
});

describe('rules', () => {
  const rulesOf = (text: string, version?: RegoVersion) => {
    const { module, errors } = parse(`package p\n${text}`, version);
    if (module === undefined) throw new Error(errors[0]?.message);
    return module.rules;
  };

  test.each<[string, RegoVersion, object]>([
    ['p[x] { x := 1 }', 'v0', { kind: 'multi', path: [], hasContains: false }],
    ['p.a { true }', 'v0', { kind: 'multi', path: [], key: { value: 'a' } }],
    ['p[x] = y { x := 1; y := 2 }', 'v0', { kind: 'single', path: [{ name: 'x' }] }],
    ['p contains x if x := 1', 'v1', { kind: 'multi', hasContains: true }],
    ['a.b contains 1', 'v1', { kind: 'multi', path: [{ value: 'b' }] }],
    ['p[x] if x := 1', 'v1', { kind: 'single', path: [{ name: 'x' }] }],
    ['f(x, [y]) := y', 'v1', { kind: 'function', args: [{ kind: 'var' }, { kind: 'array' }] }],
    ['if.x := 1', 'v1', { name: 'if', path: [{ value: 'x' }] }],
  ])('%s in %s', (text, version, head) => {
    expect(rulesOf(text, version)[0]?.head).toMatchObject(head);
  });

  test('a v0 rule with two bodies is two rules', () => {
    const [first, second] = rulesOf('x = 1 { a } { b }', 'v0');
    expect([first?.chained, second?.chained]).toEqual([false, true]);
    expect(second?.head).toBe(first?.head);
  });

  test('braces behind `if` are a body unless only a literal fits', () => {
    const bodies = rulesOf(
      'a if { x }\nb if {"k": 1}\nc if {1, 2} == y\nd if {}\ne if {z | z := 1}',
    );
    const kinds = bodies.map(({ body }) => {
      const [literal] = body ?? [];
      return literal?.kind === 'expr' ? literal.term.kind : literal?.kind;
    });
    expect(kinds).toEqual(['var', 'object', 'call', 'object', 'comprehension']);
  });

  test('else branches keep their order', () => {
    const [rule] = rulesOf('x := 1 if a else := 2 if b else := 3');
    expect(rule?.else).toMatchObject({
      value: { text: '2' },
      else: { value: { text: '3' }, body: undefined },
    });
  });
});

describe('constants', () => {
  const build = (text: string) =>
    parseModule({ name: 'p', text }, { builder: valueBuilder('decimal') }).module?.rules[0]?.head
      .value;

  test('ground collections become one node with their value', () => {
    expect(build('package p\nx := {"a": [1, {"b": null}], "c": {1, 2}}')).toMatchObject({
      kind: 'constant',
      shape: 'object',
    });
  });

  test.each(['[y]', '{"a": y}', '[[1], f(2)]', '{x | x := 1}'])('%s does not', (text) => {
    expect(build(`package p\nx := ${text}`)?.kind).not.toBe('constant');
  });

  test('expand to the elements that were written', () => {
    const constant = build('package p\nx := [1.50, {"a": "b"}][0]');
    expect(constant?.kind).toBe('ref');
    const head = constant?.kind === 'ref' ? constant.head : undefined;
    if (head?.kind !== 'constant') throw new Error('not a constant');
    expect(expandConstant(head)).toMatchObject({
      kind: 'array',
      items: [{ kind: 'number', text: '1.50' }, { kind: 'object' }],
    });
  });
});

describe('bad input', () => {
  test.each([
    ['100,000 brackets', 'x := ' + '['.repeat(100_000)],
    ['100,000 braces', 'x := ' + '{'.repeat(100_000)],
    ['100,000 parentheses', 'x := ' + '('.repeat(100_000)],
    ['comprehensions within each other', 'x := ' + '[a | '.repeat(100_000)],
    ['a sum of 100,000', 'x := 1' + ' + 1'.repeat(100_000)],
    ['calls within each other', 'x := ' + 'f('.repeat(100_000)],
  ])('%s: a located error', (_note, text) => {
    expect(errorsOf(`package p\n${text}`)[0]).toMatch(
      /^2:\d+ max parsing recursion depth exceeded$/,
    );
  });

  test.each([
    ['NUL', 'x := 1\0', 'illegal null character'],
    ['a byte order mark in the middle', 'x := \ufeff1', 'illegal byte-order mark'],
    ['half a surrogate pair', 'x := "\ud83d"', 'illegal utf-8 character'],
  ])('%s is refused', (_note, text, message) => {
    expect(parse(`package p\n${text}`).errors[0]?.message).toBe(message);
  });

  test('a text that was not UTF-8 is refused', () => {
    const source = { name: 'p', text: 'package p', invalidUtf8: true };
    expect(parseModule(source).errors[0]?.message).toBe('illegal utf-8 character');
  });

  test('a leading byte order mark is skipped', () => {
    expect(parse('\ufeffpackage p\nx := 1').errors).toEqual([]);
  });

  test('a text beyond the limit is refused', () => {
    const limits = { maxLength: 20 };
    expect(
      parseModule({ name: 'p', text: 'package p # and much more' }, { limits }).errors,
    ).toHaveLength(1);
  });

  test('unions that look like comprehensions are read once, not twice per level', () => {
    const text = `package p\nx := ${'{a | b, '.repeat(130)}1${'}'.repeat(130)}`;
    expect(parse(text).errors).toEqual([]);
  });
});
