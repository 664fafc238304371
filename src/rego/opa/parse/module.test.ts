import { describe, expect, test } from 'vitest';
import type { RegoVersion, Term } from '../../ast.ts';
import { valueBuilder } from '../../value.ts';
import { expandConstant, parseModule } from './parse-module.ts';
import { errorsOf, parse } from './testing.ts';

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
  test.each([
    ['', ['1:1 empty module']],
    ['x := 1', ['1:1 package expected']],
  ])('%j', (text, want) => {
    expect(errorsOf(text)).toEqual(want);
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
