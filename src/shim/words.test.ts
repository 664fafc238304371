import { expect, test } from 'vitest';
import {
  containerNotStarted,
  containerRefused,
  execFailed,
  execRefused,
  goCode,
  goWords,
  rpcError,
  rustWords,
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
    text: execRefused(execFailed('e1', goWords.exec('c1', blocked('ExecProcessRequest')))),
    want: 'error: Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "e1": cannot enter container c1, with err rpc error: code = PermissionDenied desc = "ExecProcessRequest is blocked by policy: ": unknown',
  },
  {
    note: 'a refused sandbox',
    text: sandboxRefused(goWords, 's1', blocked('CreateContainerRequest')),
    want: 'Failed to create pod sandbox: rpc error: code = PermissionDenied desc = failed to start sandbox "s1": failed to create containerd task: failed to create shim task: "CreateContainerRequest is blocked by policy: "',
  },
  {
    note: 'a refused container',
    text: containerRefused(goWords, blocked('CreateContainerRequest')),
    want: 'Error: failed to create containerd task: failed to create shim task: "CreateContainerRequest is blocked by policy: "',
  },
  {
    note: 'a container that was not started',
    text: containerNotStarted(goWords, 'c1', blocked('StartContainerRequest')),
    want: 'Error: failed to start containerd task "c1": "StartContainerRequest is blocked by policy: "',
  },
  {
    note: 'a refused sandbox of runtime-rs',
    text: sandboxRefused(rustWords, 's1', blocked('CreateContainerRequest')),
    want: String.raw`Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: failed to create shim task: Others("failed to handle message create container\n\nCaused by:\n    0: agent create container\n    1: rpc status: Status { code: PERMISSION_DENIED, message: \"\\\"CreateContainerRequest is blocked by policy: \\\"\" }")`,
  },
  {
    note: 'a refused exec of runtime-rs',
    text: execFailed('e1', rustWords.exec('c1', blocked('ExecProcessRequest'))),
    want: String.raw`failed to exec in container: failed to start exec "e1": Others("failed to handle message start process\n\nCaused by:\n    0: start\n    1: enter process\n    2: exec process\n    3: rpc status: Status { code: PERMISSION_DENIED, message: \"\\\"ExecProcessRequest is blocked by policy: \\\"\" }")`,
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
