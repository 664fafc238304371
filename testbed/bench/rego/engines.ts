/**
 * The four engines, asked the same: OPA as a Go library, regorus as a release build,
 * @open-policy-agent/opa-wasm on a module that OPA compiled, and katasim. Inputs are parsed before
 * the clock starts, queries are prepared, and katasim is measured as each of the two it stands for.
 */
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import type { Peer } from '../../interop/rego/peer.ts';
import { katasimCompile, katasimDecider } from './katasim.ts';
import { type Effort, nanosecondsOnce, nanosecondsPer } from './measure.ts';
import { queryOf, type Workload } from './workloads.ts';

export interface Figures {
  /** Nanoseconds per decision, one per run. */
  readonly evaluate: readonly number[];
  /** Nanoseconds from text to a policy that can be asked. */
  readonly compile: readonly number[];
}

const peerRequest = (workload: Workload, { runMs, runs, cpu }: Effort) => ({
  op: 'bench' as const,
  modules: [{ name: 'policy.rego', text: workload.policy }],
  query: queryOf(workload),
  inputs: workload.inputs.map((input) => JSON.stringify(input)),
  data: JSON.stringify(workload.data),
  run_ms: runMs,
  runs,
  cpu,
});

export async function measureOpa(peer: Peer, workload: Workload, effort: Effort): Promise<Figures> {
  const answer = await peer.ask(peerRequest(workload, effort));
  if (answer.outcome !== 'done') throw new Error(`opa: ${answer.error ?? answer.outcome}`);
  return { evaluate: answer.eval_ns ?? [], compile: answer.compile_ns ?? [] };
}

/** regorus has three ways of being asked; the fastest of them counts. */
export async function measureRegorus(
  peer: Peer,
  workload: Workload,
  effort: Effort,
): Promise<Figures & { readonly byQuery: readonly number[] }> {
  const answer = await peer.ask(peerRequest(workload, effort));
  if (answer.outcome !== 'done') throw new Error(`regorus: ${answer.error ?? answer.outcome}`);
  const ways = [answer.eval_ns, answer.eval_rule_ns, answer.eval_compiled_ns].map(
    (way) => way ?? [],
  );
  const [first = []] = ways;
  const best = ways.reduce((a, b) => (Math.min(...b) < Math.min(...a) ? b : a), first);
  return { evaluate: best, byQuery: first, compile: answer.compile_ns ?? [] };
}

/** OPA compiles print to a call of the host's console; a policy without prints is wasm at its best. */
const withoutPrints = (policy: string): string => policy.replaceAll(/^\s*print\(.*\)$/gm, '');

export async function measureWasm(
  peer: Peer,
  workload: Workload,
  effort: Effort,
): Promise<Figures> {
  const built = await peer.ask({
    op: 'wasm',
    modules: [{ name: 'policy.rego', text: withoutPrints(workload.policy) }],
    entrypoints: [workload.entrypoint],
  });
  if (built.artefact === undefined) throw new Error(`wasm: ${built.error ?? built.outcome}`);
  const wasm = Buffer.from(built.artefact, 'base64');
  const policy = await loadPolicy(wasm, { initial: 16 });
  policy.setData(workload.data);
  let at = 0;
  const evaluate = nanosecondsPer(() => {
    policy.evaluate(workload.inputs[at++ % workload.inputs.length]);
  }, effort);
  return { evaluate, compile: [] };
}

/** Compilations before those that count: what a service that loads policies has behind it. */
const WARM_UP_ROUNDS = 150;

export function measureKatasim(profile: string, workload: Workload, effort: Effort): Figures {
  const decide = katasimDecider(profile, workload);
  let at = 0;
  const evaluate = nanosecondsPer(() => decide(at++ % workload.inputs.length), effort);
  // A policy text that was never seen: the number at its end keeps any cache out of it.
  const compile = nanosecondsOnce(
    (round) => katasimCompile(profile, workload, `${workload.policy}\n# ${round}\n`),
    effort.runs + WARM_UP_ROUNDS,
    effort.cpu,
  ).slice(WARM_UP_ROUNDS);
  return { evaluate, compile };
}
