import { describe, expect, test } from 'vitest';
import { parseModule } from '../parse/parse-module.ts';
import { opaPosition } from '../position.ts';
import { findProfile } from '../profile.ts';
import type { Diagnostic } from '../source.ts';
import { valueBuilder } from '../value.ts';
import { type AdviceOptions, advise } from './advice.ts';

function adviceOn(
  text: string,
  profileName: string,
  options: Omit<AdviceOptions, 'profile'> = {},
): readonly string[] {
  const profile = findProfile(profileName);
  if (profile === undefined) throw new Error(`no profile ${profileName}`);
  const { module, errors } = parseModule(
    { name: 'p.rego', text },
    {
      engine: profile.engine,
      regoVersion: profile.regoVersion,
      builder: valueBuilder(profile.numbers),
    },
  );
  if (module === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  return advise([module], { profile, ...options }).map(line);
}

function line({ severity, message, span }: Diagnostic): string {
  const { row, col } = opaPosition(span.source, span.start);
  return `${String(row)}:${String(col)} ${severity}: ${message}`;
}

const trap = 'error: `if` is not a keyword here: rule x has no body and always holds';

describe('the silent-allow trap', () => {
  test.each([
    { note: 'a braced body', text: 'x if { false }', at: '2:3' },
    { note: 'a value and a body', text: 'x := 1 if { false }', at: '2:8' },
    { note: 'a set element', text: 'x contains 1 if { false }', at: '2:14' },
  ])('$note after `if` is another rule in a v0 guest', ({ text, at }) => {
    expect(adviceOn(`package agent_policy\n${text}\n`, 'kata-3.12.0')).toContain(`${at} ${trap}`);
  });

  test('the default before it does not help', () => {
    const found = adviceOn(
      'package agent_policy\ndefault x := false\nx if { input.a }\n',
      'kata-3.5.0',
    );
    expect(found).toContain(`3:3 ${trap}`);
  });

  test.each(['import rego.v1', 'import future.keywords', 'import future.keywords.if'])(
    '%s ends it',
    (statement) => {
      const found = adviceOn(`package agent_policy\n${statement}\nx if { false }\n`, 'kata-3.12.0');
      expect(found.filter((text) => text.includes('not a keyword'))).toEqual([]);
    },
  );

  test('a v1 guest has no such trap', () => {
    const found = adviceOn('package agent_policy\nx if { false }\n', 'kata-4.1.0');
    expect(found.filter((text) => text.includes('not a keyword'))).toEqual([]);
  });
});

describe('the package', () => {
  test('another package than the one asked for', () => {
    expect(
      adviceOn('package agent_polcy\nimport rego.v1\nx := true\n', 'kata', {
        package: 'agent_policy',
      }),
    ).toEqual([
      '1:1 error: package is agent_polcy, but only data.agent_policy is asked for: ' +
        'every request is undefined (a slip of the pen?)',
    ]);
  });

  test('the right package, or no expectation at all', () => {
    const text = 'import rego.v1\nx := true\n';
    expect(adviceOn(`package agent_policy\n${text}`, 'kata', { package: 'agent_policy' })).toEqual(
      [],
    );
    expect(adviceOn(`package other\n${text}`, 'kata')).toEqual([]);
  });
});

describe('builtins that the agent lacks', () => {
  const policy = (body: string): string =>
    `package agent_policy\nimport rego.v1\nx if { ${body} }\n`;

  test.each([
    { call: 'time.now_ns() > 1', name: 'time.now_ns' },
    { call: 'glob.match("a", [], "b")', name: 'glob.match' },
    { call: 'json.patch({}, []) == {}', name: 'json.patch' },
    { call: 'walk(input, [p, v])', name: 'walk' },
  ])('$name', ({ call, name }) => {
    expect(adviceOn(policy(call), 'kata-4.1.0')).toEqual([
      `3:8 error: ${name} is not part of the agent in kata-4.1.0: a request that gets here fails`,
    ]);
  });

  test('base64 came with Kata 3.28.0', () => {
    const text = policy('base64.encode("a") == "b"');
    expect(adviceOn(text, 'kata-3.28.0')).toEqual([]);
    expect(adviceOn(text, 'kata-3.27.0')).toHaveLength(1);
  });

  test('a name that nobody has gets a suggestion', () => {
    const profile = findProfile('kata');
    const { module } = parseModule(
      { name: 'p.rego', text: policy('startwith("a", "b")') },
      { engine: 'regorus', regoVersion: 'v1', builder: valueBuilder('double') },
    );
    if (profile === undefined || module === undefined) throw new Error('set-up');
    const [first] = advise([module], { profile });
    expect(first?.message).toBe('no function is called startwith: a request that gets here fails');
    expect(first?.hint).toBe('Did you mean `startswith`?');
  });

  test('rules and imports hide builtins of the same name', () => {
    const text =
      'package agent_policy\nimport rego.v1\ntime := {"x": 1}\nglob(x) := x\ny := glob(1)\nz := time.x\n';
    expect(adviceOn(text, 'kata')).toEqual([]);
  });
});

describe('dialects', () => {
  test('v0 rules are refused by newer releases', () => {
    expect(adviceOn('package agent_policy\nx { true }\n', 'kata-3.12.0')).toEqual([
      '2:1 warning: Kata 3.30.0 and later refuse this rule: they read every policy as Rego v1',
    ]);
  });

  test('v1 rules without an import are misread by older ones', () => {
    const text = 'package agent_policy\nx if { true }\n';
    expect(adviceOn(text, 'kata-4.1.0')).toEqual([
      '2:1 advice: Kata 3.5.0 to 3.29.0 do not know `if` and `contains` without an import: ' +
        'there this rule always holds',
    ]);
    expect(adviceOn(text.replace('\n', '\nimport rego.v1\n'), 'kata-4.1.0')).toEqual([]);
  });
});

describe('iteration over what may be null', () => {
  const policy = (body: string): string =>
    `package agent_policy\nimport rego.v1\nx if { ${body} }\n`;
  const message = "advice: when input.a.b is null, the guest's engine fails the request here";

  test('some .. in an input field', () => {
    expect(adviceOn(policy('some v in input.a.b; v == 1'), 'kata')).toEqual([`3:18 ${message}`]);
  });

  test.each([
    'not is_null(input.a.b); some v in input.a.b; v == 1',
    'input.a.b != null; some v in input.a.b; v == 1',
    'some v in data.a.b; v == 1',
    'some v in [1]; v == 1',
  ])('nothing to say about: %s', (body) => {
    expect(adviceOn(policy(body), 'kata')).toEqual([]);
  });

  test('fields known to be lists are left alone', () => {
    const mayBeNull = (path: readonly string[]): boolean => path.join('.') !== 'a.b';
    const text = policy('some v in input.a.b; some w in input.c; v == w');
    expect(adviceOn(text, 'kata', { mayBeNull })).toEqual([
      "3:39 advice: when input.c is null, the guest's engine fails the request here",
    ]);
  });

  test('OPA finds nothing in null, and has nothing to be told', () => {
    expect(adviceOn(policy('some v in input.a.b; v == 1'), 'opa')).toEqual([]);
  });
});

test('a minus before anything but a number fails in the guest', () => {
  const text = 'package agent_policy\nimport rego.v1\nx := -y + 1\ny := -2\n';
  expect(adviceOn(text, 'kata')).toEqual([
    "3:6 error: the guest's engine reads this as -(y + 1) and takes a minus only before a number: " +
      'a request that gets here fails',
  ]);
});

test('empty braces are an object', () => {
  const text = 'package agent_policy\nimport rego.v1\nx if {}\n';
  expect(adviceOn(text, 'kata')).toEqual([
    '3:6 warning: the empty braces are an object, not a body: the rule always holds',
  ]);
});
