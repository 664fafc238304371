import { testErrors } from './testing.ts';

// Each was put to OPA 1.19.0.
testErrors([
  ['x := [1,]', []],
  [
    'x := [1,,2]',
    [
      '2:9 unexpected , token',
      '2:9 unexpected , token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := [1 2]',
    [
      '2:9 unexpected number token: expected "," or "]"',
      '2:9 unexpected number token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := [',
    [
      '2:6 unexpected eof token',
      '2:6 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := [,]',
    [
      '2:8 unexpected ] token',
      '2:8 unexpected ] token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x := {"a":1,}', []],
  [
    'x := {"a":}',
    [
      '2:11 unexpected } token',
      '2:11 unexpected } token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := {"a":1 "b":2}',
    [
      '2:13 unexpected string token: non-terminated object',
      '2:13 unexpected string token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := {"a":1,2}',
    [
      '2:11 unexpected number token: non-terminated object',
      '2:11 unexpected number token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := {1,"a":2}',
    [
      '2:12 unexpected : token: expected "," or "}"',
      '2:12 unexpected : token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := {1,,}',
    [
      '2:9 unexpected , token',
      '2:9 unexpected , token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := {,}',
    [
      '2:8 unexpected } token',
      '2:8 unexpected } token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := {',
    [
      '2:6 unexpected eof token',
      '2:6 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := set(',
    [
      '2:9 unexpected eof token',
      '2:9 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x := set(1)', []],
  [
    'x := {x|}',
    [
      '2:9 found empty body',
      '2:9 unexpected } token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := [x|]',
    [
      '2:9 found empty body',
      '2:9 unexpected ] token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := {x|y',
    [
      '2:9 unexpected eof token: expected \\n or ; or }',
      '2:9 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := {"a":b|',
    [
      '2:12 unexpected eof token',
      '2:12 unexpected eof token: non-terminated object',
      '2:12 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := [x|y;]',
    [
      '2:11 unexpected ] token',
      '2:11 unexpected ] token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x := {a | b}', []],
  [
    'x := {"k": v | v := 1, }',
    [
      '2:18 unexpected assign token: non-terminated object',
      '2:18 unexpected assign token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
]);
