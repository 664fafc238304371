/** The `rego` commands as a user meets them: exit codes, streams, and the JSON of `opa`. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../run.ts';

let folder = '';
const path = (name: string): string => join(folder, name);

const files: Readonly<Record<string, string>> = {
  'policy.rego': `package agent_policy

default ExecProcessRequest := false

ExecProcessRequest if {
	some allowed in data.allowed
	input.command == allowed
}

price := input.n + 1
`,
  'policy_test.rego': `package agent_policy_test

import data.agent_policy

test_allowed if agent_policy.ExecProcessRequest with input.command as "id" with data.allowed as ["id"]

test_refused if {
	print("trying", "sh")
	not agent_policy.ExecProcessRequest with input.command as "sh" with data.allowed as ["id"]
}

todo_test_later if false
`,
  'failing_test.rego': 'package failing\n\ntest_no if {\n\tprint("seen")\n\t1 == 2\n}\n',
  'unformatted.rego': 'package a\nx=1 if { true;   2>1 }\n',
  'unsafe.rego': 'package a\n\nx := y\n',
  'broken.rego': 'package a\n\nx := \n',
  'data.json': '{"allowed": ["id", "date"]}',
  'more.yaml': 'allowed_by_name:\n  a: 1\n',
  'input.json': '{"command": "id", "n": 12345678901234567890}',
  'list.json': '[1, 2]',
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'katasim-rego-'));
  for (const [name, text] of Object.entries(files)) await writeFile(path(name), text);
});

afterAll(() => rm(folder, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function rego(argv: readonly string[], input = ''): Promise<Ran> {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array) => {
      texts[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
      return true;
    },
  });
  const stdin = new PassThrough();
  stdin.end(input);
  const code = await runCommandLine({
    argv: ['rego', ...argv],
    environment: {},
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    signal: new AbortController().signal,
  });
  return { code, ...texts };
}

const json = ({ stdout }: Ran): unknown => JSON.parse(stdout);

describe('rego eval', () => {
  it('answers as `opa eval` does, numbers at full length', async () => {
    const ran = await rego([
      'eval',
      ...['-d', path('policy.rego'), '-d', path('data.json'), '-i', path('input.json')],
      'data.agent_policy',
    ]);
    expect(ran.code).toBe(0);
    expect(json(ran)).toMatchObject({
      result: [
        {
          expressions: [
            {
              value: { ExecProcessRequest: true },
              text: 'data.agent_policy',
              location: { row: 1, col: 1 },
            },
          ],
        },
      ],
    });
    expect(ran.stdout).toContain('"price": 12345678901234567891');
  });

  it('prints bindings, several expressions and several rows', async () => {
    const ran = await rego(['eval', 'some x in [1, 2]; y := x * 2']);
    expect(json(ran)).toMatchObject({
      result: [{ bindings: { x: 1, y: 2 } }, { bindings: { x: 2, y: 4 } }],
    });
  });

  it.each([
    { note: 'undefined is an empty object', argv: ['data.nope'], stdout: '{}\n', code: 0 },
    { note: 'undefined with --fail', argv: ['--fail', 'data.nope'], stdout: '{}\n', code: 1 },
    { note: 'defined with --fail', argv: ['-f', 'raw', '--fail', '"x"'], stdout: 'x\n', code: 0 },
    {
      note: 'defined with --fail-defined',
      argv: ['-f', 'raw', '--fail-defined', '1'],
      stdout: '1\n',
      code: 1,
    },
    { note: 'pretty', argv: ['-f', 'pretty', '[1]'], stdout: '[\n  1\n]\n', code: 0 },
    {
      note: 'pretty and undefined',
      argv: ['-f', 'pretty', 'input.x'],
      stdout: 'undefined\n',
      code: 0,
    },
    {
      note: 'pretty with variables',
      argv: ['-f', 'pretty', 'x := ["a", "b"][_]'],
      stdout: '+-----+\n| x   |\n+-----+\n| "a" |\n| "b" |\n+-----+\n',
      code: 0,
    },
    {
      note: 'values',
      argv: ['-f', 'values', '1; "a"'],
      stdout: '[\n  [\n    1,\n    "a"\n  ]\n]\n',
      code: 0,
    },
    { note: 'a false builtin', argv: ['to_number("x")'], stdout: '{}\n', code: 0 },
    { note: 'discard', argv: ['-f', 'discard', '1'], stdout: '', code: 0 },
  ])('$note', async ({ argv, stdout, code }) => {
    expect(await rego(['eval', ...argv])).toMatchObject({ stdout, code });
  });

  it('ends with 2 when a builtin fails and errors are strict', async () => {
    const ran = await rego(['eval', '--strict-builtin-errors', 'to_number("x")']);
    expect(ran.code).toBe(2);
    expect(json(ran)).toMatchObject({ errors: [{ code: 'eval_builtin_error' }] });
  });

  it('lists compile errors with their places', async () => {
    const ran = await rego(['eval', '-d', path('unsafe.rego'), 'data.a.x']);
    expect(ran.code).toBe(2);
    expect(json(ran)).toEqual({
      errors: [
        {
          message: 'var y is unsafe',
          code: 'rego_unsafe_var_error',
          location: { file: path('unsafe.rego'), row: 3, col: 6 },
        },
      ],
    });
  });

  it('reads input and query from standard input', async () => {
    const ran = await rego(['eval', '-I', '-f', 'raw', 'input.a'], '{"a": "b"}');
    expect(ran).toMatchObject({ code: 0, stdout: 'b\n' });
    expect(await rego(['eval', '--stdin', '-f', 'raw'], '1 + 1\n')).toMatchObject({
      stdout: '2\n',
    });
  });

  it('puts data below the name before the colon', async () => {
    const argv = ['eval', '-d', `a.b:${path('list.json')}`, '-f', 'raw', 'data.a.b[1]'];
    expect(await rego(argv)).toMatchObject({ code: 0, stdout: '2\n' });
  });

  it('answers as the guest with --kata-version', async () => {
    const query = '1.50 + 0';
    expect(await rego(['eval', '-f', 'raw', query])).toMatchObject({ stdout: '1.5\n' });
    const guest = await rego([
      'eval',
      '--kata-version',
      '4.1.0',
      '-f',
      'raw',
      '-d',
      path('data.json'),
      'count("😀")',
    ]);
    expect(guest).toMatchObject({ code: 0, stdout: '2\n' });
  });

  it('prints go to stderr, traces and coverage to the answer', async () => {
    const ran = await rego([
      'eval',
      '--explain',
      'notes',
      '--coverage',
      '-d',
      path('policy_test.rego'),
      '-d',
      path('policy.rego'),
      'data.agent_policy_test.test_refused',
    ]);
    expect(ran.stderr).toBe('trying sh\n');
    expect(json(ran)).toMatchObject({
      explanation: expect.any(Array),
      coverage: { files: { [path('policy_test.rego')]: { covered: expect.any(Array) } } },
    });
  });

  it.each([
    { note: 'no query', argv: [], stderr: 'no query was given' },
    { note: 'a list as data', argv: ['-d', 'LIST', '1'], stderr: 'holds no object' },
    { note: 'a file that is not there', argv: ['-d', 'nowhere.rego', '1'], stderr: 'no such file' },
    {
      note: 'an unknown release',
      argv: ['--kata-version', '1.0.0', '1'],
      stderr: '--kata-version',
    },
    {
      note: 'an option with a slip',
      argv: ['--strict-builtin-error', '1'],
      stderr: 'Did you mean',
    },
  ])('refuses $note with exit code 2', async ({ argv, stderr }) => {
    const given = argv.map((word) => (word === 'LIST' ? path('list.json') : word));
    const ran = await rego(['eval', ...given]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(stderr);
    expect(ran.stdout).toBe('');
  });
});

describe('rego check', () => {
  it('is silent about a sound policy', async () => {
    const ran = await rego(['check', path('policy.rego'), path('policy_test.rego')]);
    expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('words errors as OPA does and ends with 1', async () => {
    const ran = await rego(['check', path('unsafe.rego')]);
    const file = path('unsafe.rego');
    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr: `1 error occurred: ${file}:3: rego_unsafe_var_error: var y is unsafe\n`,
    });
  });

  it('lists errors as JSON', async () => {
    const ran = await rego(['check', '-f', 'json', path('broken.rego')]);
    expect(ran.code).toBe(1);
    expect(json(ran)).toHaveProperty(['errors', 0, 'code'], 'rego_parse_error');
  });
});

describe('rego fmt', () => {
  it('formats standard input', async () => {
    expect(await rego(['fmt'], 'package a\nx=1\n')).toMatchObject({
      code: 0,
      stdout: 'package a\n\nx := 1\n',
    });
  });

  it('lists, shows and writes what changes, once', async () => {
    const file = path('unformatted.rego');
    expect(await rego(['fmt', '-l', file])).toMatchObject({ code: 0, stdout: `${file}\n` });
    expect((await rego(['fmt', '-d', '--fail', file])).code).toBe(1);
    expect((await rego(['fmt', '-d', file])).stdout).toContain('+++');
    await rego(['fmt', '-w', file]);
    expect(await readFile(file, 'utf8')).toContain('x := 1 if {\n');
    expect(await rego(['fmt', '-l', '--fail', file])).toMatchObject({ code: 0, stdout: '' });
  });

  it('ends with 1 for a file that does not parse', async () => {
    const ran = await rego(['fmt', path('broken.rego')]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('rego_parse_error');
  });
});

describe('rego test', () => {
  it('passes, and shows every test with -v', async () => {
    const ran = await rego(['test', '-v', path('policy.rego'), path('policy_test.rego')]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/data\.agent_policy_test\.test_allowed: PASS \(/);
    expect(ran.stdout).toContain('  trying sh\n');
    expect(ran.stdout).toContain('PASS: 2/3\nSKIPPED: 1/3\n');
  });

  it('ends with 1 and shows the prints of a failure', async () => {
    const ran = await rego(['test', path('failing_test.rego')]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('data.failing.test_no: FAIL');
    expect(ran.stdout).toContain('\n  seen\n');
    expect(ran.stdout).toContain('PASS: 0/1\nFAIL: 1/1\n');
  });

  it('runs what --run names and reports JSON', async () => {
    const all = [path('policy.rego'), path('policy_test.rego')];
    const ran = await rego(['test', '--run', 'allowed$', '-f', 'json', ...all]);
    expect(json(ran)).toMatchObject([{ package: 'data.agent_policy_test', name: 'test_allowed' }]);
  });

  it('reports coverage and holds it against a threshold', async () => {
    const all = [path('policy.rego'), path('policy_test.rego')];
    const ran = await rego(['test', '-c', ...all]);
    expect(json(ran)).toMatchObject({ coverage: expect.any(Number) });
    expect((await rego(['test', '--threshold', '100', ...all])).code).toBe(1);
    expect((await rego(['test', '--threshold', '10', ...all])).code).toBe(0);
  });
});

describe('rego parse, plan, bench', () => {
  it('prints the syntax tree of `opa parse`', async () => {
    const ran = await rego(['parse', path('unsafe.rego')]);
    expect(json(ran)).toMatchObject({
      package: {
        path: [
          { type: 'var', value: 'data' },
          { type: 'string', value: 'a' },
        ],
      },
      rules: [{ head: { name: 'x' } }],
    });
    expect((await rego(['parse', '-f', 'pretty', path('unsafe.rego')])).stdout).toContain(
      'rules\n',
    );
  });

  it('prints the plan of the rules that are named', async () => {
    const ran = await rego(['plan', '-e', 'agent_policy/price', path('policy.rego')]);
    expect(json(ran)).toMatchObject({
      rules: [{ path: ['agent_policy', 'price'], branches: [{ value: { operator: '+' } }] }],
      indexes: [],
    });
  });

  it('measures a query', async () => {
    const ran = await rego(['bench', '-f', 'json', '1 + 1']);
    expect(json(ran)).toMatchObject({ samples: expect.any(Number), ns_per_op: expect.any(Number) });
  });
});
