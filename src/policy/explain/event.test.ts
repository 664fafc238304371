import { expect, test } from 'vitest';
import { eventLines, pairPrints, printStatements } from './event-lines.ts';
import { parseEvent } from './event.ts';

const ID = 'c0ffee'.repeat(10) + 'c0de';

/** One layer as Go's %q and Rust's Debug put it around a text; for these characters they agree. */
const quote = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;

const times = (n: number, text: string): string => (n === 0 ? text : times(n - 1, quote(text)));

const PRINTS = [
  'agent_policy:5: args = ["sh", "-c", "echo \\"a\\""]',
  'agent_policy:6: path = C:\\dir\\',
  'agent_policy:7: two\nlines\tand a tab',
];
const SENTENCE = `CreateContainerRequest is blocked by policy: ${PRINTS.join(' ')}`;
const TEXTS = PRINTS.map((print) => print.replace(/^agent_policy:\d+: /, ''));

test.each([1, 2, 3, 4])('prints come out whole from under %i layers of quotes', (layers) => {
  const event = parseEvent(`err=${times(layers, SENTENCE)}: unknown`);
  expect(event).toMatchObject({
    kind: 'denial',
    endpoint: 'CreateContainerRequest',
    layers,
    truncated: undefined,
  });
  expect(event.prints.map(({ text }) => text)).toEqual(TEXTS);
  expect(event.prints.map(({ line }) => line)).toEqual([5, 6, 7]);
});

const RUNTIME_GO = `Error: failed to create containerd task: failed to create shim task: ${quote(SENTENCE)}`;
const RUNTIME_RS = `failed to create shim task: Others(${quote(
  `failed to handle message create container\n\nCaused by:\n    0: agent create container\n    1: rpc status: Status { code: PERMISSION_DENIED, message: ${quote(
    quote(SENTENCE),
  )}, details: [] }`,
)}): unknown`;

test.each([
  { note: 'an event of runtime-go', text: RUNTIME_GO, runtime: 'runtime-go', code: undefined },
  {
    note: 'an event of runtime-rs',
    text: RUNTIME_RS,
    runtime: 'runtime-rs',
    code: 'PERMISSION_DENIED',
  },
  {
    note: 'a line of kubectl describe',
    text: `  Warning  Failed  3s (x4 over 40s)  kubelet  ${RUNTIME_GO}\n`,
    runtime: 'runtime-go',
    code: undefined,
  },
  {
    note: 'the sandbox’s event',
    text: `Failed to create pod sandbox: rpc error: code = PermissionDenied desc = failed to start sandbox "${ID}": failed to create containerd task: ${RUNTIME_GO}`,
    runtime: 'runtime-go',
    code: 'PERMISSION_DENIED',
  },
  {
    note: 'a line of the kubelet’s log',
    text: `E1122 10:00:00.000000    1234 pod_workers.go:1300] "Error syncing pod, skipping" err=${quote(RUNTIME_GO)} pod="default/web"`,
    runtime: 'runtime-go',
    code: undefined,
  },
  {
    note: 'containerd’s log line in JSON',
    text: JSON.stringify({ level: 'error', msg: 'StartContainer failed', error: RUNTIME_RS }),
    runtime: 'runtime-rs',
    code: 'PERMISSION_DENIED',
  },
  {
    note: 'kubectl get events -o json',
    text: JSON.stringify({ items: [{ message: 'Pulled' }, { message: RUNTIME_GO }] }, null, 2),
    runtime: 'runtime-go',
    code: undefined,
  },
  {
    note: 'kubectl get events -o yaml',
    text: `apiVersion: v1\nkind: List\nitems:\n- kind: Event\n  message: ${JSON.stringify(RUNTIME_GO)}\n`,
    runtime: 'runtime-go',
    code: undefined,
  },
])('$note gives the prints and says who worded it', ({ text, runtime, code }) => {
  const event = parseEvent(text);
  expect(event).toMatchObject({
    kind: 'denial',
    endpoint: 'CreateContainerRequest',
    runtime,
    code,
  });
  expect(event.prints.map((print) => print.text)).toEqual(TEXTS);
  expect(event.truncated).toBeUndefined();
});

test('an exec that was refused gives its ids and has no prints', () => {
  const text = `error: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "e1f2": cannot enter container ${ID}, with err rpc error: code = PermissionDenied desc = "ExecProcessRequest is blocked by policy: ": unknown`;
  expect(parseEvent(text)).toMatchObject({
    endpoint: 'ExecProcessRequest',
    code: 'PERMISSION_DENIED',
    runtime: 'runtime-go',
    containerId: ID,
    execId: 'e1f2',
    prints: [],
  });
  expect(eventLines(parseEvent(text))).toContain('  the policy printed nothing');
});

test('an event cut at its limit says so and gives what is left', () => {
  const whole = `failed to create shim task: ${quote(`${SENTENCE} ${'agent_policy:9: x = y '.repeat(99)}`)}`;
  const event = parseEvent(whole.slice(0, 1024));
  expect(event.truncated).toMatch(/^cut at 1024 bytes/);
  expect(event.prints.slice(0, 3).map(({ text }) => text)).toEqual(TEXTS);
  expect(parseEvent(whole.slice(0, 700)).truncated).toMatch(/the closing quote is missing/);
});

test.each([
  [
    'rpc error: code = PermissionDenied desc = open /etc/shadow: permission denied',
    /PermissionDenied alone/,
  ],
  ['0/1 nodes are available: 1 Insufficient kata.peerpods.io/vm.', /room for another pod VM/],
  ['HelloRequest is blocked by policy: ', /no request of the agent/],
  ['pods "web" is forbidden: User "x" cannot create', /API server/],
  ['Back-off restarting failed container', /is not in it/],
  ['', /is not in it/],
])('%s is no policy denial', (text, reason) => {
  expect(parseEvent(text)).toMatchObject({ kind: 'other', endpoint: undefined });
  expect(parseEvent(text).reason).toMatch(reason);
});

test('a missing rule is a fault, not a denial', () => {
  const text = `rpc error: code = Internal desc = ${quote('GetMetricsRequest: internal error policy check: unexpected eval_query result len QueryResults { result: [] }')}`;
  expect(parseEvent(text)).toMatchObject({
    kind: 'fault',
    endpoint: 'GetMetricsRequest',
    code: 'INTERNAL',
  });
});

test('backslashes without end take no time', () => {
  const text = `"ExecProcessRequest is blocked by policy: ${'\\'.repeat(200_000)}"`;
  expect(parseEvent(text).kind).toBe('denial');
});

test('a print that is one long word takes no time', () => {
  const word = 'a'.repeat(400_000);
  const text = `"ExecProcessRequest is blocked by policy: agent_policy:3: ${word}"`;
  expect(parseEvent(text).prints).toEqual([{ line: 3, text: word }]);
});

test('prints of a policy that is a file are taken apart, too', () => {
  const text = '"ExecProcessRequest is blocked by policy: dir/web.rego:3: a b dir/web.rego:14: c"';
  expect(parseEvent(text).prints).toEqual([
    { line: 3, text: 'a b' },
    { line: 14, text: 'c' },
  ]);
});

test('prints are paired with the lines of the policy that print them', () => {
  const policy =
    'package agent_policy\nx if {\n\tprint("x: start")\n\tprint("x: Hooks =", input.Hooks)\n}\n';
  const statements = printStatements(policy);
  expect(
    pairPrints(
      [
        { line: 4, text: 'x: Hooks = null' },
        { line: undefined, text: 'x: start' },
        { line: 3, text: 'another policy' },
      ],
      statements,
    ),
  ).toEqual([
    { line: 4, text: 'x: Hooks = null', isForeign: false },
    { line: 3, text: 'x: start', isForeign: false },
    { line: 3, text: 'another policy', isForeign: true },
  ]);
});

const START = 'Warning  Failed  kubelet  Error: ';
const message = (sentence: string): string =>
  `failed to create shim task: ${quote(sentence)}: unknown`;

test.each(['agen', 'agent_policy', 'agent_policy:23', 'agent_policy:231:'])(
  'a cut in front of a print leaves no %s behind',
  (stump) => {
    const text = `err="CreateContainerRequest is blocked by policy: agent_policy:5: a = true ${stump}`;
    expect(parseEvent(text).prints).toEqual([{ line: 5, text: 'a = true' }]);
  },
);

test('codes and ids of one message are not those of another', () => {
  const text = [
    `  ${START}${message('CreateContainerRequest is blocked by policy: ')}`,
    `error: failed to start exec "e1f2" in container ${ID}: rpc error: code = PermissionDenied desc = "ExecProcessRequest is blocked by policy: "`,
  ].join('\n');
  expect(parseEvent(text)).toMatchObject({
    endpoint: 'CreateContainerRequest',
    code: undefined,
    containerId: undefined,
    execId: undefined,
    others: 1,
  });
});

test('a second refusal in the text is counted, the same one told twice is not', () => {
  const one = `${START}${message('CreateContainerRequest is blocked by policy: agent_policy:5: init')}`;
  const two = `${START}${message('CreateContainerRequest is blocked by policy: agent_policy:5: web')}`;
  expect(parseEvent([one, one].join('\n')).others).toBe(0);
  const event = parseEvent([one, two, one].join('\n'));
  expect(event.others).toBe(1);
  expect(eventLines(event)).toContain('the text holds 1 other refusal: give one event at a time');
});

test('a digest is no container', () => {
  const digest = `sha256:${ID.replaceAll('x', 'a')}`;
  const text = `refused: "CreateContainerRequest is blocked by policy: "\npolicy: image-default ${digest}`;
  expect(parseEvent(text).containerId).toBeUndefined();
});

test.each([
  ['desc = "CreateContainerRequest is bl', /looks like a policy's denial that was cut/],
  [
    'desc = "CreateContainerRequest is blocked by pol...',
    /looks like a policy's denial that was cut/,
  ],
  ['failed to connect vsock: connection timed out', /did not reach the agent/],
  ['Back-off pulling image "x": ImagePullBackOff', /could not be pulled/],
])('%s is told for what it may be', (text, reason) => {
  expect(parseEvent(text)).toMatchObject({ kind: 'other' });
  expect(parseEvent(text).reason).toMatch(reason);
});
