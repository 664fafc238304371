import { testErrors } from './testing.ts';

// Each was put to OPA 1.19.0.
testErrors([
  ['x { y }', ['2:1 `if` keyword is required before rule body']],
  [
    'x[y] { y }',
    [
      '2:1 `if` keyword is required before rule body',
      '2:1 `contains` keyword is required for partial set rules',
    ],
  ],
  ['a.b.c', ['2:1 rule must have value assignment and/or body declaration']],
  ['y', ['2:1 var cannot be used for rule name']],
  ['count(y)', ['2:1 rule name conflicts with built-in function']],
  ['x if y else', ['2:11 unexpected eof token: expected else value term or rule body']],
  ['x if y else 1', ['2:13 unexpected number token: expected else value term or rule body']],
  ['x if y else := ', ['2:15 unexpected eof token']],
  ['x contains y if z else := 1', ['2:19 else keyword cannot be used on multi-value rules']],
  ['x[y] if z else := 1', ['2:11 else keyword cannot be used on rules with variables in head']],
  ['default x := y', ['2:1 illegal default rule (value cannot contain var)']],
  ['default x', []],
  ['default x := 1 if y', ['2:16 unexpected if keyword']],
  ['default f(a, a) := 1', ['2:1 illegal default rule (arguments cannot be repeated a)']],
  ['default f(1) := 1', ['2:1 illegal default rule (arguments cannot contain number)']],
  ['default x.y := 1', []],
  ['default x contains 1', ['2:1 illegal default rule (must have a value)']],
  [
    'x contains',
    [
      '2:10 unexpected eof token',
      '2:10 unexpected eof token: expected rule key term (e.g., x contains <VALUE> { ... })',
    ],
  ],
  ['x if', ['2:4 unexpected eof token']],
  [
    'f( := 1',
    ['2:4 unexpected assign token', '2:4 unexpected assign token: expected rule head name'],
  ],
  [
    'f(x',
    [
      '2:3 unexpected eof token: expected "," or ")"',
      '2:3 unexpected eof token: expected rule head name',
    ],
  ],
  [
    'f(x) contains 1',
    [
      '2:6 unexpected contains keyword: the contains keyword can only be used with multi-value rule definitions (e.g., f contains <VALUE> { ... })',
    ],
  ],
  [
    'x := if y',
    [
      '2:6 unexpected if keyword',
      '2:6 unexpected if keyword: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x contains 1 := 2', ['2:14 unexpected assign token']],
  ['f() := 1', []],
  ['x := 1 else := 2', ['2:8 unexpected else keyword']],
  ['x[1] := 2 else := 3', ['2:11 unexpected else keyword']],
  ['input := 1', []],
  ['x := 1 if', ['2:9 unexpected eof token']],
  [
    'x.y[z].w if { z := 1 } else := 2',
    ['2:24 else keyword cannot be used on rules with variables in head'],
  ],
  [
    'x if y',
    [
      '2:1 var cannot be used for rule name',
      '2:3 var cannot be used for rule name',
      '2:6 var cannot be used for rule name',
    ],
    'v0',
  ],
  [
    'p contains x',
    [
      '2:1 var cannot be used for rule name',
      '2:3 var cannot be used for rule name',
      '2:12 var cannot be used for rule name',
    ],
    'v0',
  ],
  ['p[x] { x } else = 1 { y }', ['2:12 else keyword cannot be used on multi-value rules'], 'v0'],
  ['p[x]', [], 'v0'],
  ['default x = 1', [], 'v0'],
]);
