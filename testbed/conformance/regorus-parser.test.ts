/**
 * regorus' own lexer and parser cases against the guest grammar. They live outside the checkout, in
 * `KATASIM_SHARED` or `../shared`; without them there is nothing to run.
 *
 * The cases number expressions, statements and queries; what is compared here is their count, the
 * tree, the spans where a case gives them, and the error text.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { countNodes, guestTree } from './regorus-tree.ts';
import { RegorusLexer } from '../../src/rego/parse/regorus/lexer.ts';
import { RegorusSyntaxError } from '../../src/rego/parse/regorus/failure.ts';
import { Tok } from '../../src/rego/lexer.ts';
import { parseModule } from '../../src/rego/parse/parse-module.ts';

const shared = env['KATASIM_SHARED'] ?? join(import.meta.dirname, '../../../shared');
const root = join(shared, 'fixtures/rego-regorus/kata-pin');

interface Case {
  readonly note: string;
  readonly rego?: string;
  readonly error?: string;
  readonly tokens?: readonly string[] | '';
  readonly package?: unknown;
  readonly imports?: unknown;
  readonly policy?: unknown;
  readonly num_expressions?: string;
  readonly num_statements?: string;
  readonly num_queries?: string;
}

/**
 * Every scalar as the text it was written as: `00` and `1e3` matter. Lists that go on below the
 * indentation of their key, which only some YAML readers take, are put on one line.
 */
function readCases(text: string): { cases: Case[] } {
  const joined = text.replace(/^ +(?:tokens|kinds):\s*\[[^]*?(?:""|Eof)\s*\]/gm, (list) =>
    list.replaceAll('\n', ' '),
  );
  return parse(joined, { schema: 'failsafe', logLevel: 'silent' }) as { cases: Case[] };
}

/** Cases by file and note. */
function casesIn(folder: string): [string, Case][] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => {
      const file = readCases(readFileSync(join(path, name), 'utf8'));
      return file.cases.map((one, i): [string, Case] => [`${name} ${i} ${one.note}`, one]);
    });
}

/** The texts of all tokens, the end included; a string's text is what stands between its quotes. */
function tokensOf(text: string): { tokens: string[]; error: string | undefined } {
  const tokens: string[] = [];
  try {
    const lexer = new RegorusLexer({ name: 'case.rego', text }, 65_536);
    do {
      lexer.next();
      const quoted = lexer.tok === Tok.String || lexer.tok === Tok.RawString;
      tokens.push(quoted ? lexer.lit().slice(1, -1) : lexer.lit());
    } while (lexer.tok !== Tok.Eof);
    return { tokens, error: undefined };
  } catch (error) {
    if (!(error instanceof RegorusSyntaxError)) throw error;
    return { tokens, error: error.full };
  }
}

const lexerCases = casesIn('lexer/cases');
const parserCases = casesIn('parser/cases');

describe.skipIf(lexerCases.length === 0)('regorus lexer cases', () => {
  test.each(lexerCases)('%s', (_name, { rego, tokens, error }) => {
    const found = tokensOf(rego ?? '');
    if (error !== undefined) expect(found.error).toContain(error);
    else expect(found).toEqual({ tokens, error: undefined });
  });
});

describe.skipIf(parserCases.length === 0)('regorus parser cases', () => {
  test.each(parserCases)('%s', (_name, wanted) => {
    const source = { name: 'case.rego', text: wanted.rego ?? '' };
    const { module, errors } = parseModule(source, { engine: 'regorus', regoVersion: 'v0' });
    if (wanted.error !== undefined) {
      expect(errors[0]?.regorusText).toContain(wanted.error);
      return;
    }
    expect(errors).toEqual([]);
    if (module === undefined) throw new Error('no module and no error');
    const tree = guestTree(module);
    for (const key of ['package', 'imports', 'policy'] as const) {
      expectPart(tree[key], wanted[key], key);
    }
    const { expressions, statements, queries } = countNodes(module);
    if (wanted.num_expressions !== undefined)
      expect(String(expressions)).toBe(wanted.num_expressions);
    if (wanted.num_statements !== undefined) expect(String(statements)).toBe(wanted.num_statements);
    if (wanted.num_queries !== undefined) expect(String(queries)).toBe(wanted.num_queries);
  });
});

/** The engine's own numbers; their sums are compared instead. */
const NUMBERING = new Set(['eidx', 'sidx', 'qidx']);

/** Everything the case names must be there and equal; what it leaves out or skips is not looked at. */
function expectPart(found: unknown, wanted: unknown, path: string): void {
  if (wanted === undefined || wanted === '--skip--') return;
  if (typeof wanted !== 'object' || wanted === null) {
    expect(typeof found === 'number' ? found : String(found), path).toEqual(
      typeof found === 'number' ? Number(wanted) : wanted,
    );
    return;
  }
  if (Array.isArray(wanted)) {
    const items = found as readonly unknown[];
    expect(items, path).toHaveLength(wanted.length);
    wanted.forEach((item, i) => {
      expectPart(items[i], item, `${path}[${i}]`);
    });
    return;
  }
  expect(found, path).toBeTypeOf('object');
  for (const [key, value] of Object.entries(wanted)) {
    if (!NUMBERING.has(key)) {
      expectPart((found as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  }
}
