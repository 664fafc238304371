import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import type { CompiledPolicy, QueryOptions } from '../compiled-policy.ts';
import { type RuleIndex, scalarOf } from './rule-index.ts';
import { equalValues } from '../order.ts';
import { parseJson } from '../json.ts';

const PROFILES = ['opa', 'kata'];

function policyOf(lines: readonly string[], profile: string): CompiledPolicy {
  const text = ['package p', 'import rego.v1', ...lines].join('\n');
  const result = compile([{ name: 'p.rego', text }], { profile, prints: true });
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  return result.policy;
}

function indexOf(lines: readonly string[], profile = 'opa'): RuleIndex | undefined {
  return policyOf(lines, profile).program.indexes()[0]?.index;
}

const cases = (index: RuleIndex | undefined): unknown =>
  index && {
    tables: index.tables.map(({ ref, cases: of }) => [ref.text, Object.fromEntries(of)]),
    always: index.always,
  };

/** Four definitions with the literal, numbered. */
const four = (literal: (i: number) => string): readonly string[] =>
  [0, 1, 2, 3].map((i) => `r := ${String(i)} if { ${literal(i)} }`);

describe('the index of a name', () => {
  it('files definitions under the reference that tells most of them apart', () => {
    expect(cases(indexOf(four((i) => `input.kind == "k"; input.n == ${String(i)}`)))).toEqual({
      tables: [['input["n"]', { 0: [0], 1: [1], 2: [2], 3: [3] }]],
      always: [],
    });
  });

  it('keeps definitions without a test for every lookup, in order', () => {
    const lines = four((i) => `input.n = "${String(i)}"`);
    const index = indexOf([...lines.slice(0, 2), 'r := 9 if input.ok', ...lines.slice(2)]);
    expect(index?.always).toEqual([2]);
  });

  it('takes constants of a list, and of every else', () => {
    expect(cases(indexOf(four((i) => `input.n in ["a", ${String(i)}]`)))).toMatchObject({
      tables: [['input["n"]', { a: [0, 1, 2, 3], 2: [2] }]],
    });
    const chain = (i: number): string =>
      `r := 1 if { input.n == ${String(i)} } else := 2 if { input.n == ${String(i + 10)} }`;
    expect(cases(indexOf([0, 1, 2, 3].map(chain)))).toMatchObject({
      tables: [['input["n"]', { 1: [1], 11: [1] }]],
    });
  });

  it('takes operands of functions', () => {
    const clauses = ['a', 'b', 'c', 'd'].map((text) => `f("${text}", x) := x.y`);
    expect(cases(indexOf(clauses))).toMatchObject({ tables: [['operand 1', { a: [0] }]] });
    const fields = ['a', 'b', 'c', 'd'].map((text) => `g(x) := 1 if x.y == "${text}"`);
    expect(cases(indexOf(fields))).toMatchObject({ tables: [['operand 1["y"]', { d: [3] }]] });
  });

  it.each([
    ['a print', (i: number) => `print("seen"); input.n == ${String(i)}`],
    ['a builtin', (i: number) => `x := to_number(input.x); x > 0; input.n == ${String(i)}`],
    ['another rule', (i: number) => `data.p.other; input.n == ${String(i)}`],
    ['a replaced input', (i: number) => `input.n == ${String(i)} with input as {}`],
    ['a fraction', (i: number) => `input.n == ${String(i)}.5`],
  ])('does not pass %s', (_, literal) => {
    expect(indexOf(['other if input.z', ...four(literal)])).toBeUndefined();
  });

  it('leaves rules alone that are computed, and three definitions', () => {
    expect(
      indexOf(four((i) => `data.p.other == ${String(i)}`).concat('other := 1')),
    ).toBeUndefined();
    expect(indexOf(four((i) => `input.n == ${String(i)}`).slice(1))).toBeUndefined();
  });

  it('reads base documents', () => {
    const index = indexOf(four((i) => `data.site.n == ${String(i)}`));
    expect(index?.tables[0]?.ref.text).toBe('data["site"]["n"]');
  });
});

describe.each(PROFILES)('what is found with an index, in %s', (profile) => {
  const lines = [
    ...four((i) => `input.n == ${String(i)}`),
    'r := 10 if { input.n == 1; print("late") }',
    'over := x if x := r with input as {"n": 2}',
    'data_over := x if x := s with data.site.n as 3',
    ...[0, 1, 2, 3].map((i) => `s contains ${String(i)} if data.site.n == ${String(i)}`),
  ];
  const ask = (query: string, options: QueryOptions): unknown => {
    const outcome = policyOf(lines, profile).query(query, options);
    return outcome.kind === 'value' ? outcome.value : outcome.kind;
  };

  it('is the document in force', () => {
    expect(ask('data.p.over', { input: { value: { n: 0 } } })).toBe(2);
    const inSite = ask('data.p.data_over', { data: { value: { site: { n: 0 } } } });
    expect(inSite).toMatchObject({ size: 1 });
  });

  it('is equal by value, and nothing for what is undefined', () => {
    expect(ask('data.p.r', { input: { json: '{"n": 3.0}' } })).toBe(3);
    expect(ask('data.p.r', { input: { json: '{}' } })).toBe('undefined');
    expect(ask('data.p.r', { input: { json: '{"n": 1}' } })).toBe('fault');
  });
});

const literal = fc.oneof(
  {
    arbitrary: fc.constantFrom('input.a', 'input.b', 'input.a.c', 'data.d.a', 'input.l[0]'),
    weight: 6,
  },
  { arbitrary: fc.constant('data.p.other'), weight: 1 },
);
const constant = fc.constantFrom('"x"', '"y"', '1', '2', '1.5', 'true', 'false', 'null', '[1]');
const test = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(literal, constant).map(([ref, value]) => `${ref} == ${value}`) },
  { weight: 3, arbitrary: fc.tuple(literal, constant).map(([ref, value]) => `${value} = ${ref}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(literal, fc.array(constant, { minLength: 1, maxLength: 3 }))
      .map(([ref, values]) => `${ref} in [${values.join(', ')}]`),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'print("here")',
      'not input.b == 1',
      'x := input.a; x != "y"',
      'count(input.l) > 0',
      'some v in input.l; v == 1',
      'input.a == 1 with input as {"a": 1}',
      'helper(input.a)',
      'object.get(input.b, "c", 1) == 1',
    ),
  },
);
const body = fc
  .array(test, { minLength: 1, maxLength: 3 })
  .map((tests) =>
    tests.map((one, i) => one.replaceAll(/\b([xv])\b(?!")/g, `$1${String(i)}`)).join('; '),
  );
const value = fc.constantFrom('1', '2', 'true');
const clause = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(value, body).map(([v, b]) => `r := ${v} if { ${b} }`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(value, body, body)
      .map(([v, b, c]) => `r := ${v} if { ${b} } else := 2 if { ${c} }`),
  },
);
const member = fc.tuple(value, body).map(([v, b]) => `s contains ${v} if { ${b} }`);
const functionClause = fc.oneof(
  fc.tuple(constant, value, body).map(([arg, v, b]) => `f(${arg}, q) := ${v} if { ${b} }`),
  fc.tuple(constant, value).map(([c, v]) => `f(o, q) := ${v} if { o == ${c} }`),
  fc.tuple(constant, value).map(([c, v]) => `f(o, q) := ${v} if { q.a == ${c} }`),
);
const scalar = fc.constantFrom('"x"', '"y"', '1', '1.0', '2e0', '1.5', 'true', 'null', '[1]', '{}');
const document = fc
  .tuple(fc.option(scalar), fc.option(scalar), fc.array(scalar, { maxLength: 2 }))
  .map(
    ([a, b, l]) =>
      `{${[...(a === null ? [] : [`"a": ${a}`]), ...(b === null ? [] : [`"b": ${b}`]), `"l": [${l.join(',')}]`].join(',')}}`,
  );

describe.each(PROFILES)('with and without an index, in %s', (profile) => {
  it('gives the same answers, faults and prints', () => {
    let indexed = 0;
    fc.assert(
      fc.property(
        fc.array(clause, { minLength: 4, maxLength: 9 }),
        fc.array(member, { minLength: 4, maxLength: 9 }),
        fc.array(functionClause, { minLength: 4, maxLength: 9 }),
        document,
        document,
        fc.boolean(),
        (rules, members, clauses, input, d, strict) => {
          const policy = policyOf(
            [
              'default r := "none"',
              ...rules,
              ...members,
              ...clauses,
              'g := f(input.a, input)',
              'other := x if { print("other"); x := input.b }',
              'helper(y) if { print("helper", y) }',
            ],
            profile,
          );
          indexed += policy.program.indexes().length;
          const options = { input: { json: input }, data: { json: `{"d": ${d}}` }, strict };
          for (const query of ['data.p.r', 'data.p.s', 'data.p.g']) {
            const answer = (more: QueryOptions): unknown => {
              const outcome = policy.query(query, { ...options, ...more });
              return [
                outcome.kind,
                outcome.kind === 'value' && outcome.value,
                outcome.kind === 'fault' && outcome.message,
                outcome.prints,
              ];
            };
            // An observer sees every definition tried.
            expect(answer({})).toEqual(answer({ observer: {} }));
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(indexed).toBeGreaterThan(20);
  }, 60_000);

  it('takes scalars for the same exactly when they are equal', () => {
    const numbers = profile === 'opa' ? 'decimal' : 'double';
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: -3, max: 3 }).map(String),
          scalar,
          fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
        ),
        fc.integer({ min: -3, max: 3 }),
        fc.constantFrom('', '.0', 'e0', 'E+0'),
        (text, n, suffix) => {
          const [a, b] = [parseJson(text, numbers), parseJson(String(n) + suffix, numbers)];
          expect(scalarOf(b)).toBeDefined();
          expect(scalarOf(a) === scalarOf(b)).toBe(equalValues(a, b));
        },
      ),
    );
  });
});
