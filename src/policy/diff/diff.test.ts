import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kataProfile } from '#gate';
import type { Json } from '#wire';
import { readCorpus } from '../corpus/read-corpus.ts';
import { learnPolicy } from '../learn/learn.ts';
import { recordPod } from '../learn/testing.ts';
import { diffJson } from './diff-json.ts';
import { diffPolicies, refusalToLoad } from './diff-policies.ts';
import { diffReport } from './diff-report.ts';
import { diffRequests, withField } from './field-usage.ts';

describe('documents', () => {
  test.each<{
    note: string;
    a: Json;
    b: Json;
    fields: readonly (readonly [string, Json | undefined, Json | undefined])[];
  }>([
    { note: 'equal documents', a: { x: [1, { y: null }] }, b: { x: [1, { y: null }] }, fields: [] },
    { note: 'a value', a: { x: [1, 2] }, b: { x: [1, 3] }, fields: [['x[1]', 2, 3]] },
    {
      note: 'a member more',
      a: { x: {} },
      b: { x: { 'a.b': 1 } },
      fields: [['x["a.b"]', undefined, 1]],
    },
    { note: 'an element less', a: { x: [1, 2] }, b: { x: [1] }, fields: [['x[1]', 2, undefined]] },
    { note: 'another type', a: { x: null }, b: { x: {} }, fields: [['x', null, {}]] },
    {
      note: 'big integers',
      a: { x: 2n ** 60n },
      b: { x: 2n ** 60n + 1n },
      fields: [['x', 2n ** 60n, 2n ** 60n + 1n]],
    },
  ])('$note', ({ a, b, fields }) => {
    expect(diffJson(a, b).map(({ field, before, after }) => [field, before, after])).toEqual(
      fields.map(([field, before, after]) => [field, before, after]),
    );
  });

  test('a field can be set, added and taken away', () => {
    expect(withField({ a: [1, 2] }, ['a', 1], 3)).toEqual({ a: [1, 3] });
    expect(withField({ a: {} }, ['a', 'b'], 3)).toEqual({ a: { b: 3 } });
    expect(withField({ a: [1, 2] }, ['a', 0], undefined)).toEqual({ a: [2] });
    expect(withField({ a: 1, b: 2 }, ['a'], undefined)).toEqual({ b: 2 });
  });
});

const rego = (...lines: readonly string[]) => ['package agent_policy', '', ...lines, ''].join('\n');
const log = (...rows: readonly (readonly [string, Json])[]) =>
  readCorpus(
    rows.map(([kind, request]) => JSON.stringify({ kind, request })).join('\n'),
    'log.jsonl',
  );

describe('policies', () => {
  const before = { text: rego('default StartContainerRequest := true'), file: 'before.rego' };
  const after = {
    text: rego(
      'default StartContainerRequest := false',
      'StartContainerRequest if input.container_id == "abc"',
    ),
    file: 'after.rego',
  };
  const corpus = log(
    ['StartContainerRequest', { container_id: 'abc' }],
    ['StartContainerRequest', { container_id: 'abd' }],
    ['GetMetricsRequest', {}],
  );

  test('a verdict that changes is counted by endpoint and explained by the side that refuses', () => {
    const { requests, changes, endpoints } = diffPolicies(before, after, [corpus]);
    expect(requests).toBe(3);
    expect(changes.map(({ entry, refusedBy }) => [entry.note, refusedBy])).toEqual([
      ['line 2', 'after'],
    ]);
    expect(changes[0]?.explained?.candidates[0]?.differences[0]?.field).toBe('container_id');
    expect(endpoints.map(({ endpoint, requests: n, changes: c }) => [endpoint, n, [...c]])).toEqual(
      [
        ['StartContainerRequest', 2, [['allow -> deny', 1]]],
        ['GetMetricsRequest', 1, []],
      ],
    );
    expect(diffPolicies(after, before, [corpus]).changes[0]?.refusedBy).toBe('before');
    expect(diffPolicies(before, before, [corpus]).changes).toEqual([]);
  });

  test('each side carries its own state', () => {
    const pod = recordPod({ seed: 1 });
    const learned = { text: learnPolicy([pod]).text, file: 'learned.rego' };
    const open = { text: readFileSync('policies/allow-all.rego', 'utf8'), file: 'open.rego' };
    expect(diffPolicies(learned, open, [pod, pod]).changes).toEqual([]);
    const noStart = {
      ...pod,
      entries: pod.entries.filter((e) => e.endpoint !== 'StartContainerRequest'),
    };
    expect(
      diffPolicies(learned, open, [noStart]).changes.map(({ entry }) => entry.endpoint),
    ).toEqual(['ExecProcessRequest']);
  });

  test('a denial that becomes a fault is a difference', () => {
    const silent = { text: rego('default GetMetricsRequest := false'), file: 'c.rego' };
    const { changes } = diffPolicies(silent, { text: rego(''), file: 'd.rego' }, [
      log(['GetMetricsRequest', {}]),
    ]);
    expect(changes.map((one) => [one.before.verdict, one.after.verdict])).toEqual([
      ['deny', 'fault'],
    ]);
  });

  test('a report has an item per change, or one that says there is none', () => {
    expect(diffReport(diffPolicies(before, after, [corpus]), 'after.rego').items).toEqual([
      expect.objectContaining({ status: 'failed', message: 'allow -> deny' }),
    ]);
    expect(diffReport(diffPolicies(before, before, [corpus]), 'a').items).toEqual([
      expect.objectContaining({ status: 'passed', name: '3 requests have the same verdict' }),
    ]);
  });

  test('releases: what one takes the other may refuse, or decide otherwise', () => {
    const under = (text: string, version: string) => ({
      text,
      file: 'p.rego',
      kata: kataProfile(version),
    });
    const old = 'package agent_policy\n\nStartContainerRequest { true }\n';
    expect(refusalToLoad(under(old, '3.29.0'))).toBeUndefined();
    expect(refusalToLoad(under(old, '3.30.0'))?.location).toMatchObject({ line: 3 });
    // Without the import the old engine takes `if` for a rule of its own, and allows.
    const trap = rego('StartContainerRequest if {', '\tinput.container_id == "x"', '}');
    const { changes } = diffPolicies(under(trap, '3.29.0'), under(trap, '3.30.0'), [corpus]);
    expect(changes.map((one) => `${one.before.verdict} -> ${one.after.verdict}`)).toEqual([
      'allow -> fault',
      'allow -> fault',
    ]);
  });
});

describe('requests', () => {
  const text = rego(
    'default ExecProcessRequest := false',
    'ExecProcessRequest if {',
    '\tprocess := input.process',
    '\tuser_ok(process.User)',
    '\tcount(process.Args) == 1',
    '\tevery arg in process.Args {',
    '\t\targ in {"id", "date"}',
    '\t}',
    '}',
    'user_ok(user) if {',
    '\tprint("user", user.UID)',
    '\tuser.UID == 0',
    '}',
  );
  const policy = { text, file: 'p.rego' };
  const request = (uid: number, ...args: readonly string[]): Json => ({
    process: { User: { UID: uid, GID: 0 }, Args: args },
  });
  const ask = (before: Json, after: Json) =>
    diffRequests({ before, after, policy, endpoint: 'ExecProcessRequest' });
  const lines = (diff: ReturnType<typeof ask>, field: string) =>
    diff.fields
      .find((one) => one.field === field)
      ?.uses.filter(({ kind }) => kind !== 'holds')
      .map(({ kind, place, held }) => [place.line, kind, ...held]);

  test('the line that compares the field reads it; those above depend on it; prints do not count', () => {
    const diff = ask(request(0, 'id'), request(5, 'id'));
    expect(diff.verdicts).toEqual(['allow', 'deny']);
    expect(diff.fields.map(({ field }) => field)).toEqual(['process.User.UID']);
    expect(lines(diff, 'process.User.UID')).toEqual([
      [6, 'depends', true, false],
      [14, 'reads', true, false],
    ]);
  });

  test('each field is looked for alone, so that an earlier failure hides none', () => {
    const diff = ask(request(0, 'id'), request(5, 'sh'));
    expect(lines(diff, 'process.User.UID')?.map(([line]) => line)).toEqual([6, 14]);
    expect(lines(diff, 'process.Args[0]')).toEqual([
      [8, 'depends', true, false],
      [9, 'reads', true, false],
    ]);
  });

  test('a field that no line looks at has none, though the whole is passed on', () => {
    const other = { process: { User: { UID: 0, GID: 9 }, Args: ['id'] } };
    const diff = ask(request(0, 'id'), other);
    expect(diff.verdicts).toEqual(['allow', 'allow']);
    expect(lines(diff, 'process.User.GID')).toEqual([]);
  });

  test('when the second is the allowed one, it is where the search starts', () => {
    const diff = ask(request(5, 'sh'), request(0, 'id'));
    expect(lines(diff, 'process.Args[0]')).toEqual([
      [8, 'depends', false, true],
      [9, 'reads', false, true],
    ]);
  });

  test('without a policy only the fields are told', () => {
    const diff = diffRequests({ before: request(0, 'id'), after: request(1, 'id') });
    expect(diff).toMatchObject({ verdicts: undefined, omitted: 0, fields: [{ uses: [] }] });
  });
});
