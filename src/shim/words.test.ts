import { expect, test } from 'vitest';
import {
  containerNotStarted,
  containerRefused,
  execFailed,
  execRefused,
  goCode,
  rpcError,
  sandboxRefused,
} from './words.ts';

const blocked = (request: string) => ({
  code: 7,
  message: `"${request} is blocked by policy: "`,
});

// Scripts of users look for these texts byte for byte.
test.each([
  {
    note: 'a refused exec',
    text: execRefused(execFailed('e1', 'c1', blocked('ExecProcessRequest'))),
    want: 'error: Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "e1": cannot enter container c1, with err rpc error: code = PermissionDenied desc = "ExecProcessRequest is blocked by policy: ": unknown',
  },
  {
    note: 'a refused sandbox',
    text: sandboxRefused('s1', blocked('CreateContainerRequest')),
    want: 'Failed to create pod sandbox: rpc error: code = PermissionDenied desc = failed to start sandbox "s1": failed to create containerd task: failed to create shim task: "CreateContainerRequest is blocked by policy: "',
  },
  {
    note: 'a refused container',
    text: containerRefused(blocked('CreateContainerRequest')),
    want: 'Error: failed to create containerd task: failed to create shim task: "CreateContainerRequest is blocked by policy: "',
  },
  {
    note: 'a container that was not started',
    text: containerNotStarted('c1', blocked('StartContainerRequest')),
    want: 'Error: failed to start containerd task "c1": "StartContainerRequest is blocked by policy: "',
  },
  {
    note: 'a status',
    text: rpcError({ code: 13, message: 'x' }),
    want: 'rpc error: code = Internal desc = x',
  },
])('$note reads as users know it', ({ text, want }) => {
  expect(text).toBe(want);
});

test.each([
  [0, 'OK'],
  [1, 'Canceled'],
  [7, 'PermissionDenied'],
  [16, 'Unauthenticated'],
  [17, 'Code(17)'],
])('status %i is %s in Go', (code, name) => {
  expect(goCode(code)).toBe(name);
});
