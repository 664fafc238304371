import { testErrors } from './testing.ts';

// Each was put to OPA 1.19.0.
testErrors([
  ['import', ['2:6 unexpected eof token']],
  [
    'import foo.bar',
    [
      '2:8 unexpected import path, must begin with one of: {data, future, input, rego}, got: foo (hint: if this is unexpected, try updating OPA)',
    ],
  ],
  ['import data', []],
  ['import input as x', []],
  ['import data.a as', ['2:16 unexpected eof token: expected var']],
  ['import data.a as input', ['2:22 unexpected eof token: expected var']],
  ['import data.a as 1', ['2:18 unexpected number token: expected var']],
  ['import rego', ['2:8 invalid import `rego`, must be `rego.v1`']],
  ['import rego.v2', ['2:8 invalid import `rego.v2`, must be `rego.v1`']],
  ['import rego.v1', []],
  ['import rego.v1.x', ['2:8 invalid import `rego.v1.x`, must be `rego.v1`']],
  ['import future', ['2:8 invalid import, must be `future.keywords`']],
  ['import future.x', ['2:8 invalid import, must be `future.keywords`']],
  ['import future.keywords', []],
  [
    'import future.keywords.foo',
    ['2:8 unexpected keyword, must be one of [contains every if in not]'],
  ],
  ['import future.keywords.in', []],
  ['import future.keywords.in as x', ['2:8 `future` imports cannot be aliased']],
  ['import future.keywords as x', ['2:8 `future` imports cannot be aliased']],
  [
    'import data.x.if',
    [
      '2:15 unexpected import path, must not end with a keyword, got: if (hint: import a different path or use an alias)',
    ],
  ],
  ['import data["a b"]', []],
  ['import data.a[x]', ['2:15 unexpected var token: expecting string']],
  ['import data.a b', ['2:15 var cannot be used for rule name']],
  ['import data.a.b as if', ['2:20 unexpected if keyword: expected var']],
  ['package q', ['2:1 unexpected package']],
  ['import input.x.every as y', []],
  ['import 1', ['2:8 unexpected number token']],
  ['import future.keywords.in', [], 'v0'],
  [
    'import future.keywords.foo',
    ['2:8 unexpected keyword, must be one of [contains every if in not]'],
    'v0',
  ],
  ['import rego.v1', [], 'v0'],
  ['import data.x.if', [], 'v0'],
]);
