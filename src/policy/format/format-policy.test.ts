/** Canonical form of every policy at hand: the shipped ones, those of the pages, and recorded ones. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, test } from 'vitest';
import { moduleToJson, parseModule } from '#rego';
import { formatPolicy } from './format-policy.ts';

const root = join(import.meta.dirname, '../../..');
const shared = join(env['KATASIM_SHARED'] ?? join(root, '..', 'shared'), 'fixtures');

interface Case {
  readonly note: string;
  readonly text: string;
}

const policies: readonly Case[] = readdirSync(join(root, 'policies'))
  .filter((name) => name.endsWith('.rego'))
  .map((name) => ({ note: name, text: readFileSync(join(root, 'policies', name), 'utf8') }));

const pages: readonly Case[] = readdirSync(join(root, 'docs/checks')).flatMap((name) =>
  Array.from(
    readFileSync(join(root, 'docs/checks', name), 'utf8').matchAll(/^```rego.*\n([^]*?)\n```$/gm),
    ([, text = ''], i) => ({ note: `${name} ${i + 1}`, text: `${text}\n` }),
  ).filter(({ text }) => text.startsWith('package')),
);

/** Every text below the recorded fixtures that begins like a module; thousands when they are there. */
function recorded(): readonly Case[] {
  if (!existsSync(shared)) return [];
  const files = readdirSync(shared, { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => /^(?:rego-|walkthrough).*\.(?:rego|json|yaml)$/.test(name))
    .flatMap((name) => modulesIn(readFileSync(join(shared, name), 'utf8'), name));
}

function modulesIn(text: string, name: string): readonly Case[] {
  if (name.endsWith('.rego')) return [{ note: name, text }];
  if (name.endsWith('.json')) {
    const found: Case[] = [];
    JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === 'string' && /^\s*package\s/m.test(value) && value.includes('\n')) {
        found.push({ note: `${name} ${found.length}`, text: value });
      }
      return value;
    });
    return found;
  }
  // Literal blocks, as all of the cases have them.
  return Array.from(
    text.matchAll(/^( *)- \|\n((?:\1 +.*\n|\s*\n)+)/gm),
    ([, indent = '', block = ''], i) => {
      const deep = /^ */.exec(block)?.[0].length ?? indent.length;
      const lines = block.split('\n').map((line) => line.slice(deep));
      return { note: `${name} ${i}`, text: lines.join('\n') };
    },
  ).filter((one) => /^package\s/m.test(one.text));
}

/**
 * What a module says, without what formatting may change: comments, places, order and repetition of imports, `=` in
 * a head, and the name and key that heads of one value have beside their reference.
 */
function meaning(text: string, rego: 'v0' | 'v1'): string {
  const { module } = parseModule({ name: 'p.rego', text }, { regoVersion: rego });
  if (module === undefined) throw new Error('it does not parse');
  const tree = JSON.parse(moduleToJson(module), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('ref' in value)) return value;
    const { assign: _assign, name: _name, ...head } = value as Readonly<Record<string, unknown>>;
    const { key: _set, ...one } = head;
    return 'value' in head ? one : head;
  }) as { comments?: unknown; imports?: readonly unknown[] };
  const { comments: _comments, imports = [], ...rest } = tree;
  // Keywords by import are the dialect, not the meaning; under rego.v1 they go.
  const named = imports
    .map((one) => JSON.stringify(one))
    .filter((one) => !one.includes('{"type":"var","value":"future"}'));
  return JSON.stringify({ ...rest, imports: [...new Set(named)].sort() });
}

function expectCanonical({ note, text }: Case): boolean {
  const once = formatPolicy(text, note);
  if (!once.ok) return false;
  const { rego } = once;
  const twice = formatPolicy(once.text, note, { rego });
  expect(twice, note).toMatchObject({ ok: true, text: once.text });
  expect(meaning(once.text, rego), note).toBe(meaning(text, rego));
  return true;
}

describe('formatting twice is formatting once, and the policy says the same', () => {
  test.each([...policies, ...pages])('$note', (one) => {
    const dialectError = /parse-error|compile-error/.test(one.note);
    expect(expectCanonical(one) || dialectError).toBe(true);
  });

  const corpus = recorded();
  test.skipIf(corpus.length === 0)(`${corpus.length} recorded modules`, () => {
    const formatted = corpus.filter(expectCanonical).length;
    // The rest are there because they do not parse.
    expect(formatted / corpus.length).toBeGreaterThan(0.5);
  });
});

describe('dialects', () => {
  const v0 = 'package agent_policy\nx { input.a }\n';

  test('v0 stays v0', () => {
    expect(formatPolicy(v0, 'p')).toEqual({
      ok: true,
      rego: 'v0',
      text: 'package agent_policy\n\nx {\n\tinput.a\n}\n',
    });
  });

  test('for both it is v1 under an import', () => {
    const { text } = formatPolicy(v0, 'p', { forBoth: true }) as { text: string };
    expect(text).toBe('package agent_policy\n\nimport rego.v1\n\nx if input.a\n');
    for (const rego of ['v0', 'v1'] as const) expect(() => meaning(text, rego)).not.toThrow();
  });

  test('v1 for both gets the import', () => {
    const result = formatPolicy('package p\nx if { input.a }\n', 'p', { forBoth: true });
    expect(result).toMatchObject({
      ok: true,
      text: 'package p\n\nimport rego.v1\n\nx if input.a\n',
    });
  });

  test('a text of the other dialect than the one asked for is refused in its words', () => {
    const result = formatPolicy(v0, 'p', { rego: 'v1' });
    expect(result.ok ? [] : result.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('if') as string,
    ]);
  });
});
