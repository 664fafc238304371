import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kataProfile } from '#gate';
import { formatModule } from '#rego';
import { stringifyJson, type Json } from '#wire';
import { checkPolicy } from '../check/check-policy.ts';
import { decideCorpus } from '../corpus/decide-corpus.ts';
import type { Corpus, CorpusEntry } from '../corpus/entry.ts';
import { readCorpus } from '../corpus/read-corpus.ts';
import { learnPolicy } from './learn.ts';
import { recordPod, requestOf } from './testing.ts';

const RELEASES = ['4.1.0', '3.30.0', '3.29.0', '3.24.0', '3.11.0', '3.8.0', '3.5.0', '3.2.0'];

/** What the policy refuses of a corpus, in order, the state carried along. */
function refused(text: string, { entries }: Pick<Corpus, 'entries'>, version = '4.1.0') {
  const policy = { text, file: 'learned.rego', kata: kataProfile(version) };
  return [...decideCorpus(policy, entries)]
    .filter(({ decision }) => decision?.verdict !== 'allow')
    .map(({ entry, decision }) => `${entry.endpoint}: ${decision?.verdict ?? ''}`);
}

const allowedOnly = (corpus: Corpus): Corpus => ({
  ...corpus,
  entries: corpus.entries.filter(({ recorded }) => recorded !== 'deny'),
});

/** The recording with requests changed, dropped or added. */
const edited = (
  corpus: Corpus,
  edit: (entry: CorpusEntry, at: number) => readonly CorpusEntry[],
): Corpus => ({ ...corpus, entries: corpus.entries.flatMap(edit) });

const withField = (input: Json, path: readonly string[], value: Json): Json => {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(input))
    return (input as readonly Json[]).map((item, i) =>
      String(i) === name ? withField(item, rest, value) : item,
    );
  const members = input as Readonly<Record<string, Json>>;
  return { ...members, [name]: withField(members[name] ?? null, rest, value) };
};

/** One field of the web server's CreateContainer. */
const changed = (corpus: Corpus, path: string, value: Json): Corpus =>
  edited(corpus, (entry) =>
    entry.note === 'line 7'
      ? [{ ...entry, input: withField(entry.input, path.split('.'), value) }]
      : [entry],
  );

const first = recordPod({ seed: 1 });
const again = recordPod({ seed: 2, name: 'web-7c9f8b6d5-qq7rt', ip: '10.244.3.200' });

describe.each(RELEASES)('for Kata %s', (version) => {
  const kata = kataProfile(version);
  const { text } = learnPolicy([first], { kata });

  test('the recording is allowed, and the pod started again', () => {
    expect(refused(text, first, version)).toEqual([]);
    expect(refused(text, again, version)).toEqual([]);
  });

  test('the policy is formatted, and the check finds no error in it', () => {
    const regoVersion = kata.engine === 'opa daemon' ? 'v0' : 'v1';
    expect(formatModule({ name: 'p.rego', text }, { regoVersion }).text).toBe(text);
    const { findings } = checkPolicy(text, 'p.rego', kata);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test.each([
    ['OCI.Process.Args', ['/bin/sh']],
    ['OCI.Process.Env', ['PATH=/usr/bin', 'LD_PRELOAD=/x.so']],
    ['OCI.Process.User.UID', 1],
    ['OCI.Process.NoNewPrivileges', false],
    ['OCI.Process.Capabilities.Bounding', ['CAP_SYS_ADMIN']],
    ['storages.0.source', 'example.com/web@sha256:00'],
    ['OCI.Mounts', []],
    ['OCI.Mounts.1.source', '/etc/shadow'],
    ['OCI.Hooks', {}],
    ['OCI.Annotations.x', 'y'],
    ['OCI.Linux.MaskedPaths', []],
    ['OCI.Linux.Namespaces.0.Path', '/proc/1/ns/ipc'],
    ['sandbox_pidns', true],
  ])('another %s is refused', (path, value) => {
    const calls = refused(text, changed(first, path, value), version);
    expect(calls[0]).toMatch(/^CreateContainerRequest: (deny|fault)$/);
  });
});

test('what was learned from genpolicy’s cases allows those that were allowed', () => {
  const file = 'policies/genpolicy-style.testcases.json';
  const corpus = allowedOnly(readCorpus(readFileSync(file), file));
  expect(corpus.entries.length).toBeGreaterThan(10);
  for (const version of RELEASES) {
    const { text } = learnPolicy([corpus], { kata: kataProfile(version) });
    expect(refused(text, corpus, version)).toEqual([]);
  }
});

describe('state', () => {
  const { text } = learnPolicy([first]);
  const without = (...endpoints: readonly string[]) =>
    edited(first, (entry) => (endpoints.includes(entry.endpoint) ? [] : [entry]));

  test('a container is created once, and its rule is free again after removal', () => {
    const twice = edited(first, (entry) =>
      entry.note === 'line 7'
        ? [entry, { ...entry, input: withField(entry.input, ['container_id'], 'f'.repeat(64)) }]
        : [entry],
    );
    expect(refused(text, twice)).toEqual(['CreateContainerRequest: deny']);
    // The same sandbox twice in one life of the agent: removal and destruction forget it.
    expect(refused(text, { entries: [...first.entries, ...again.entries] })).toEqual([]);
  });

  test('exec waits for the start, and nothing is asked of what was not created', () => {
    expect(refused(text, without('StartContainerRequest'))).toEqual(['ExecProcessRequest: deny']);
    const calls = refused(text, without('CreateContainerRequest'));
    expect(new Set(calls)).toEqual(
      new Set([
        'StartContainerRequest: deny',
        'ExecProcessRequest: deny',
        'SignalProcessRequest: deny',
        'WaitProcessRequest: deny',
        'RemoveContainerRequest: deny',
      ]),
    );
  });

  test('containers belong to the sandbox that was created', () => {
    const foreign = recordPod({ seed: 9 });
    const mixed = edited(first, (entry, at) =>
      entry.endpoint === 'CreateSandboxRequest' ? [foreign.entries[at] ?? entry] : [entry],
    );
    expect(refused(text, mixed)[0]).toBe('CreateContainerRequest: deny');
  });

  test('input goes to the exec that was recorded with it, and to no other', () => {
    const recorded = recordPod({ seed: 3, execs: [['id'], ['sh']], stdin: [104, 105] });
    const learned = learnPolicy([recorded]).text;
    expect(refused(learned, recorded)).toEqual([]);
    expect(refused(learned, recordPod({ seed: 4, execs: [['id'], ['sh']], stdin: [1] }))).toEqual(
      [],
    );
    expect(refused(learned, recordPod({ seed: 5, execs: [['sh'], ['id']], stdin: [1] }))).toEqual([
      'WriteStreamRequest: deny',
    ]);
  });

  test('as many of a container as ran at once, and no more', () => {
    const more = (count: number) =>
      edited(first, (entry) => {
        if (entry.note !== 'line 7') return [entry];
        const id = (entry.input as { container_id: string }).container_id;
        return Array.from({ length: count }, (_, i) =>
          i === 0
            ? entry
            : {
                ...entry,
                input: JSON.parse(
                  JSON.stringify(entry.input).replaceAll(id, String(i).repeat(64)),
                ) as Json,
              },
        );
      });
    const learned = learnPolicy([more(2)]).text;
    expect(refused(learned, more(2))).toEqual([]);
    expect(refused(learned, more(3))).toEqual(['CreateContainerRequest: deny']);
  });
});

describe('several recordings', () => {
  const env = (seed: number, ...variables: readonly string[]) =>
    recordPod({ seed, env: variables });

  test('a value that differs becomes the smallest pattern, with a comment', () => {
    const { text } = learnPolicy([env(1, 'SLOT=17', 'MODE=blue'), env(2, 'SLOT=4', 'MODE=green')]);
    expect(text).toContain('# widened: OCI.Process.Env SLOT had 2 values');
    expect(text).toContain('`^SLOT=[0-9]{1,2}$`');
    expect(text).toContain('`^MODE=(?:blue|green)$`');
    expect(refused(text, env(3, 'SLOT=99', 'MODE=blue'))).toEqual([]);
    expect(refused(text, env(3, 'SLOT=9x', 'MODE=blue'))).not.toEqual([]);
    expect(refused(text, env(3, 'SLOT=9', 'MODE=red'))).not.toEqual([]);
  });

  test('a variable that is not always there is optional', () => {
    const { text } = learnPolicy([env(1, 'EXTRA=1'), env(2)]);
    expect(text).toContain('# widened: OCI.Process.Env EXTRA is not in every recording');
    expect(refused(text, env(3))).toEqual([]);
    expect(refused(text, env(3, 'EXTRA=1'))).toEqual([]);
    expect(refused(text, env(3, 'EXTRA=2'))).not.toEqual([]);
  });

  test('another image is another rule', () => {
    const other = recordPod({ seed: 2, image: 'example.com/web@sha256:11' });
    const learned = learnPolicy([first, other]);
    expect(learned.containers).toEqual(['pause', 'web', 'web-2']);
    expect(refused(learned.text, other)).toEqual([]);
  });
});

test('only ids are generalised when that is asked for', () => {
  const { text } = learnPolicy([first], { exact: true });
  expect(refused(text, first)).toEqual([]);
  expect(refused(text, recordPod({ seed: 2 }))).toContain('UpdateInterfaceRequest: deny');
  expect(refused(text, again)).toContain('CreateSandboxRequest: deny');
});

test('names without a generated end stay as they are', () => {
  const { text } = learnPolicy([recordPod({ seed: 1, name: 'web-0' })]);
  expect(refused(text, recordPod({ seed: 2, name: 'web-0' }))).toEqual([]);
  expect(refused(text, recordPod({ seed: 2, name: 'web-1' }))).not.toEqual([]);
});

test('image digests are not generalised, other names of 64 digits are', () => {
  const { text } = learnPolicy([first]);
  expect(text).toContain('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08');
  const ids = (first.entries[1]?.input as { sandbox_id: string }).sandbox_id;
  expect(text).not.toContain(ids);
});

test('values of variables can be kept out of the policy', () => {
  const recorded = recordPod({ seed: 1, env: ['DB_PASSWORD=hunter2'] });
  const open = learnPolicy([recorded]);
  expect(open.review.join()).toContain('DB_PASSWORD of web looks like a secret');
  const closed = learnPolicy([recorded], { redactEnv: ['*PASSWORD*'] });
  expect(closed.text).not.toContain('hunter2');
  expect(closed.review.join()).not.toContain('DB_PASSWORD of web looks like a secret');
  expect(refused(closed.text, recorded)).toEqual([]);
});

test('a request on a container whose creation is not recorded is allowed by its form, and said so', () => {
  const tail = { ...first, entries: first.entries.slice(8) };
  const learned = learnPolicy([tail]);
  expect(refused(learned.text, tail)).toEqual([]);
  expect(learned.review.join()).toContain('on containers that are not there');
});

test('what was refused when it was recorded is not learned', () => {
  const denied = {
    ...first,
    entries: first.entries.map((entry) => ({ ...entry, recorded: 'deny' as const })),
  };
  expect(() => learnPolicy([denied])).toThrow('there is no allowed request to learn from');
});

/** The recording as an agent writes it whose rules answer objects for `answering`; `silent` got none. */
function answeredLog(
  { entries }: Corpus,
  answering: readonly string[],
  silent: (entry: CorpusEntry) => boolean,
): Corpus {
  const lines = entries.flatMap((entry) => [
    stringifyJson({ kind: entry.endpoint, request: entry.input }),
    ...(answering.includes(entry.endpoint) && !silent(entry)
      ? [stringifyJson({ kind: entry.endpoint, request: { allowed: true, ops: [] } })]
      : []),
  ]);
  return readCorpus(lines.join('\n'), 'answered.jsonl');
}

describe('a request without an answer in a log that has answers', () => {
  const isShell = ({ input }: CorpusEntry): boolean => stringifyJson(input).includes('/etc/shadow');
  const recorded = recordPod({ seed: 1, execs: [['id'], ['cat', '/etc/shadow']] });

  test('is not learned when others of its endpoint have one', () => {
    const learned = learnPolicy([
      answeredLog(recorded, ['CreateContainerRequest', 'ExecProcessRequest'], isShell),
    ]);
    expect(learned.text).not.toContain('["cat", "/etc/shadow"]');
    expect(learned.refused).toBe(1);
    expect(learned.review[0]).toMatch(
      /^1 request got no answer where others of its endpoint got one, and is left out as refused: ExecProcess \["cat","\/etc\/shadow"\] \(answered\.jsonl:\d+\)\.$/,
    );
  });

  test('is learned and told when no rule of its endpoint answers with an object', () => {
    const learned = learnPolicy([answeredLog(recorded, ['CreateContainerRequest'], isShell)]);
    expect(learned.text).toContain('["cat", "/etc/shadow"]');
    expect(learned.review[0]).toMatch(
      /^answered\.jsonl was recorded under a policy that gives answers\. \d+ requests got none:/,
    );
    expect(learned.review[0]).toContain('ExecProcess ["cat","/etc/shadow"] (answered.jsonl:');
    expect(learned.refused).toBe(0);
  });

  test('a log without answers says nothing', () => {
    expect(learnPolicy([recorded]).review.join()).not.toContain('answer');
  });
});

test('endpoints that no log holds can be allowed for the pod’s containers', () => {
  const { text } = learnPolicy([first], { allow: ['ReadStreamRequest', 'GetMetricsRequest'] });
  const read = (id: string): CorpusEntry => ({
    endpoint: 'ReadStreamRequest',
    input: requestOf('ReadStreamRequest', { container_id: id, exec_id: id, len: 10 }),
    recorded: undefined,
    note: '',
    place: { file: 'test' },
  });
  const id = (first.entries[6]?.input as { container_id: string }).container_id;
  const started = { entries: [...first.entries.slice(0, 8), read(id), read('0'.repeat(64))] };
  expect(refused(text, started)).toEqual(['ReadStreamRequest: deny']);
  expect(text).toContain('default GetMetricsRequest := true');
});

test('names in comments stay in comments, and long values within the guest’s lines', () => {
  const bad = 'web:1\ndefault ExecProcessRequest := true\r\u2028#';
  const recorded = recordPod({
    seed: 1,
    image: bad,
    file: 'a\nb.jsonl',
    env: [`BIG=${'x'.repeat(70_000)}`],
  });
  const { text } = learnPolicy([recorded]);
  expect(text).not.toMatch(/^default ExecProcessRequest := true/m);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(20_000);
  expect(refused(text, recorded)).toEqual([]);
});

test('a log of many lines is learned in one pass, and stays short', () => {
  const execs = Array.from({ length: 5_000 }, () => ['true']);
  const { text, requests } = learnPolicy([recordPod({ seed: 1, execs })]);
  expect(requests).toBeGreaterThan(5_000);
  expect(text.split('\n').length).toBeLessThan(700);
  const others = Array.from({ length: 2_000 }, (_, i) => ['echo', String(i)]);
  const many = recordPod({ seed: 1, execs: others });
  expect(refused(learnPolicy([many]).text, { entries: many.entries.slice(0, 40) })).toEqual([]);
});
