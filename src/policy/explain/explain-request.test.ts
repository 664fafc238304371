import { expect, test } from 'vitest';
import type { Json } from '#wire';
import { explainRequest } from './explain-request.ts';
import { explanationLines } from './lines.ts';

const explain = (rules: string, input: Json, state?: Json) =>
  explainRequest({
    text: `package agent_policy\n\ndefault ExecProcessRequest := false\n${rules}\n`,
    file: 'policy.rego',
    endpoint: 'ExecProcessRequest',
    input,
    ...(state !== undefined && { state }),
  });

const first = (...args: Parameters<typeof explain>) =>
  explain(...args).candidates[0]?.differences[0];

const rule = (body: string): string => `ExecProcessRequest if {\n${body}\n}`;

test.each([
  {
    note: 'a scalar',
    rules: rule('input.process.Cwd == "/"'),
    input: { process: { Cwd: '/tmp' } },
    says: 'process.Cwd: "/tmp" is not "/"',
  },
  {
    note: 'a scalar, the policy in front',
    rules: rule('"/" == input.process.Cwd'),
    input: { process: { Cwd: '/tmp' } },
    says: 'process.Cwd: "/tmp" is not "/"',
  },
  {
    note: 'an element of an array compared as a whole',
    rules: rule('input.process.Args == ["sh", "-c", "id"]'),
    input: { process: { Args: ['sh', '-c', 'ls'] } },
    says: 'process.Args[2]: "ls" is not "id"',
  },
  {
    note: 'a shorter array',
    rules: rule('input.process.Args == ["sh", "-c"]'),
    input: { process: { Args: ['sh'] } },
    says: 'process.Args: "-c" is missing',
  },
  {
    note: 'a member of an object compared as a whole',
    rules: rule('input.process.User == {"UID": 1, "GID": 2}'),
    input: { process: { User: { UID: 1, GID: 3 } } },
    says: 'process.User.GID: 3 is not 2',
  },
  {
    note: 'a length',
    rules: rule('count(input.process.Args) == 2'),
    input: { process: { Args: ['a'] } },
    says: 'process.Args: 1 item, policy has 2',
  },
  {
    note: 'through locals, arguments and indexes',
    rules: `${rule('p := input.process\n some i, wanted in ["a", "b"]\n same(p.Args, i, wanted)')}\nsame(args, n, x) if args[n] == x`,
    input: { process: { Args: ['a2', 'bbbbbbb'] } },
    says: 'process.Args[0]: "a2" is not "a"',
  },
  {
    note: 'through a rule that names a part of the input',
    rules: `args := input.process.Args\n${rule('args[1] == "x"')}`,
    input: { process: { Args: ['a', 'b'] } },
    says: 'process.Args[1]: "b" is not "x"',
  },
  {
    note: 'through an object made on the way',
    rules: rule('vars := {"cwd": input.process.Cwd}\n vars.cwd == "/"'),
    input: { process: { Cwd: '/x' } },
    says: 'process.Cwd: "/x" is not "/"',
  },
  {
    note: 'through destructuring',
    rules: rule('[command, flag] := input.process.Args\n flag == "-l"\n command == "ls"'),
    input: { process: { Args: ['ls', '-a'] } },
    says: 'process.Args[1]: "-a" is not "-l"',
  },
  {
    note: 'through a builtin',
    rules: rule('concat(" ", input.process.Args) == "id -u"'),
    input: { process: { Args: ['id', '-g'] } },
    says: 'process.Args: concat(" ", input.process.Args) is "id -g", not "id -u"',
  },
  {
    note: 'an element of a comprehension',
    rules: rule('given := {a | some a in input.process.Args}\n count(given - {"a", "b"}) == 0'),
    input: { process: { Args: ['a', 'evil'] } },
    says: 'process.Args[1]: "evil" is not one of ["a","b"]',
  },
  {
    note: 'an element of every',
    rules: rule('every arg in input.process.Args {\n startswith(arg, "/tmp/")\n }'),
    input: { process: { Args: ['/tmp/a', '/etc/b'] } },
    says: 'process.Args[1]: "/etc/b" does not start with "/tmp/"',
  },
  {
    note: 'membership',
    rules: rule('input.process.Cwd in ["/", "/tmp"]'),
    input: { process: { Cwd: '/etc' } },
    says: 'process.Cwd: "/etc" is not one of ["/","/tmp"]',
  },
  {
    note: 'what the request must have',
    rules: rule('"HOME=/" in input.process.Env'),
    input: { process: { Env: ['A=1'] } },
    says: 'process.Env: without "HOME=/"',
  },
  {
    note: 'a pattern',
    rules: rule('regex.match("^/bin/[a-z]+$", input.process.Args[0])'),
    input: { process: { Args: ['/sbin/x'] } },
    says: 'process.Args[0]: "/sbin/x" does not match ^/bin/[a-z]+$',
  },
  {
    note: 'a missing field',
    rules: rule('input.process.User.UID == 1'),
    input: { process: { User: {} } },
    says: 'process.User.UID: is missing',
  },
  {
    note: 'a bound',
    rules: rule('input.process.OOMScoreAdj >= 0'),
    input: { process: { OOMScoreAdj: -5 } },
    says: 'process.OOMScoreAdj: -5, policy wants >= 0',
  },
  {
    note: 'null',
    rules: rule('is_null(input.string_user)'),
    input: { string_user: 'root' },
    says: 'string_user: "root" is not null',
  },
  {
    note: 'a negation of membership',
    rules: rule('not input.process.Cwd in ["/etc"]'),
    input: { process: { Cwd: '/etc' } },
    says: 'process.Cwd: "/etc" is one of ["/etc"], which the policy refuses',
  },
  {
    note: 'a negation of a test',
    rules: rule('not startswith(input.process.Cwd, "/e")'),
    input: { process: { Cwd: '/etc' } },
    says: 'process.Cwd: "/etc" starts with "/e", which the policy refuses',
  },
  {
    note: 'a rule that holds and should not',
    rules: `${rule('not root')}\nroot if input.process.User.UID == 0`,
    input: { process: { User: { UID: 0 } } },
    says: 'process.User.UID: root holds, and the policy wants it not to',
  },
  {
    note: 'a constant of the policy',
    rules: 'settings := {"exec": false}\nExecProcessRequest if settings.exec',
    input: {},
    says: 'settings.exec is false',
  },
  {
    note: 'an odd key',
    rules: rule('input.OCI.Annotations["a.b/c"] == "x"'),
    input: { OCI: { Annotations: { 'a.b/c': 'y' } } },
    says: 'OCI.Annotations["a.b/c"]: "y" is not "x"',
  },
])('$note: $says', ({ rules, input, says }) => {
  expect(explain(rules, input).decision.verdict).toBe('deny');
  expect(first(rules, input)?.sentence).toBe(says);
});

test('state is named as such', () => {
  const rules = rule('data.pstate[concat("_", ["c", input.container_id])] == 1');
  const state = { pstate: { c_web: 2 } };
  expect(first(rules, { container_id: 'web' }, state)?.sentence).toBe(
    'container_id: data.pstate.c_web is 2, not 1',
  );
  expect(first(rules, { container_id: 'db' }, state)?.sentence).toBe(
    'container_id: data.pstate.c_db is not in the state',
  );
});

const CONTAINERS = `${rule('some c in containers\n c.id == input.id\n c.args == input.args')}
containers := [
  {"name": "a", "id": "1", "args": ["x"]},
  {"name": "b", "id": "2", "args": ["y", "z"]},
]`;

test('candidates of a loop come nearest first, with the place of what was wanted', () => {
  const { candidates, omitted, truncated } = explain(CONTAINERS, { id: '2', args: ['y', 'q'] });
  expect(candidates.map(({ iteration }) => iteration)).toEqual([
    'containers[1] "b"',
    'containers[0] "a"',
  ]);
  expect(candidates.map(({ differences }) => differences.map(({ field }) => field))).toEqual([
    ['args[1]'],
    ['id', 'args[0]'],
  ]);
  expect(candidates[0]?.differences[0]).toMatchObject({
    path: ['args', 1],
    sentence: 'args[1]: "q" is not "z"',
    wanted: { line: 11, text: '  {"name": "b", "id": "2", "args": ["y", "z"]},' },
    wantedName: 'containers[1].args',
    place: { line: 7, column: 2, text: ' c.args == input.args', width: 20 },
    parts: [
      { text: 'c.args', value: ['y', 'z'] },
      { text: 'input.args', value: ['y', 'q'] },
    ],
  });
  expect({ omitted, truncated }).toEqual({ omitted: 0, truncated: false });
});

test('a field that every check looks at is blamed for all of them', () => {
  const rules = rule(
    'id := input.id\n input.a == concat("-", ["a", id])\n input.b == concat("-", ["b", id])',
  );
  const found = explain(rules, { id: '2', a: 'a-1', b: 'b-1' }).candidates[0]?.differences ?? [];
  expect(found[0]?.field).toBe('id');
});

test('several ways that are as near become one difference', () => {
  const rules = `${rule('every v in input.env {\n ok(v)\n }')}
ok(v) if v == "A=1"
ok(v) if startswith(v, "B=")
ok(v) if regex.match("^C=[0-9]$", v)`;
  const difference = first(rules, { env: ['A=1', 'LD_PRELOAD=x'] });
  expect(difference).toMatchObject({
    field: 'env[1]',
    sentence: 'env[1]: "LD_PRELOAD=x" is not allowed by ok',
  });
  expect(difference?.alternatives.map(({ sentence }) => sentence).sort()).toEqual([
    'env[1]: "LD_PRELOAD=x" does not match ^C=[0-9]$',
    'env[1]: "LD_PRELOAD=x" does not start with "B="',
    'env[1]: "LD_PRELOAD=x" is not "A=1"',
  ]);
});

test('each environment variable has what allowed it or what it misses', () => {
  const rules = `${rule('every v in input.process.Env {\n ok(v)\n }')}
ok(v) if {
  some prefix in ["A=", "B="]
  startswith(v, prefix)
}`;
  expect(explain(rules, { process: { Env: ['B=1', 'C=2'] } }).env).toEqual([
    {
      field: 'process.Env[0]',
      variable: 'B=1',
      allowed: true,
      by: 'ok (line 9, prefix "B=")',
    },
    {
      field: 'process.Env[1]',
      variable: 'C=2',
      allowed: false,
      by: 'process.Env[1]: "C=2" is not allowed by ok',
    },
  ]);
});

test('an allowed request names the rule that allowed it, and what it did to the state', () => {
  const text = `package agent_policy
ExecProcessRequest := {"allowed": true, "ops": [{"op": "add", "path": "/pstate/x", "value": 1}]} if {
  input.id == 1
}`;
  const explained = explainRequest({
    text,
    file: 'p.rego',
    endpoint: 'ExecProcessRequest',
    input: { id: 1 },
  });
  expect(explanationLines(explained)).toEqual([
    'allow ExecProcessRequest',
    'state: {"op":"add","path":"/pstate/x","value":1}',
    expect.stringMatching(/^decided by p\.rego:2: ExecProcessRequest := /),
  ]);
});

test.each([
  ['default ExecProcesRequest := false', 'Is ExecProcesRequest meant for it?'],
  ['x := 1', 'No rule has this name'],
])('a missing rule is INTERNAL, and the hint says so: %s', (rules, hint) => {
  const explained = explainRequest({
    text: `package agent_policy\n${rules}`,
    file: 'p.rego',
    endpoint: 'ExecProcessRequest',
    input: {},
  });
  expect(explained.decision.codeName).toBe('INTERNAL');
  expect(explained.hint).toContain(hint);
});

test('a policy in another package is told so', () => {
  const explained = explainRequest({
    text: 'package policy\ndefault ExecProcessRequest := true',
    file: 'p.rego',
    endpoint: 'ExecProcessRequest',
    input: {},
  });
  expect(explained.hint).toContain('package policy; the agent asks package agent_policy');
});

test('a fault points at the expression that broke', () => {
  const { decision, faultAt, candidates } = explain(rule('x := 1 + input.name\n x > 0'), {
    name: 'a',
  });
  expect(decision.verdict).toBe('fault');
  expect(faultAt).toMatchObject({ line: 5 });
  expect(candidates).toEqual([]);
});

test('what fails only in a part that is supposed to hold is no fault of the policy', () => {
  const rules = rule('input.kind == "number"\n x := 1 + input.name\n x > 0');
  const { decision, candidates } = explain(rules, { kind: 'text', name: 'a' });
  expect(decision.verdict).toBe('deny');
  expect(candidates[0]?.differences[0]?.sentence).toBe('kind: "text" is not "number"');
});

test('a short explanation of a wide policy fits a screen', () => {
  const many = Array.from({ length: 40 }, (_, i) => `input.f${String(i)} == "${'x'.repeat(200)}"`);
  const lines = explanationLines(explain(rule(many.join('\n ')), {}), { width: 100 });
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

const identityPolicy = (caps: string) => `${rule(
  `some c in containers
 input.OCI.Annotations["io.kubernetes.cri.container-name"] == c.name
 input.OCI.Process.Args == c.args
 ${['Bounding', 'Effective', 'Permitted', 'Inheritable', 'Ambient', 'Other']
   .map(
     (set) =>
       `count(input.OCI.Process.Capabilities.${set}) == count(c.caps)\n every cap in input.OCI.Process.Capabilities.${set} {\n cap in c.caps\n }`,
   )
   .join('\n ')}`,
)}
containers := [
  {"name": "logs", "args": ["tail"], "caps": ["A", "SYS_ADMIN"]},
  {"name": "web", "args": ["nginx"], "caps": ${caps}},
]`;

test('the container of the same name is the nearest, however much it may differ in', () => {
  const sets = ['Bounding', 'Effective', 'Permitted', 'Inheritable', 'Ambient', 'Other'];
  const Capabilities = Object.fromEntries(sets.map((set) => [set, ['A', 'SYS_ADMIN']]));
  const Annotations = { 'io.kubernetes.cri.container-name': 'web' };
  const input = { OCI: { Annotations, Process: { Args: ['nginx'], Capabilities } } };
  const [nearest, other] = explain(identityPolicy('["A"]'), input).candidates;
  expect(nearest?.iteration).toBe('containers[1] "web"');
  expect(nearest?.differences.map(({ field }) => field)).toEqual(
    sets.map((set) => `OCI.Process.Capabilities.${set}[1]`),
  );
  expect(other?.iteration).toBe('containers[0] "logs"');
});

test('two checks of one field are one difference', () => {
  const rules = rule('input.a == "x"\n startswith(input.a, "x")\n input.b == 1');
  const { candidates } = explain(rules, { a: 'y', b: 1 });
  expect(candidates[0]?.differences.map(({ sentence }) => sentence)).toEqual(['a: "y" is not "x"']);
});

test('what is computed from candidates that were refused is no difference of its own', () => {
  const rules = `${rule('some_ok\n first := min({n | some n, _ in names; ok(n)})\n first != ""')}
names := {"pause": 1, "web": 2}
some_ok if {
  some n, _ in names
  ok(n)
}
ok("pause") if {
  input.OCI.Process.Args == ["/pause"]
  input.user == 65535
}
ok("web") if {
  input.OCI.Process.Args == ["sh"]
  input.user == 0
  input.hooks == []
}`;
  const { candidates } = explain(rules, {
    OCI: { Process: { Args: ['sh'] } },
    user: 65535,
    hooks: [1],
  });
  expect(candidates[0]?.iteration).toBe('container "web"');
  expect(candidates[0]?.differences.map(({ field }) => field)).toEqual(['user', 'hooks[0]']);
});

test('a variable that the policy has no entry for is named', () => {
  const rules = `${rule('ok(input.process.Env, {"A": "A=1"})')}
ok(given, wanted) if {
  every variable in given {
    variable == wanted[split(variable, "=")[0]]
  }
}`;
  expect(first(rules, { process: { Env: ['A=1', 'LD_PRELOAD=x'] } })?.sentence).toMatch(
    /^process\.Env\[1\]: "LD_PRELOAD=x", wanted\[/,
  );
});
