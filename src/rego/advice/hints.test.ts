import { describe, expect, test } from 'vitest';
import { collectDiagnostics } from '../opa/compile/testing.ts';
import { parseModule } from '../parse/parse-module.ts';
import { findProfile } from '../profile.ts';
import { valueBuilder } from '../value.ts';
import { withHints } from './hints.ts';
import { opaChecks } from '../opa/opa-checks.ts';

function modulesOf(text: string) {
  const { module, errors } = parseModule(
    { name: 'p.rego', text: `package p\n${text}\n` },
    { regoVersion: 'v1', builder: valueBuilder('decimal') },
  );
  if (module === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  return [module];
}

/** The first error of a policy, with its hint. */
function firstHint(text: string): string | undefined {
  const profile = findProfile('opa');
  if (profile === undefined) throw new Error('no profile');
  const modules = modulesOf(text);
  const errors = collectDiagnostics(modules, { profile, strict: true, severity: 'error' });
  return withHints(errors, modules)[0]?.hint;
}

describe('hints', () => {
  test.each([
    [
      'a mistyped variable',
      'q if { name := input.a; nmae == "x"; name == 1 }',
      'Did you mean `name`?',
    ],
    ['a mistyped builtin', 'q := starswith("a", "b")', 'Did you mean `startswith`?'],
    ['a mistyped key', 'o := {"path": 1}\nq := o.pth', 'Did you mean `path`?'],
    [
      'a number compared with a string',
      'q if { count([1]) == "1" }',
      'A number never equals a string: convert one with `to_number` or `format_int`.',
    ],
    [
      'a second assignment',
      'q if { x := 1; x := 2 }',
      'Variables are assigned once: compare with `==`, or choose another name.',
    ],
    ['an unused variable', 'q if { x := 1 }', 'Remove it, or write `_` where x stands.'],
    ['a deprecated builtin', 'q := any([true])', 'Write `true in xs` instead.'],
    ['print as a value', 'q := print(1)', 'Put `print(...)` on a line of its own.'],
    [
      'two defaults',
      'default q := 1\ndefault q := 2',
      'Keep one default. Values for special cases go into rules with a body.',
    ],
  ])('%s', (_, text, hint) => {
    expect(firstHint(text)).toBe(hint);
  });

  test('what is already explained stays as it is', () => {
    const modules = modulesOf('q := 1');
    const [module] = modules;
    if (module === undefined) throw new Error('set-up');
    const error = {
      severity: 'error',
      code: 'rego_type_error',
      message: 'match error',
      span: module.span,
      details: [],
      hint: 'mine',
    } as const;
    expect(withHints([error], modules)).toEqual([error]);
  });
});

describe("OPA's checks on a policy of the guest", () => {
  test('all stages speak, as advice', () => {
    const found = opaChecks(
      modulesOf('q := 1\nq contains 2\nr := lower(1)\ns if { some x; true }'),
    );
    expect(found.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      'advice: conflicting rules data.p.q found',
      'advice: lower: invalid argument(s)',
      'advice: declared var x unused',
    ]);
  });

  test('recursion keeps the type checker out', () => {
    const found = opaChecks(modulesOf('q if q\nr := lower(1)'));
    expect(found.map(({ message }) => message)).toEqual([
      'rule data.p.q is recursive: data.p.q -> data.p.q',
    ]);
  });

  test('a clean policy', () => {
    expect(opaChecks(modulesOf('default q := false\nq if { some x in input.xs; x == 1 }'))).toEqual(
      [],
    );
  });
});
