import { testErrors } from './testing.ts';

// Each was put to OPA 1.19.0.
testErrors([
  [
    'x := )',
    [
      '2:6 unexpected ) token',
      '2:6 unexpected ) token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := )\ny := 1\nz := ]',
    [
      '2:6 unexpected ) token',
      '2:6 unexpected ) token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x', ['2:1 var cannot be used for rule name']],
  ['1', ['2:1 number cannot be used for rule name']],
  ['x := 1 y := 2', []],
  ['x := 1; y := 2', ['2:1 multiple expressions cannot be used for rule head']],
  ['}', ['2:1 unexpected } token']],
  ['x if {\n y\n}}', ['4:2 unexpected } token']],
  ['if := 1', ['2:1 unexpected if keyword']],
  ['contains := 1', ['2:1 contains keyword cannot be used for rule name']],
  [
    'x := if',
    [
      '2:6 unexpected if keyword',
      '2:6 unexpected if keyword: expected rule value term (e.g., x := <VALUE> { ... })',
      '2:7 unexpected eof token',
    ],
  ],
  [
    'x := every',
    [
      '2:6 unexpected every keyword',
      '2:6 unexpected every keyword: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['not := 1', ['2:5 unexpected assign token']],
  [
    'x := as',
    [
      '2:6 unexpected as keyword',
      '2:6 unexpected as keyword: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := some',
    [
      '2:6 unexpected some keyword',
      '2:6 unexpected some keyword: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := import',
    [
      '2:6 unexpected import keyword',
      '2:6 unexpected import keyword: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['default := 1', ['2:1 unexpected default keyword']],
]);
