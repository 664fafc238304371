import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const endpoints = ['ExecProcessRequest', 'ReadStreamRequest', 'SetPolicyRequest'];

test.each([
  { note: 'a missing letter', name: 'ExecProcesRequest', want: 'ExecProcessRequest' },
  { note: 'another case', name: 'execprocessrequest', want: 'ExecProcessRequest' },
  { note: 'swapped letters', name: 'SetPloicyRequest', want: 'SetPolicyRequest' },
  { note: 'another word', name: 'Banana', want: undefined },
  { note: 'a text too long to be a slip', name: 'x'.repeat(5000), want: undefined },
])('$note is answered with $want', ({ name, want }) => {
  expect(nearest(name, endpoints)).toBe(want);
});
