import { testErrors } from './testing.ts';

// Each was put to OPA 1.19.0.
testErrors([
  [
    'x := input. y',
    [
      '2:12 unexpected whitespace token: expected identifier',
      '2:12 unexpected whitespace token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := input.',
    [
      '2:11 unexpected eof token: expected identifier',
      '2:11 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := input[',
    [
      '2:11 unexpected eof token',
      '2:11 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := input[]',
    [
      '2:12 unexpected ] token',
      '2:12 unexpected ] token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := input[1',
    [
      '2:12 unexpected eof token: expected [',
      '2:12 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x := "abc"[0]', ['2:6 illegal ref (head cannot be string)']],
  ['x := 1[0]', ['2:6 illegal ref (head cannot be number)']],
  ['x := true.x', ['2:6 illegal ref (head cannot be boolean)']],
  [
    'x := (1',
    [
      '2:7 non-terminated expression',
      '2:7 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := ()',
    [
      '2:7 unexpected ) token',
      '2:7 unexpected ) token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := f(1,',
    [
      '2:9 unexpected eof token',
      '2:9 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := f(1 2)',
    [
      '2:10 unexpected number token: expected "," or ")"',
      '2:10 unexpected number token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := f(,)',
    [
      '2:8 unexpected , token',
      '2:8 unexpected , token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := -',
    [
      '2:6 unexpected eof token: expected number',
      '2:6 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := -"a"',
    [
      '2:7 unexpected string token: expected number',
      '2:7 unexpected string token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := --1',
    [
      '2:7 unexpected minus token: expected number',
      '2:7 unexpected minus token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x := - 1', []],
  ['x := a .b', ['2:9 unexpected identifier token: expected number']],
  ['x := a [0]', ['2:8 array cannot be used for rule name']],
  [
    'x := a.1',
    [
      '2:8 unexpected number token: expected identifier',
      '2:8 unexpected number token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := a."b"',
    [
      '2:8 unexpected string token: expected identifier',
      '2:8 unexpected string token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := $"{y = 1}"',
    [
      "2:9 unexpected unification ('=') in template-string expression",
      '2:14 unexpected } token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := $"{}"',
    [
      '2:9 unexpected } token',
      '2:9 invalid template-string expression',
      '2:9 unexpected } token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  [
    'x := $"{a} {"',
    [
      '2:13 non-terminated string',
      '2:13 illegal token',
      '2:13 invalid template-string expression',
      '2:13 illegal token',
    ],
  ],
  ['x := null.a', ['2:6 illegal ref (head cannot be null)']],
  ['x := [1][0]', []],
  ['x := {1}[1]', []],
  ['x := {"a": 1}.a', []],
  ['x := f(1)[0].b', []],
  ['x := a.b(1).c', []],
]);
