import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kataProfile } from '#gate';
import { endpoints, fromPolicyInput } from '#wire';
import { readCorpus } from '../corpus/read-corpus.ts';
import { canI, type CanIOptions } from './can-i.ts';
import { sampleRequests, startOfSample } from './sample.ts';
import { verbNamed, VERBS } from './verbs.ts';

const folder = join(import.meta.dirname, '../../../policies');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

function ask(
  verb: string,
  text: string,
  { kata, ...options }: CanIOptions & { kata?: string } = {},
) {
  const found = verbNamed(verb);
  if (found === undefined) throw new Error(`no verb ${verb}`);
  return canI({ text, file: 'p.rego', kata: kataProfile(kata) }, found, options);
}
const brief = (...args: Parameters<typeof ask>): readonly string[] => {
  const { works, calls } = ask(...args);
  return [works, ...calls.map(({ endpoint, verdict }) => `${verdict} ${endpoint}`)];
};

const policy = (rules: string): string =>
  [
    'package agent_policy',
    'import rego.v1',
    rules,
    ...endpoints
      .filter(({ endpoint }) => !rules.includes(`default ${endpoint} `))
      .map(({ endpoint }) => `default ${endpoint} := true`),
  ].join('\n');

describe('a verb is all of its calls', () => {
  test('exec without input, with a terminal, with a pipe', () => {
    const text = policy('default WriteStreamRequest := false');
    expect(brief('exec', text)).toEqual([
      'yes',
      'allow ExecProcessRequest',
      'allow ReadStreamRequest',
      'allow WaitProcessRequest',
    ]);
    expect(brief('exec', text, { mode: { stdin: true, tty: true } })).toEqual([
      'no',
      'allow ExecProcessRequest',
      'allow TtyWinResizeRequest',
      'deny WriteStreamRequest',
      'allow ReadStreamRequest',
      'allow WaitProcessRequest',
    ]);
    expect(brief('exec', text, { mode: { stdin: true } })).toContain('allow CloseStdinRequest');
  });

  test('a call that the verb can do without does not stop it', () => {
    const text = policy('default TtyWinResizeRequest := false');
    const { works, calls } = ask('exec', text, { mode: { tty: true } });
    expect(works).toBe('yes');
    expect(calls.find(({ endpoint }) => endpoint === 'TtyWinResizeRequest')).toMatchObject({
      verdict: 'deny',
      optional: true,
      effect: 'the terminal keeps the size it had at first',
    });
  });

  test('port-forward makes no call, and says so', () => {
    const { works, calls, ungated } = ask('port-forward', policy(''));
    expect([works, calls]).toEqual(['yes', []]);
    expect(ungated).toContain('pod’s network');
  });
});

describe('what the user sees', () => {
  test('exec denied: kubectl’s exact text, with what the policy printed', () => {
    const text = policy(
      'default ExecProcessRequest := false\nExecProcessRequest if {\n\tprint("args", input.process.Args[0])\n\tfalse\n}',
    );
    const [call] = ask('exec', text, { command: ['date'] }).calls;
    expect(call?.text).toBe(
      'error: Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "<exec-id>": cannot enter container <container-id>, with err rpc error: code = PermissionDenied desc = "ExecProcessRequest is blocked by policy: agent_policy:5: args date": unknown',
    );
  });

  test('prints carry the name that the guest’s agent has for the policy, lines the user’s', () => {
    const text = policy(
      'default ExecProcessRequest := false\nExecProcessRequest if {\n\tprint("no")\n\tinput.process.Args == []\n}',
    );
    const module = '/etc/kata-opa/default-policy.rego';
    const [call] = ask('exec', text, { module }).calls;
    expect(call?.text).toContain(`policy: ${module}:5: no"`);
    expect(call?.line).toMatchObject({ file: 'p.rego', line: 6 });
  });

  test('a text that does not parse is told by the user’s name of it', () => {
    expect(() => ask('exec', 'package agent_policy\nx := ')).toThrow(
      expect.objectContaining({ location: expect.objectContaining({ file: 'p.rego' }) }),
    );
  });

  test('denied logs: empty from 3.15 on, a full pipe before', () => {
    const text = policy('default ReadStreamRequest := false');
    expect(ask('logs', text).calls[0]).toMatchObject({
      effect: 'nothing is printed, and the exit code is 0',
      text: undefined,
    });
    expect(ask('logs', text, { kata: '3.14.0' }).calls[0]?.effect).toContain('full');
  });

  test('a missing rule is a fault with code Internal', () => {
    const text = 'package agent_policy\ndefault StartContainerRequest := true';
    const [call] = ask('exec', text).calls;
    expect(call).toMatchObject({ verdict: 'fault', line: undefined });
    expect(call?.text).toContain('code = Internal desc = "ExecProcessRequest: internal error');
  });
});

describe('a verb on a pod that cannot start', () => {
  test.each(['CreateSandboxRequest', 'CreateContainerRequest', 'CopyFileRequest'])(
    '%s never allowed: works on a running container, and there is none',
    (endpoint) => {
      const text = policy(`default ${endpoint} := false`);
      for (const verb of VERBS.filter(({ name }) => name !== 'start')) {
        expect(ask(verb.name, text), verb.name).toMatchObject({
          works: 'no',
          running: 'yes',
          noStart: { endpoint, verdict: 'deny', line: { file: 'p.rego', line: 3 } },
        });
      }
      expect(ask('start', text)).toMatchObject({ works: 'no', noStart: undefined });
    },
  );

  test('a rule that looks at the request refuses the sample only', () => {
    const text = policy(
      'default CreateContainerRequest := false\nCreateContainerRequest if input.OCI.Hostname == "db"',
    );
    expect(ask('logs', text)).toMatchObject({ works: 'yes', noStart: undefined });
    const create = [1, 2].map((n) => ({
      endpoint: 'CreateContainerRequest',
      input: { OCI: { Hostname: n === 1 ? 'db' : 'web' } },
    }));
    const recorded = [...create, { endpoint: 'ReadStreamRequest', input: {} }];
    // Of test cases some are meant to be refused; of a pod none is.
    expect(ask('logs', text, { recorded }).works).toBe('yes');
    expect(ask('logs', text, { recorded, from: 2, isPod: true })).toMatchObject({
      works: 'no',
      running: 'yes',
      noStart: { endpoint: 'CreateContainerRequest', line: { line: 4 } },
    });
    // It copies nothing in, so this is not in its way.
    const noCopy = policy('default CopyFileRequest := false');
    expect(ask('logs', noCopy, { recorded, from: 2, isPod: true }).works).toBe('yes');
  });

  test('no rule at all is a fault', () => {
    const text = policy('').replace(/^default StartContainerRequest .*$/m, '');
    expect(ask('logs', text).noStart).toEqual({
      endpoint: 'StartContainerRequest',
      verdict: 'fault',
      line: undefined,
    });
  });
});

describe('a rule that looks at the request', () => {
  const text = policy(
    'default ExecProcessRequest := false\nExecProcessRequest if {\n\tinput.process.Args == ["date"]\n}',
  );

  test('depends, with the line, when the sample is refused', () => {
    const [call] = ask('exec', text).calls;
    expect(call).toMatchObject({
      verdict: 'depends',
      line: { line: 5, text: '\tinput.process.Args == ["date"]' },
    });
    expect(ask('exec', text).works).toBe('depends');
  });

  test('is settled by the command that is asked about', () => {
    expect(ask('exec', text, { command: ['date'] }).works).toBe('yes');
  });

  test('is settled by recorded requests: all, none, some', () => {
    const one = (...args: readonly string[]) => ({
      endpoint: 'ExecProcessRequest',
      input: { container_id: 'c', process: { Args: args } },
    });
    const verdict = (recorded: NonNullable<CanIOptions['recorded']>): string | undefined => {
      const [call] = ask('exec', text, { recorded }).calls;
      return `${call?.verdict ?? ''} ${call?.seen.allowed ?? 0}/${call?.seen.requests ?? 0}`;
    };
    expect(verdict([one('date'), one('date')])).toBe('allow 2/2');
    expect(verdict([one('sh')])).toBe('deny 0/1');
    expect(verdict([one('date'), one('sh')])).toBe('depends 1/2');
    expect(verdict([])).toBe('depends 0/0');
  });

  test('requests before the verb leave their state and are not counted', () => {
    const stateful = policy(
      'default ExecProcessRequest := false\nExecProcessRequest := {"allowed": true, "ops": [{"op": "add", "path": "/pstate/n", "value": 1}]} if not data.pstate.n',
    );
    const recorded = [0, 1].map(() => ({ endpoint: 'ExecProcessRequest', input: {} }));
    const [call] = ask('exec', stateful, { recorded, from: 1 }).calls;
    expect(call).toMatchObject({ verdict: 'deny', seen: { requests: 1, allowed: 0 } });
  });
});

test('the sample is made of complete requests that the agent would decode', () => {
  for (const { endpoint, input } of [
    ...startOfSample(),
    ...sampleRequests(['date'], { stdin: true, tty: true }, true),
  ]) {
    const row = endpoints.find((one) => one.endpoint === endpoint);
    expect(row, endpoint).toBeDefined();
    if (row === undefined || endpoint === 'CopyFileRequest') continue;
    expect(() => fromPolicyInput(row.requestType, input)).not.toThrow();
    // Nothing left out: the policy sees every field.
    expect(Object.keys(input as object).length, endpoint).toBeGreaterThanOrEqual(
      Object.keys(fromPolicyInput(row.requestType, {})).length,
    );
  }
});

test('every verb works when everything is allowed, and names only endpoints that exist', () => {
  const names = new Set(endpoints.map(({ endpoint }) => endpoint));
  for (const verb of VERBS) {
    expect(ask(verb.name, read('allow-all.rego')).works, verb.name).toBe('yes');
    for (const { endpoint } of verb.calls) expect(names, endpoint).toContain(endpoint);
  }
});

test('Red Hat’s sample lets no pod start; corrected, exec works and exec -i does not', () => {
  expect(ask('start', read('redhat-sample.rego')).works).toBe('no');
  expect(ask('logs', read('redhat-sample.rego'))).toMatchObject({
    works: 'no',
    noStart: { endpoint: 'CreateContainerRequest', line: { line: 7 } },
  });
  const corrected = read('redhat-sample-corrected.rego');
  expect(ask('start', corrected).works).toBe('yes');
  expect(ask('exec', corrected).works).toBe('yes');
  expect(ask('exec', corrected, { mode: { stdin: true } }).works).toBe('no');
});

test('the genpolicy-style policy: state of its corpus is carried to the exec', () => {
  const { entries } = readCorpus(read('genpolicy-style.testcases.json'), 'cases.json');
  const { calls } = ask('exec', read('genpolicy-style.rego'), { recorded: entries });
  const [exec, reading] = calls;
  expect(exec?.seen.allowed).toBeGreaterThan(0);
  expect(exec?.verdict).toBe('depends');
  // Decided by a constant of the policy, whatever is asked.
  expect(reading?.verdict).toBe('deny');
});
