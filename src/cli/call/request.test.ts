import { expect, test } from 'vitest';
import { parseCall } from './request.ts';
import { prepareCall } from './special.ts';
import { splitCall } from './words.ts';

const options = { autoValues: true, containerId: 'c0ffee' };
const call = async (text: string, autoValues = true) =>
  (await parseCall(splitCall(text), { ...options, autoValues })).document;

test.each([
  { note: 'no arguments', text: 'GetMetrics', want: {} },
  { note: 'a filled in container id', text: 'StartContainer', want: { container_id: 'c0ffee' } },
  {
    note: 'an exec id that defaults to the container id',
    text: 'WaitProcess cid=web',
    want: { container_id: 'web', exec_id: 'web' },
  },
  {
    note: 'a signal by name',
    text: 'SignalProcess cid=web signal=TERM',
    want: { container_id: 'web', exec_id: 'web', signal: 15 },
  },
  {
    note: 'SIGKILL when no signal is given',
    text: 'SignalProcess cid=web',
    want: { container_id: 'web', exec_id: 'web', signal: 9 },
  },
  {
    note: 'bytes in hex',
    text: 'WriteStdin cid=web exec_id=e data=hex:6869',
    want: { container_id: 'web', exec_id: 'e', data: [104, 105] },
  },
  {
    note: 'JSON with quotes and blanks of its own',
    text: 'SetPolicy json://{"policy": "package a b"}',
    want: { policy: 'package a b' },
  },
  {
    note: 'a whole number beyond 2^53',
    text: 'SetGuestDateTime json://{"Sec": 9007199254740993}',
    want: { Sec: 9007199254740993n },
  },
  { note: 'agent-ctl’s spelling of a method', text: 'GetIptables', want: {} },
])('$note is read', async ({ text, want }) => {
  expect(await call(text)).toEqual(want);
});

test('without automatic values just what was given is sent', async () => {
  expect(await call('WaitProcess cid=web', false)).toEqual({ container_id: 'web' });
});

test.each([
  {
    note: 'an unknown method',
    text: 'StartContaner',
    code: 'CLI_UNKNOWN_METHOD',
    hint: 'StartContainer',
  },
  {
    note: 'an unknown signal',
    text: 'SignalProcess signal=TREM',
    code: 'CLI_VALUE',
    hint: 'SIGTERM',
  },
  {
    note: 'a word without =',
    text: 'StartContainer web',
    code: 'CLI_ARGUMENT',
    hint: 'name=value',
  },
  { note: 'broken JSON', text: 'StartContainer json://{', code: 'CLI_JSON', hint: 'JSON' },
  {
    note: 'JSON that is no object',
    text: 'StartContainer json://[1]',
    code: 'CLI_JSON',
    hint: 'JSON',
  },
  {
    note: 'a missing file',
    text: 'StartContainer file:///nowhere.json',
    code: 'CLI_UNREADABLE',
    hint: 'path',
  },
  { note: 'odd hex digits', text: 'WriteStdin data=hex:123', code: 'CLI_ARGUMENT', hint: 'hex' },
])('$note is refused with a way out', async ({ text, code, hint }) => {
  await expect(call(text)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
});

test('an unknown field is refused before anything is sent', async () => {
  const request = await parseCall(
    splitCall('StartContainer json://{"container_idd":"x"}'),
    options,
  );
  await expect(prepareCall(request)).rejects.toMatchObject({ code: 'WIRE_UNKNOWN_FIELD' });
});

test('a quote that is not closed is located', () => {
  expect(() => splitCall("ReadStdout cid='web")).toThrow(
    expect.objectContaining({ code: 'CLI_ARGUMENT' }),
  );
});
