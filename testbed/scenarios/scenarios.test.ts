/** Every scenario of this folder, against the command line as it is shipped: one file in dist/. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { basicSteps, parseScenario, programSteps, runScenario } from '#testbed';

const folder = import.meta.dirname;
const root = join(folder, '../..');
const program = [process.execPath, join(root, 'dist/katasim.cjs')];
const steps = { ...basicSteps, ...programSteps({ program, environment: process.env }) };

for (const file of readdirSync(folder).filter((name) => name.endsWith('.txtar'))) {
  const scenario = parseScenario(file, readFileSync(join(folder, file), 'utf8'));
  test.concurrent(`${file}: ${scenario.title}`, { timeout: 120_000 }, async ({ signal }) => {
    const variables = { POLICIES: join(root, 'policies') };
    const { report } = await runScenario(scenario, { steps, signal, variables });
    expect(report).toEqual([]);
  });
}
