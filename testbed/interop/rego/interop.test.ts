/**
 * katasim against OPA and regorus on generated policies, with a fixed seed and budget. Runs where the
 * peers have been built (`npm run interop:rego` builds them and asks more).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask } from '../../conformance/engine.ts';
import { sharedFixtures } from '../../conformance/case-file.ts';
import { profileFor } from './compare.ts';
import { findingText, fuzz } from './fuzz.ts';
import { Peer, peerBinary } from './peer.ts';
import { stringifyValue } from '#rego';

const built = (name: 'opa' | 'regorus'): boolean => existsSync(peerBinary(name));

describe.each([
  // Where the type checkers look at different branches, the code of an error may differ.
  { name: 'opa', aspects: ['value'] },
  { name: 'regorus', aspects: ['verdict', 'value', 'prints'] },
] as const)('generated policies against $name', ({ name, aspects }) => {
  it.skipIf(!built(name))(`agree in ${aspects.join(', ')}`, async () => {
    await using peer = new Peer(name);
    const options = { seed: 20_260, cases: 60, aspects, maxFindings: 3 };
    const findings = await fuzz(peer, options);
    expect(findings.map(findingText)).toEqual([]);
  });
});

const examples = join(sharedFixtures() ?? '', 'rego-cpp', 'tools', 'examples');

describe.skipIf(!built('opa') || !existsSync(examples))("rego-cpp's examples against OPA", () => {
  const read = (name: string): string => readFileSync(join(examples, name), 'utf8');
  // The body runs even when its tests are skipped.
  const names = existsSync(examples) ? readdirSync(examples) : [];
  /** Files that belong together; every other one stands alone. */
  const GROUPS = [
    ['with.rego', 'bodies.rego'],
    ['scalars.rego', 'import0.rego', 'import1.rego', 'import2.rego'],
  ];
  const alone = names
    .filter((name) => name.endsWith('.rego') && !GROUPS.flat().includes(name))
    .map((name) => [name]);
  const inputs = [undefined, ...names.filter((name) => name.startsWith('input')).map(read)];

  it.each([...GROUPS, ...alone].map((files) => ({ files })))('$files', async ({ files }) => {
    await using peer = new Peer('opa');
    const profile = profileFor('opa');
    const modules = files.map((name) => ({ name, text: read(name) }));
    const packages = modules.map(({ text }) => /^package (\S+)/m.exec(text)?.[1] ?? 'unknown');
    for (const query of packages.map((name) => `data.${name}`)) {
      for (const input of inputs) {
        for (const data of names.filter((file) => file.startsWith('data')).map(read)) {
          const question = { modules, query, data, ...(input !== undefined && { input }) };
          const theirs = await peer.ask({ op: 'eval', ...question });
          const ours = ask({ profile, ...question });
          const value = ours.kind === 'failed' ? undefined : ours.rows[0]?.expressions[0];
          expect({
            query,
            outcome: ours.kind === 'failed' ? 'error' : value === undefined ? 'undefined' : 'value',
            text: value === undefined ? undefined : stringifyValue(value, profile),
          }).toEqual({ query, outcome: theirs.outcome, text: theirs.text });
        }
      }
    }
  });
});
