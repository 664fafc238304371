import { testErrors } from './testing.ts';

// Each was put to OPA 1.19.0.
testErrors([
  [
    'x := 01',
    [
      '2:6 unexpected number token: expected number without leading zero',
      '2:6 unexpected number token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x := 1.', ['2:6 expected fraction', '2:6 illegal token', '2:6 illegal token']],
  ['x := 1e', ['2:6 expected exponent', '2:6 illegal token', '2:6 illegal token']],
  [
    'x := 1ee',
    [
      '2:6 expected exponent',
      '2:6 illegal number format',
      '2:6 illegal token',
      '2:6 illegal token',
    ],
  ],
  [
    'x := -01',
    [
      '2:7 unexpected number token: expected number without leading zero',
      '2:7 unexpected number token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x := .5', []],
  ['x := 1a', ['2:6 illegal number format', '2:6 illegal token', '2:6 illegal token']],
  ['x := "a', ['2:6 non-terminated string', '2:6 illegal token', '2:6 illegal token']],
  ['x := "\\q"', ['2:6 illegal escape sequence', '2:6 illegal token', '2:6 illegal token']],
  ['x := "\\u12"', ['2:6 non-terminated string', '2:6 illegal token', '2:6 illegal token']],
  ['x := "a\nb"', ['2:6 non-terminated string', '2:6 illegal token', '2:6 illegal token']],
  ['x := `a', ['2:6 non-terminated string', '2:6 illegal token', '2:6 illegal token']],
  ["x := 'a'", ['2:6 illegal token', '2:6 illegal token']],
  ['x := !y', ['2:6 illegal ! character', '2:6 illegal token', '2:6 illegal token']],
  ['x := a & & b', ['2:10 unexpected and token']],
  ['x := ~', ['2:6 illegal token', '2:6 illegal token']],
  ['x := @', ['2:6 illegal token', '2:6 illegal token']],
  ['x := $a', ['2:6 illegal $ character', '2:6 illegal token', '2:6 illegal token']],
  ['x := $"a', ['2:6 non-terminated string', '2:6 illegal token', '2:6 illegal token']],
  [
    'x := $"{a"',
    [
      '2:10 non-terminated string',
      '2:10 expected } to end template string expression',
      '2:10 illegal token',
    ],
  ],
  ['x := 0x1', ['2:6 illegal number format', '2:6 illegal token', '2:6 illegal token']],
  ['x := 1 ? 2', ['2:8 illegal token']],
  ['x := "\t"', []],
  [
    'x := #c',
    [
      '2:7 unexpected eof token',
      '2:7 unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })',
    ],
  ],
  ['x := é', ['2:6 illegal token', '2:6 illegal token']],
]);
