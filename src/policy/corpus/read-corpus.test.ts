import { KatasimError } from '#base';
import { describe, expect, it } from 'vitest';
import type { Corpus, CorpusEntry } from './entry.ts';
import { openCorpus, readCorpus, type ReadCorpusOptions } from './read-corpus.ts';

const read = (content: string | Uint8Array, options?: ReadCorpusOptions): Corpus =>
  readCorpus(content, 'file', options);

/** `code file:line:column message` of what reading throws. */
function refusal(content: string | Uint8Array, options?: ReadCorpusOptions): string {
  try {
    read(content, options);
  } catch (error) {
    if (!(error instanceof KatasimError)) throw error;
    expect(error.hint ?? '').not.toBe('');
    const { line, column } = error.location ?? {};
    return `${error.code} ${[line, column].filter((part) => part !== undefined).join(':')} ${error.message}`;
  }
  throw new Error('it was read');
}

const exec = '{"kind":"ExecProcessRequest","request":{"container_id":"a"}}';

describe('genpolicy’s testcases.json', () => {
  it('gives a request every field that the agent would see', () => {
    const { format, entries } = read(
      '[\n {"description": "no pidns", "allowed": true, "kind": "CreateSandboxRequest",\n  "request": {"sandbox_pidns": false}}\n]',
    );
    expect(format).toBe('testcases');
    expect(entries).toEqual([
      {
        endpoint: 'CreateSandboxRequest',
        input: {
          hostname: '',
          dns: [],
          storages: [],
          sandbox_pidns: false,
          sandbox_id: '',
          guest_hook_path: '',
          kernel_modules: [],
        },
        recorded: 'allow',
        note: 'no pidns',
        place: { file: 'file', line: 2, column: 2 },
      },
    ]);
  });

  it('takes the older form with the type inside the request', () => {
    const { entries } = read(
      '[{"description": "d", "allowed": false, "request": {"type": "CreateSandbox", "sandbox_pidns": true}}]',
    );
    expect(entries[0]).toMatchObject({
      endpoint: 'CreateSandboxRequest',
      recorded: 'deny',
      input: { sandbox_pidns: true },
    });
    expect(entries[0]?.input).not.toHaveProperty('type');
  });

  it('takes named bases with a patch per case', () => {
    const { entries } = read(
      JSON.stringify({
        bases: { b: { kind: 'CreateSandboxRequest', request: { sandbox_pidns: false } } },
        cases: [
          { description: 'no pidns', base: 'b', allowed: true, patch: [] },
          {
            description: 'pidns',
            base: 'b',
            allowed: false,
            patch: [{ op: 'replace', path: '/sandbox_pidns', value: true }],
          },
        ],
      }),
    );
    expect(entries.map(({ input, recorded }) => [recorded, input])).toMatchObject([
      ['allow', { sandbox_pidns: false }],
      ['deny', { sandbox_pidns: true }],
    ]);
  });

  it('leaves out fields that no message has, and says so', () => {
    const { entries } = read(
      '[{"description":"d","allowed":true,"kind":"UpdateInterfaceRequest","request":{"interface":{"pciPath":"02"}}}]',
    );
    expect(entries[0]?.ignored).toEqual(['request.interface.pciPath']);
  });

  it.each([
    {
      note: 'the derived document as it stands',
      request: { path: '/x', file_type: 'Symlink', symlink_target: 'y' },
      input: { path: '/x', file_type: 'Symlink', symlink_target: 'y', file_mode: 0 },
    },
    {
      note: 'a request with data, from which it is derived',
      request: { path: '/x', file_mode: 0o120777, data: [46, 46] },
      input: { path: '/x', file_type: 'Symlink', symlink_target: '..', file_mode: 0o120777 },
    },
    {
      note: 'a bare path, which is of no type',
      request: { path: '/x' },
      input: { path: '/x', file_type: 'Unknown', symlink_target: null },
    },
  ])('CopyFile: $note', ({ request, input }) => {
    const { entries } = read(
      JSON.stringify([{ description: 'd', allowed: true, kind: 'CopyFileRequest', request }]),
    );
    expect(entries[0]?.input).toMatchObject(input);
    expect(entries[0]?.input).not.toHaveProperty('data');
  });

  it('keeps every digit of a long integer', () => {
    const { entries } = read(
      '[{"description":"d","allowed":true,"kind":"UpdateContainerRequest","request":{"resources":{"Memory":{"Limit":9223372036854775807}}}}]',
    );
    expect(entries[0]?.input).toMatchObject({
      resources: { Memory: { Limit: 9223372036854775807n } },
    });
  });

  it.each([
    ['[{"kind":"X","request":{}}]', 'this case has no description'],
    ['[{"description":"d","kind":"X","request":{}}]', 'case "d" has no allowed'],
    [
      '[{"description":"d","allowed":true,"kind":"ExecProcesRequest","request":{}}]',
      "there is no endpoint 'ExecProcesRequest'",
    ],
    [
      '[{"description":"d","allowed":true,"request":{}}]',
      'this case does not say what kind of request it is',
    ],
    [
      '[{"description":"d","allowed":true,"kind":"ExecProcessRequest","request":{"container_id":1}}]',
      'request.container_id: expected a string, found 1',
    ],
  ])('%s', (text, message) => {
    expect(refusal(text)).toBe(`CORPUS_CASE 1:2 ${message}`);
  });

  it.each([
    ['[{"op":"add","path":"/x"}]', 'patch holds what is no operation'],
    ['[{"op":"remove","path":"/x"}]', "operation '/0' failed at path '/x': path is invalid"],
    ['{}', 'patch is no list'],
  ])('refuses the patch %s', (patch, message) => {
    const text = `{"bases":{"b":{"kind":"CreateSandboxRequest","request":{}}},"cases":[{"description":"d","base":"b","allowed":true,"patch":${patch}}]}`;
    expect(refusal(text)).toContain(message);
  });
});

describe('cases in YAML', () => {
  it('say more than a verdict', () => {
    const { format, entries } = read(
      [
        '# shared',
        'bases:',
        '  sh: {kind: ExecProcessRequest, request: &exec {process: {Args: [sh]}}}',
        'cases:',
        '- description: a shell',
        '  base: sh',
        '  verdict: deny',
        '  message: /blocked/',
        '  prints: [args]',
        '  explains: process.Args',
        '  state: {a: 1}',
        '  ops: []',
        '- kind: ExecProcess',
        '  request: {<<: *exec, container_id: c}',
        '  allowed: true',
      ].join('\n'),
    );
    expect(format).toBe('cases');
    const [shell, other] = entries;
    expect(shell).toMatchObject({
      endpoint: 'ExecProcessRequest',
      recorded: 'deny',
      note: 'a shell',
      place: { line: 5, column: 3 },
      expected: { prints: [{ source: 'args' }], state: { a: 1 }, ops: [] },
    });
    expect(shell?.expected?.message?.pattern?.test('it is blocked')).toBe(true);
    expect(other).toMatchObject({
      recorded: 'allow',
      note: 'ExecProcessRequest, line 13',
      input: { container_id: 'c', process: { Args: ['sh'] } },
    });
  });

  it('many aliases are no more work than as many texts', () => {
    const uses = Array(40_000).fill('*a ').join(',');
    const request = `{container_id: &a x, process: {Args: [${uses}]}}`;
    const { entries } = read(`- {kind: ExecProcess, allowed: true, request: ${request}}`);
    const { process } = entries[0]?.input as { process: { Args: string[] } };
    expect(process.Args).toHaveLength(40_000);
    expect(process.Args.at(-1)).toBe('x');
  });

  it.each([
    [
      '- kind: ExecProcess\n  verdict: deny\n  mesage: x\n  request: {}',
      "1:3 a case has no key 'mesage'",
    ],
    ['- kind: ExecProcess\n  request: {}', '1:3 a case has one of verdict'],
    ['- kind: ExecProcess\n  request: {}\n  allowed: true\n  message: /(/', '1:3 message: '],
    ['cases: &a\n- *a', '2:3 this alias stands inside what it names'],
    ['cases:\n- a: 1\n  a: 2', '3:3 Map keys must be unique'],
    [`a: ${'['.repeat(20_000)}`, 'the YAML is nested too deeply'],
    [
      [
        'x: &a [1,1,1,1,1,1,1,1,1,1]',
        ...'bcdefg'
          .split('')
          .map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdef'[i]}`).join(',')}]`),
        'cases: *g',
      ].join('\n'),
      'expand to more than 1000000 values',
    ],
  ])('are refused at their place: %#', (text, message) => {
    expect(refusal(text)).toContain(message);
  });
});

describe('an agent’s own log', () => {
  it('skips what no request caused and takes an answer as the recorded verdict', () => {
    const { format, entries } = read(
      [
        '{"kind":"AllowRequestsFailingPolicy","request":{}}',
        '{"kind":"CreateContainerRequest","request":{"container_id":"a"}}',
        '{"kind":"CreateContainerRequest","request":{"allowed":true,"ops":[{"op":"add","path":"/pstate/a","value":1}]}}',
        '{"kind":"CreateContainerRequest","request":{"container_id":"b"}}',
        exec,
        '',
      ].join('\n'),
    );
    expect(format).toBe('policy-log');
    expect(entries.map(({ endpoint, recorded, note }) => [endpoint, recorded, note])).toEqual([
      ['CreateContainerRequest', 'allow', 'line 2'],
      ['CreateContainerRequest', undefined, 'line 4'],
      ['ExecProcessRequest', undefined, 'line 5'],
    ]);
    expect(entries[0]?.recordedOps).toEqual([{ op: 'add', path: '/pstate/a', value: 1 }]);
  });

  it('of releases before 3.24 is text', () => {
    const { format, entries } = read(
      '["ep":"ExecProcessRequest",{"container_id":"a]"}],\n\n["ep":"ListRoutesRequest",{}],\n\n',
    );
    expect(format).toBe('policy-log');
    expect(entries.map(({ endpoint, input }) => [endpoint, input])).toEqual([
      ['ExecProcessRequest', { container_id: 'a]' }],
      ['ListRoutesRequest', {}],
    ]);
  });

  it('names the line that is broken, and goes on with keepGoing', () => {
    const text = `${exec}\n{"kind":"ExecPro\n${exec}\n{"kind":7}\n${exec}\n`;
    expect(refusal(text)).toBe(
      'CORPUS_LINE 2:9 the JSON ends too early: a text has no closing quote',
    );
    const { entries, problems } = read(text, { keepGoing: true });
    expect(entries.map(({ place }) => place.line)).toEqual([1, 3, 5]);
    expect(problems.map(({ place }) => place.line)).toEqual([2, 4]);
  });

  it('that was cut says so', () => {
    expect(refusal(`${exec}\n${exec.slice(0, 40)}`)).toBe(
      'CORPUS_LINE 2:40 the log ends in the middle of this line',
    );
  });

  it('is known as one although its first line is broken', () => {
    const { format, entries } = read(`"x"}}\n${exec}\n`, { keepGoing: true });
    expect(format).toBe('policy-log');
    expect(entries).toHaveLength(1);
  });

  it('over the bound names the line where it was met', () => {
    expect(refusal(`${exec}\n`.repeat(100), { maxBytes: 200 })).toBe(
      'CORPUS_TOO_LARGE 4 the limit of 200 bytes is reached here',
    );
  });
});

describe('a decision log', () => {
  const event = (rest: object): string =>
    JSON.stringify({
      decision_id: 'x',
      path: 'agent_policy/ExecProcessRequest',
      input: {},
      ...rest,
    });

  it('has verdicts, masked inputs and state patches', () => {
    const ops = [{ op: 'remove', path: '/pstate/a' }];
    const { format, entries } = read(
      [
        event({ custom: { verdict: 'allow', ops }, masked: ['/input/process/Env/0'] }),
        event({ result: false }),
        event({ result: { allowed: true } }),
        event({ error: { message: 'x' } }),
      ].join('\n'),
    );
    expect(format).toBe('decision-log');
    expect(entries.map(({ recorded }) => recorded)).toEqual(['allow', 'deny', 'allow', 'fault']);
    expect(entries[0]).toMatchObject({ masked: ['/input/process/Env/0'], recordedOps: ops });
    expect(entries[1]).not.toHaveProperty('masked');
  });

  it('may be a list, as OPA posts it', () => {
    const { format, entries } = read(`[${event({ result: true })},\n${event({ result: false })}]`);
    expect(format).toBe('decision-log');
    expect(entries.map(({ recorded, place }) => [recorded, place.line])).toEqual([
      ['allow', 1],
      ['deny', 2],
    ]);
  });
});

describe('what is something else', () => {
  it.each([
    ['nothing', '', 'CORPUS_EMPTY 1 there is no request in it'],
    ['UTF-16', Buffer.from(`\ufeff${exec}`, 'utf16le'), 'CORPUS_NOT_TEXT 1:1 this is UTF-16'],
    [
      'UTF-16 without a mark',
      Buffer.from(exec, 'utf16le'),
      'CORPUS_NOT_TEXT 1:1 this looks like UTF-16',
    ],
    ['a byte order mark', `\ufeff${exec}`, 'CORPUS_NOT_TEXT 1:1 a byte order mark stands here'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'CORPUS_NOT_TEXT 1:1 this is gzip, not text'],
    [
      'binary',
      Buffer.from('ab\ncd\0ef'),
      'CORPUS_NOT_TEXT 2:3 a zero byte stands here: this is not text',
    ],
    [
      'Latin-1',
      Buffer.from('- a: \xe4\n', 'latin1'),
      'CORPUS_NOT_TEXT 1:6 a byte that is no UTF-8 stands here: this is not text',
    ],
    [
      'a policy',
      'package agent_policy\n',
      'CORPUS_FORM 1:1 this is no corpus of requests that katasim knows',
    ],
    ['other JSON', '{"a": 1}', 'CORPUS_FORM 1:1 this is no corpus of requests that katasim knows'],
    [
      'a key twice',
      '[{"description":"d",\n "description":"e"}]',
      'CORPUS_JSON 2:2 the key "description" comes twice',
    ],
    ['deep nesting', '['.repeat(200), 'CORPUS_JSON 1:129 the JSON is nested more than 128 deep'],
    ['a trailing comma', '[{},\n]', 'CORPUS_JSON 2:1 there is a comma before `]`'],
    [
      'half a document',
      '[\n {"description": "d"',
      'CORPUS_JSON 2:2 the JSON ends too early: an object is not closed',
    ],
  ])('%s', (_, content, message) => {
    expect(refusal(content)).toBe(message);
  });
});

describe('openCorpus', () => {
  async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) {
      yield await Promise.resolve(bytes.subarray(at, at + size));
    }
  }

  const all = async (text: string, size: number): Promise<readonly CorpusEntry[]> => {
    const entries: CorpusEntry[] = [];
    for await (const entry of (await openCorpus(chunks(text, size), 'file')).entries)
      entries.push(entry);
    return entries;
  };

  it('reads the same whatever the chunks are', async () => {
    const text = `${exec}\r\n${exec.replace('"a"', '"ä\u20ac\u{1f600}"')}\n\n${exec}`;
    const whole = read(text).entries;
    for (const size of [1, 2, 3, 7, 1_000]) expect(await all(text, size)).toEqual(whole);
  });

  it('gives the entries in front of a broken line before it fails', async () => {
    const { entries } = await openCorpus(chunks(`${exec}\n${exec}\nx\n`, 1_000), 'file');
    const lines: unknown[] = [];
    const reading = (async () => {
      for await (const { place } of entries) lines.push(place.line);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'CORPUS_LINE' });
    expect(lines).toEqual([1, 2]);
  });

  it('closes its source when the reader stops early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(Buffer.from(`${exec}\n`));
      } finally {
        closed = true;
      }
    }
    const { entries } = await openCorpus(source(), 'file');
    for await (const entry of entries) if ((entry.place.line ?? 0) > 5) break;
    expect(closed).toBe(true);
  });
});
