/**
 * katasim as the benchmark asks it: compiled once, data read once, one query per decision. The engine
 * is bundled first, as it ships: the loader that runs TypeScript in tests wraps every closure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { CompiledPolicy } from '#rego';
import { REPOSITORY } from './corpus.ts';
import { queryOf, type Workload } from './workloads.ts';

const { compile, parseJson } = await loadEngine();

async function loadEngine(): Promise<typeof import('#rego')> {
  // Beside the sources, so that its dependencies are found.
  const folder = mkdtempSync(join(REPOSITORY, 'node_modules', '.katasim-bench-'));
  const outfile = join(folder, 'rego.mjs');
  try {
    await build({
      entryPoints: [join(REPOSITORY, 'src', 'rego', 'index.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      conditions: ['source'],
      outfile,
    });
    return (await import(pathToFileURL(outfile).href)) as typeof import('#rego');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** From text to a policy that has answered: code is made at the first question, so that counts. */
export function katasimCompile(profile: string, workload: Workload, text: string): CompiledPolicy {
  const result = compile([{ name: 'policy.rego', text }], { profile });
  if (!result.ok) throw new Error(`katasim: ${result.errors[0]?.message ?? 'does not compile'}`);
  const outcome = result.policy.query(queryOf(workload), { input: { value: {} } });
  if (outcome.kind === 'fault') throw new Error(`katasim: ${outcome.message}`);
  return result.policy;
}

/**
 * Decides on the n-th input and says how many prints were rendered. Prints are gathered in the guest's profile and their text made for
 * denials only, as the agent needs it; regorus, its peer, makes all of them.
 */
export function katasimDecider(profile: string, workload: Workload): (index: number) => number {
  const policy = katasimCompile(profile, workload, workload.policy);
  const query = queryOf(workload);
  const { numbers } = policy.profile;
  // Plain objects, as a decoder makes them: reading them in place is part of every decision.
  const { inputs } = workload;
  const data = parseJson(JSON.stringify(workload.data), numbers);
  return (index) => {
    const outcome = policy.query(query, { input: { value: inputs[index] }, data: { value: data } });
    if (outcome.kind === 'fault') throw new Error(`katasim: ${outcome.message}`);
    const denied = outcome.kind === 'undefined' || outcome.value === false;
    return denied && profile !== 'opa' ? outcome.prints.length : 0;
  };
}
