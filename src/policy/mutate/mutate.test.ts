import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kataProfile } from '#gate';
import { endpoints } from '#wire';
import { readCorpus } from '../corpus/read-corpus.ts';
import { learnPolicy } from '../learn/learn.ts';
import { recordPod } from '../learn/testing.ts';
import { containerMutations } from './container-mutations.ts';
import { mutate, type MutateOptions } from './mutate.ts';
import { mutationGroups, mutationReport, scoreSentence } from './mutate-report.ts';
import { MUTATION_CLASSES } from './mutation.ts';
import { otherMutations } from './other-mutations.ts';
import { processMutations } from './process-mutations.ts';
import { unrecordedEndpoints } from './unrecorded-variants.ts';

const shipped = (name: string) => readFileSync(`policies/${name}`, 'utf8');
const pod = recordPod({ seed: 1, execs: [['id'], ['sh', '-c', 'date']], stdin: [10] });
const learned = learnPolicy([pod]).text;
const scoreOf = (text: string, options: MutateOptions = {}) =>
  mutate({ text, file: 'p.rego' }, [pod], options);
const allowedNames = (text: string, options: MutateOptions = {}) =>
  scoreOf(text, options)
    .results.filter(({ allowed }) => allowed)
    .map(({ name, label }) => `${name} ${label}`);

test('a learned policy allows no hostile variant', () => {
  const { results, allowed, refused } = scoreOf(learned);
  expect(results.length).toBeGreaterThan(150);
  expect({ allowed, refused }).toEqual({ allowed: 0, refused: 0 });
});

test('a policy that allows everything allows every variant', () => {
  const { results, allowed } = scoreOf(shipped('allow-all.rego'));
  expect(allowed).toBe(results.length);
});

test('genpolicy’s way of checking refuses most of them', () => {
  const file = 'policies/genpolicy-style.testcases.json';
  const { results, allowed } = mutate(
    { text: shipped('genpolicy-style.rego'), file: 'policies/genpolicy-style.rego' },
    [readCorpus(readFileSync(file), file)],
  );
  expect(allowed / results.length).toBeLessThan(0.2);
  // What such a policy is for, it does.
  const classes = new Set(results.filter((one) => one.allowed).map((one) => one.class));
  for (const name of [
    'image',
    'mount',
    'storage',
    'args',
    'capability',
    'privileged',
    'device',
    'root',
    'hook',
  ] as const)
    expect(classes).not.toContain(name);
});

describe('a check that is gone', () => {
  test.each([
    [
      'input.OCI.Process.NoNewPrivileges == true',
      ['user/no-new-privileges-off pause', 'user/no-new-privileges-off web'],
    ],
    ['is_null(input.OCI.Hooks)', ['hook/hook pause', 'hook/hook web']],
    [
      'input.sandbox_pidns == false',
      ['namespace/pid-shared pause', 'namespace/pid-shared web', 'sandbox/pid-shared '],
    ],
    ['container.phase == "running"', ['order/exec-before-start web: id']],
    ['input.guest_hook_path == ""', ['sandbox/guest-hooks ']],
    ['input.signal == 9', ['exec/other-signal web']],
  ])('%s', (line, expected) => {
    expect(learned).toContain(line);
    const names = allowedNames(learned.replaceAll(`\t${line}\n`, ''));
    expect([...names].sort()).toEqual([...expected].sort());
  });
});

test('without state the order and the ids of requests are not checked', () => {
  const { text } = learnPolicy([pod], { kata: kataProfile('3.8.0') });
  const classes = new Set(
    mutate({ text, file: 'p.rego' }, [pod])
      .results.filter(({ allowed }) => allowed)
      .map((one) => one.class),
  );
  expect([...classes].sort()).toEqual(['exec', 'order', 'reuse']);
});

describe('the table', () => {
  test('has a row for every endpoint', () => {
    expect([...unrecordedEndpoints].sort()).toEqual(
      endpoints.map(({ endpoint }) => endpoint).sort(),
    );
  });

  test('names each mutation once', () => {
    const names = [...containerMutations, ...processMutations, ...otherMutations].map(
      ({ class: group, endpoint, name }) => `${group}/${name} ${endpoint}`,
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test('has no row that never applies', () => {
    const file = 'policies/genpolicy-style.testcases.json';
    const everything = mutate({ text: shipped('allow-all.rego'), file: 'p.rego' }, [
      readCorpus(readFileSync(file), file),
      pod,
    ]);
    const applied = new Set(everything.results.map(({ name, endpoint }) => `${name} ${endpoint}`));
    const missing = [...containerMutations, ...processMutations, ...otherMutations]
      .map(({ class: group, endpoint, name }) => `${group}/${name} ${endpoint}`)
      .filter((name) => !applied.has(name));
    // Neither recording has seccomp profiles, neighbours, routes or changed resources.
    expect(
      missing.filter((name) => !/seccomp-gone|Routes|ARPNeighbors|UpdateContainer/.test(name)),
    ).toEqual([]);
  });
});

test('the same seed makes the same variants, another seed others', () => {
  const only = { only: ['image' as const] };
  const fields = (seed: number) =>
    scoreOf(learned, { ...only, seed }).results.flatMap(({ differences }) =>
      differences.map(({ after }) => after),
    );
  expect(fields(1)).toEqual(fields(1));
  expect(fields(1)).not.toEqual(fields(2));
});

test('only the classes that are asked for', () => {
  const classes = scoreOf(learned, { only: ['mount', 'hook'] }).results.map((one) => one.class);
  expect(new Set(classes)).toEqual(new Set(['mount', 'hook']));
});

test('a policy that refuses the recording has nothing to be measured with', () => {
  const closed = 'package agent_policy\n\ndefault AllowRequestsFailingPolicy := false\n';
  expect(() => scoreOf(closed, { only: ['mount'] })).toThrow(
    'there is no allowed request to make variants of',
  );
  expect(scoreOf(closed).refused).toBe(pod.entries.length);
});

test('what is hostile is told by field, with both values', () => {
  const { results } = scoreOf(shipped('allow-all.rego'), { only: ['user'] });
  const uid = results.find(({ name, label }) => name === 'user/uid' && label === 'web');
  expect(uid?.differences).toEqual([
    {
      field: 'OCI.Process.User.UID',
      path: ['OCI', 'Process', 'User', 'UID'],
      before: 0,
      after: 65534,
    },
  ]);
});

test('a report has an item per variant, and groups are ordered by what is worst', () => {
  const score = scoreOf(shipped('allow-all.rego'));
  expect(mutationReport(score, 'p.rego').items).toHaveLength(score.results.length);
  const ranks = mutationGroups(score).map(({ name }) =>
    MUTATION_CLASSES.findIndex((group) => name.startsWith(`${group}/`)),
  );
  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
  expect(scoreSentence(score)).toBe(
    `${score.allowed} of ${score.allowed} hostile variants are still allowed`,
  );
});
