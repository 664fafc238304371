import { AgentPolicy, decisionLogLine } from '#gate';
import type { Json } from '#wire';
import { describe, expect, it } from 'vitest';
import { readCorpus } from '../corpus/read-corpus.ts';
import { replayCorpus, type ReplayedEntry, type ReplayOptions } from './replay.ts';
import { patchLines, pstateOf, stateDifferences } from './state.ts';

const text = `package agent_policy

default ExecProcessRequest := false

default SetPolicyRequest := true

CreateContainerRequest := {"allowed": true, "ops": [{"op": "add", "path": path, "value": "web"}]} if {
	not data.pstate[input.container_id]
	path := concat("", ["/pstate/", input.container_id])
}

ExecProcessRequest if data.pstate[input.container_id]
`;
const create = (id: string): [string, Json] => [
  'CreateContainerRequest',
  { container_id: id, OCI: { Process: { Env: ['TOKEN=secret'] } } },
];
const exec = (id: string): [string, Json] => ['ExecProcessRequest', { container_id: id }];

/** What an agent with this policy writes while it decides. */
function record(
  calls: readonly [string, Json][],
  policyText = text,
): { log: string; events: string } {
  let log = '';
  let events = '';
  const policy = AgentPolicy.open([{ source: 'image-default', text: policyText }], {
    policyLog: (line) => {
      log += line;
    },
  });
  policy.onDecision((decision) => {
    events += decisionLogLine(decision, { labels: {} });
  });
  for (const [endpoint, input] of calls) policy.decide(endpoint, input);
  return { log, events };
}

async function replay(
  log: string,
  policyText = text,
  options: ReplayOptions = {},
): Promise<readonly ReplayedEntry[]> {
  const { entries } = readCorpus(log, 'log');
  const all: ReplayedEntry[] = [];
  const policy = { text: policyText, file: 'policy.rego' };
  for await (const one of replayCorpus(policy, entries, options)) all.push(one);
  return all;
}

const calls = [create('a'), exec('a'), exec('b'), create('b'), exec('b')];

describe('replay of an agent’s log', () => {
  it('decides every line with the state that those before it left', async () => {
    const replayed = await replay(record(calls).log);
    expect(replayed.map(({ decision }) => decision?.verdict)).toEqual([
      'allow',
      'allow',
      'deny',
      'allow',
      'allow',
    ]);
    expect(replayed.map(({ divergence }) => divergence)).toEqual(Array(5).fill(undefined));
    expect(pstateOf(replayed[4]?.stateBefore ?? null)).toEqual({ a: 'web', b: 'web' });
    expect(replayed.map(patchLines)).toEqual([
      ['+ /pstate/a = "web"'],
      [],
      [],
      ['+ /pstate/b = "web"'],
      [],
    ]);
  });

  it('tells from a missing answer that the agent did not allow it', async () => {
    const picky = text.replace('if {', 'if {\n\tinput.container_id != "b"');
    const { log } = record([create('b'), create('a'), create('b'), exec('a'), create('b')], picky);
    const told = (await replay(log)).map(({ divergence }) => divergence);
    const sentence = 'the agent logged no answer of its rule, now it is allow with an answer';
    // The first stands before any answer: the log may keep none. The last has no line behind it.
    expect(told).toEqual([undefined, undefined, undefined, undefined, undefined]);
    const twice = record([create('a'), create('b'), exec('a')], picky).log;
    expect((await replay(twice)).map(({ divergence }) => divergence)).toEqual([
      undefined,
      sentence,
      undefined,
    ]);
  });

  it('names the first verdict and the first state that are others', async () => {
    const { log } = record(calls);
    const denying = text.replace(
      'CreateContainerRequest := {"allowed": true',
      'CreateContainerRequest := {"allowed": false',
    );
    const other = text.replace('"value": "web"', '"value": "db"');
    expect((await replay(log, denying))[0]?.divergence).toBe('recorded allow, now deny');
    expect((await replay(log, other))[0]?.divergence).toBe(
      'the state changes otherwise: recorded add /pstate/a = "web", now add /pstate/a = "db"',
    );
  });
});

describe('replay of a decision log', () => {
  it('carries the state over requests that were masked', async () => {
    const replayed = await replay(record(calls).events);
    expect(replayed.map(({ decision }) => decision?.verdict ?? 'masked')).toEqual([
      'masked',
      'allow',
      'deny',
      'masked',
      'allow',
    ]);
    expect(replayed.every(({ divergence }) => divergence === undefined)).toBe(true);
    expect(patchLines(replayed[0]!)).toEqual(['+ /pstate/a = "web"']);
  });

  it('follows a SetPolicy when asked to', async () => {
    const allowAll = 'package agent_policy\n\ndefault ExecProcessRequest := true\n';
    const set: [string, Json] = ['SetPolicyRequest', { policy: allowAll }];
    const { events } = record([exec('x'), set, exec('x')]);
    const kept = await replay(events);
    const followed = await replay(events, text, { followSetPolicy: true });
    expect(kept.map(({ decision }) => decision?.verdict)).toEqual(['deny', 'allow', 'deny']);
    expect(followed.map(({ decision }) => decision?.verdict)).toEqual(['deny', 'allow', 'allow']);
    expect(followed[2]?.policy.text).toBe(allowAll);
  });
});

describe('stateDifferences', () => {
  it.each<[Json, Json, readonly string[]]>([
    [{ a: 1 }, { a: 1n }, []],
    [{ a: 1, b: { c: 'x' } }, { a: 2, b: { c: 'x' } }, ['/a: 1 is not 2']],
    [{ 'a/b': 1 }, {}, ['/a~1b should not be there']],
    [{}, { a: [1] }, ['/a is missing']],
    [[1], [1, 2], ['/: [1] is not [1,2]']],
  ])('%#', (actual, wanted, lines) => {
    expect(stateDifferences(actual, wanted)).toEqual(lines);
  });
});
