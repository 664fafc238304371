/**
 * Properties of the Rego front end over random modules. By default the same modules every time, as many
 * as continuous integration can afford; `KATASIM_FUZZ_RUNS` asks for more, and for new ones.
 */
import { env } from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { moduleTree, writeJson } from '../../src/rego/opa/ast-json.ts';
import type { Engine, Module, RegoVersion } from '../../src/rego/ast.ts';
import { formatModule } from '../../src/rego/opa/fmt/format-module.ts';
import { parseModule } from '../../src/rego/parse/parse-module.ts';
import { valueBuilder } from '../../src/rego/value.ts';
import '../../src/rego/with-opa.ts';
import { brokenModuleText, moduleText } from './rego-modules.ts';

const asked = env['KATASIM_FUZZ_RUNS'];
const parameters = asked === undefined ? { numRuns: 300, seed: 1 } : { numRuns: Number(asked) };

const dialects = fc.constantFrom<[Engine, RegoVersion]>(
  ['opa', 'v1'],
  ['opa', 'v0'],
  ['regorus', 'v1'],
  ['regorus', 'v0'],
);

const sourceOf = (text: string) => ({ name: 'p.rego', text });

/**
 * A module without what formatting may change: comments move, `=` in a head becomes `:=`, and with an
 * implied `true` goes the name that old two-part heads have beside their reference.
 */
function meaning(module: Module): string {
  const { comments: _comments, ...tree } = moduleTree(module);
  return writeJson(tree).replace(/"assign":true,|"name":"[^"]*",/g, '');
}

describe('parsing', () => {
  test('any text gives a module or a located error, and nothing else', () => {
    fc.assert(
      fc.property(brokenModuleText, dialects, (text, [engine, regoVersion]) => {
        const { module, errors } = parseModule(sourceOf(text), { engine, regoVersion });
        expect(module === undefined).toBe(errors.length > 0);
        for (const { span } of errors) {
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.start).toBeLessThanOrEqual(text.length);
        }
      }),
      parameters,
    );
  });

  test('constants do not change the tree', () => {
    fc.assert(
      fc.property(moduleText, (text) => {
        const plain = parseModule(sourceOf(text)).module;
        const built = parseModule(sourceOf(text), { builder: valueBuilder('decimal') }).module;
        expect(built && writeJson(moduleTree(built))).toBe(plain && writeJson(moduleTree(plain)));
      }),
      parameters,
    );
  });

  test('every span lies within its parent', () => {
    fc.assert(
      fc.property(moduleText, dialects, (text, [engine, regoVersion]) => {
        const { module } = parseModule(sourceOf(text), { engine, regoVersion });
        if (module !== undefined) checkSpans(module, { start: 0, end: text.length });
      }),
      parameters,
    );
  });
});

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Chained bodies share the head of the rule before them, and a branch holds the one after it: what is in
 * these two is measured against what they are in.
 */
function checkSpans(node: unknown, outer: Range): void {
  if (typeof node !== 'object' || node === null) return;
  const { span, kind } = node as { span?: Range; kind?: string };
  let inner = outer;
  if (span !== undefined) {
    expect(span.start).toBeGreaterThanOrEqual(outer.start);
    expect(span.end).toBeLessThanOrEqual(outer.end);
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    inner = kind === 'rule' || kind === 'else' ? outer : span;
  }
  for (const [key, child] of Object.entries(node)) {
    if (key === 'annotations' || /[sS]pan$/.test(key)) continue;
    for (const one of Array.isArray(child) ? (child as unknown[]) : [child]) checkSpans(one, inner);
  }
}

describe('formatting', () => {
  test('keeps the meaning and every comment, and does nothing the second time', () => {
    fc.assert(
      fc.property(moduleText, (text) => {
        const { text: once } = formatModule(sourceOf(text));
        if (once === undefined) return;
        const before = parseModule(sourceOf(text)).module;
        const after = parseModule(sourceOf(once));
        expect(after.errors).toEqual([]);
        if (before === undefined || after.module === undefined)
          throw new Error('formatted text lost');
        expect(meaning(after.module)).toBe(meaning(before));
        const comments = ({ comments }: Module) => comments.map((one) => one.text.trimEnd()).sort();
        expect(comments(after.module)).toEqual(comments(before));
        expect(formatModule(sourceOf(once)).text).toBe(once);
      }),
      parameters,
    );
  });
});
