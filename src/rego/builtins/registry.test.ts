import { expect, test } from 'vitest';
import { findProfile, type Profile } from '../profile.ts';
import { families as opaFamilies } from '../opa/builtins/families.ts';
import { opaOnlyNames } from './availability.ts';
import { operandCheck } from './define.ts';
import { builtinNames, builtinsFor, findBuiltin, hasBuiltin } from './registry.ts';
import '../with-opa.ts';

const profile = (name: string): Profile => {
  const found = findProfile(name);
  if (found === undefined) throw new Error(name);
  return found;
};

const namesIn = (name: string) => new Set(builtinsFor(profile(name)).map((spec) => spec.name));

test('every row has a summary, and its operand types can be checked', () => {
  for (const name of builtinNames()) {
    const spec = findBuiltin(name);
    if (spec === undefined) throw new Error(`${name} has no row`);
    expect(spec.summary, spec.name).toMatch(/\.$/);
    for (const type of spec.args) {
      for (const kind of operandCheck(type).kinds) {
        expect(['null', 'boolean', 'number', 'string', 'array', 'object', 'set']).toContain(kind);
      }
    }
  }
});

test.each([
  { kata: 'kata-4.1.0', has: ['base64.encode', 'strings.count', 'rand.intn', 'regex.match'] },
  { kata: 'kata-3.28.0', has: ['base64.encode', 'strings.count'] },
  { kata: 'kata-3.27.0', has: ['strings.count', 'json.marshal_with_options'] },
  { kata: 'kata-3.10.1', has: ['regex.match', 'sprintf'] },
])('$kata has $has', ({ kata, has }) => {
  const names = namesIn(kata);
  for (const name of has) expect(names.has(name), name).toBe(true);
});

test.each([
  { kata: 'kata-4.1.0', lacks: ['plus', 'all', 'regex.globs_match', 'array.flatten', 'set_diff'] },
  { kata: 'kata-3.27.0', lacks: ['base64.encode', 'base64url.encode'] },
  { kata: 'kata-3.10.1', lacks: ['strings.count', 'base64.decode'] },
])('$kata lacks $lacks', ({ kata, lacks }) => {
  const names = namesIn(kata);
  for (const name of lacks) expect(names.has(name), name).toBe(false);
});

test('the guest of the newest Kata has 87 builtins', () => {
  expect(namesIn('kata').size).toBe(87);
});

test('Kata 3.2.0 ran OPA 0.55.0, without what came later', () => {
  expect(hasBuiltin(profile('kata-3.2.0'), 'strings.count')).toBe(false);
  expect(hasBuiltin(profile('kata-3.2.0'), 'sprintf')).toBe(true);
});

test('the names known without loading the OPA half are those of its rows', () => {
  const names = opaFamilies.flat().map(({ name }) => name);
  expect([...opaOnlyNames()].sort()).toEqual(names.sort());
});
