/** A command loads what it uses: which doors of `policy` each one opens, and nothing of the others. */
import { expect, test } from 'vitest';
import { modulesLoaded } from './modules.ts';

const DOORS: Readonly<Record<string, readonly string[]>> = {
  'policy bench': ['bench', 'corpus', 'source'],
  'policy can-i': ['can-i', 'corpus', 'explain', 'source'],
  'policy check': ['check', 'encode', 'format', 'source'],
  'policy coverage': ['corpus', 'coverage', 'source'],
  'policy decode': ['encode', 'source'],
  'policy diff': ['corpus', 'diff', 'explain', 'source'],
  'policy encode': ['check', 'encode', 'format', 'source'],
  'policy eval': ['source'],
  'policy explain': ['corpus', 'explain', 'source'],
  'policy fmt': ['format'],
  'policy learn': ['corpus', 'learn'],
  'policy mutate': ['corpus', 'diff', 'explain', 'mutate', 'source'],
  'policy replay': ['corpus', 'explain', 'replay', 'source'],
  'policy test': ['corpus', 'explain', 'replay', 'source', 'test'],
  'initdata doctor': ['check', 'encode', 'format'],
};

const loaded = await modulesLoaded();

test('each command loads the doors of policy that it uses, and no other', () => {
  const found = loaded.flatMap(({ command, modules }) => {
    const doors = [...modules].flatMap((path) => /^src\/policy\/([^/]+)\//.exec(path)?.[1] ?? []);
    return doors.length === 0 ? [] : [[command, [...new Set(doors)].sort()] as const];
  });
  expect(Object.fromEntries(found)).toEqual(DOORS);
});

test('no command but those that start pods loads the simulator', () => {
  const starting = loaded.filter(({ modules }) => modules.has('src/sim/index.ts'));
  expect(
    starting.filter(({ command }) => /^(policy (?!can-i-pod)|rego|initdata)/.test(command)),
  ).toEqual([]);
});
