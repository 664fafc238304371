import process from 'node:process';
import { expect, test } from 'vitest';
import { basicSteps } from './basic-steps.ts';
import { programSteps } from './program-steps.ts';
import { runScenario, type StepTable } from './runner.ts';
import { parseScenario } from './scenario.ts';

// Node itself stands in for katasim: what matters is how a program starts, reads and ends.
const program = [process.execPath, '-e'];

const steps: StepTable = {
  ...basicSteps,
  ...programSteps({ program, environment: process.env }),
  say: {
    usage: 'say WORD...',
    summary: 'prints its words',
    run: (state, words) => ({
      stdout: `${state.stdin ?? words.join(' ')}\n`,
      stderr: '',
      ok: true,
    }),
  },
  refuse: {
    usage: 'refuse',
    summary: 'always says no',
    run: () => ({ stdout: '', stderr: 'denied\n', ok: false }),
  },
};

const run = (text: string) =>
  runScenario(parseScenario('case.txtar', text), { steps, signal: new AbortController().signal });

test.each([
  { note: 'a matching output', script: "say hello\nstdout '^hello$'" },
  { note: 'an output that must not match', script: "say hello\n! stdout 'bye'" },
  { note: 'an expected refusal', script: '! refuse\nstderr denied' },
  { note: 'equal texts', script: 'say hello\ncmp stdout want\n-- want --\nhello' },
  { note: 'a file as input', script: "stdin in\nsay\nstdout 'from file'\n-- in --\nfrom file" },
  { note: 'a kept part', script: "say id-42\nset ID stdout 'id-(.*)'\nsay <$ID>\nstdout '<42>'" },
  { note: 'an exit code', script: "! katasim 'process.exit(3)'\nexit 3\n! exit 0" },
  { note: 'a file that is there', script: '! absent a\nabsent b\n-- a --\n' },
  {
    note: 'a program that does not read its input',
    script: `stdin in\nkatasim 0\n-- in --\n${'x'.repeat(200_000)}`,
  },
  {
    note: 'a program that is waited for',
    script:
      "start late 'console.log(1); setTimeout(() => process.exit(3), 20)'\n! wait late\nexit 3",
  },
  { note: 'a text in base64', script: "base64 aGVsbG8=\nstdout '^hello$'" },
  {
    note: 'a request with a body and a header, and its answer',
    script: [
      `start server 'require("http").createServer((q, s) => { s.statusCode = q.headers["x-no"] ? 500 : 200; q.pipe(s); }).listen(0, "127.0.0.1", function () { console.log(this.address().port); })'`,
      "set PORT stdout '(\\d+)'",
      "stdin in\nhttp POST http://127.0.0.1:$PORT/ 'content-type: text/plain'",
      "stdout '^HTTP 200$'\nstdout '^said$'",
      "! http GET http://127.0.0.1:$PORT/ 'x-no: yes'\nstdout '^HTTP 500$'",
      '! http GET http://127.0.0.1:1/\nstderr ECONNREFUSED',
      '-- in --\nsaid',
    ].join('\n'),
  },
  { note: 'blanks in quotes', script: "say 'a  b'\nstdout '^a  b$'" },
])('$note passes', async ({ script }) => {
  expect((await run(`# case\n${script}\n`)).report).toEqual([]);
});

test.each([
  {
    note: 'a missing match',
    script: "say hello\nstdout 'bye'",
    want: 'case.txtar:3: stdout does not match "bye"',
  },
  {
    note: 'an unexpected refusal',
    script: 'refuse',
    want: 'case.txtar:2: the step failed: denied',
  },
  { note: 'an unexpected success', script: '! say x', want: 'case.txtar:2: the step succeeded' },
  {
    note: 'an exit code that must not be',
    script: 'katasim 0\n! exit 0',
    want: 'case.txtar:3: the exit code was 0, but `!` forbids it',
  },
  {
    note: 'an exit code that is no number',
    script: 'katasim 0\nexit zero',
    want: 'case.txtar:3: usage: [!] exit CODE',
  },
  {
    note: 'a file that must be there',
    script: '! absent b',
    want: 'b does not exist',
  },
  {
    note: 'a step without an opposite',
    script: '! stdin a\n-- a --\n',
    want: 'case.txtar:2: `!` is not allowed with this step',
  },
  {
    note: 'different texts',
    script: 'say a\ncmp stdout want\n-- want --\nb',
    want: 'case.txtar:3: stdout and want differ',
  },
])('$note fails and says where', async ({ script, want }) => {
  const { ok, report } = await run(`# case\n${script}\n`);
  expect(ok).toBe(false);
  expect(report[0]).toContain(want);
});

test('a failure prints the steps of its own phase only', async () => {
  const { report } = await run('# first\nsay one\n# second\nsay two\nrefuse\n');
  expect(report.join('\n')).not.toContain('say one');
  expect(report.join('\n')).toContain('> refuse');
});

test('an unknown step is refused before anything runs', async () => {
  const said: string[] = [];
  const say = { ...steps['say'], run: () => void said.push('ran') } as StepTable[string];
  const scenario = parseScenario('case.txtar', '# case\nsay x\nsai x\n');
  const { signal } = new AbortController();
  await expect(runScenario(scenario, { steps: { ...steps, say }, signal })).rejects.toMatchObject({
    code: 'SCENARIO_UNKNOWN_STEP',
    location: { file: 'case.txtar', line: 3 },
    hint: 'Did you mean say?',
  });
  expect(said).toEqual([]);
});

test.each([
  { note: 'an open quote', text: "say 'a\n", code: 'SCENARIO_QUOTE' },
  { note: 'a file given twice', text: '-- a --\n-- a --\n', code: 'SCENARIO_FILE' },
  { note: 'a file outside the folder', text: '-- ../a --\n', code: 'SCENARIO_FILE' },
])('$note is refused', ({ text, code }) => {
  expect(() => parseScenario('case.txtar', text)).toThrow(expect.objectContaining({ code }));
});
