import { testErrors } from './testing.ts';

// Each was put to OPA 1.19.0.
testErrors([
  ['x if { true true }', ['2:13 unexpected true keyword: expected \\n or ; or }']],
  ['x if { not not y }', ['2:12 unexpected not keyword']],
  ['x if { not some y }', ["2:12 unexpected some keyword: illegal negation of 'some'"]],
  [
    'x if { every y { z } }',
    ['2:16 unexpected { token: expected `x[, y] in xs { ... }` expression'],
  ],
  ['x if { every y in z }', ['2:21 unexpected } token: missing body']],
  ['x if { every 1 in z { y } }', ['2:21 unexpected { token: expected value to be a variable']],
  ['x if {', ['2:6 unexpected eof token']],
  ['x if { y,z }', ['2:9 unexpected , token: expected \\n or ; or }']],
  ['x if { some }', ['2:13 unexpected } token: expected var']],
  ['x if { some 1 }', ['2:13 unexpected number token: expected var']],
  ['x if { some x, y, z in w }', ['2:21 unexpected in keyword: expected \\n or ; or }']],
  ['x if { some x in }', ['2:15 unexpected in keyword: expected \\n or ; or }']],
  ['x if { y with }', ['2:15 unexpected } token: expected ident']],
  ['x if { y with input }', ['2:21 unexpected } token: expected as keyword']],
  ['x if { y with input as }', ['2:24 unexpected } token']],
  ['x if { y with 1 as 2 }', ['2:15 unexpected number token: expected ident']],
  ['x if { ;y }', ['2:8 unexpected ; token']],
  ['x if { y;; z }', ['2:10 unexpected ; token']],
  ['x if { y; }', ['2:11 unexpected } token']],
  ['x if { not }', ['2:12 unexpected } token']],
  ['x if { some x not in y }', ['2:15 unexpected not keyword: expected \\n or ; or }']],
  ['x if { every x in y {} }', ['2:22 found empty body']],
  [
    'x { some y in z }',
    [
      '2:12 unexpected identifier token: expected \\n or ; or } (hint: `import future.keywords.in` for `some x in xs` expressions)',
    ],
    'v0',
  ],
  ['x = 1 { y } {}', ['2:14 found empty body'], 'v0'],
  [
    'x { every y in z { y } }',
    [
      '2:11 unexpected identifier token: expected \\n or ; or } (hint: `import future.keywords.every` for `every x in xs { ... }` expressions)',
    ],
    'v0',
  ],
]);
