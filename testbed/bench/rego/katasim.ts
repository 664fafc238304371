/** katasim as the benchmark asks it: compiled once, input and data read once, one query per decision. */
import { compile, parseJson } from '#rego';
import type { CompiledPolicy } from '#rego';
import { queryOf } from './workloads.ts';
import type { Workload } from './workloads.ts';

/** From text to a policy that has answered: code is made at the first question, so that counts. */
export function katasimCompile(profile: string, workload: Workload, text: string): CompiledPolicy {
  const result = compile([{ name: 'policy.rego', text }], { profile });
  if (!result.ok) throw new Error(`katasim: ${result.errors[0]?.message ?? 'does not compile'}`);
  const outcome = result.policy.query(queryOf(workload), { input: { value: {} } });
  if (outcome.kind === 'fault') throw new Error(`katasim: ${outcome.message}`);
  return result.policy;
}

/**
 * Decides on the n-th input. Prints are gathered in the guest's profile and their text made for
 * denials only, as the agent needs it; regorus, its peer, makes all of them.
 */
export function katasimDecider(profile: string, workload: Workload): (index: number) => void {
  const policy = katasimCompile(profile, workload, workload.policy);
  const query = queryOf(workload);
  const { numbers } = policy.profile;
  // Plain objects, as a decoder makes them: reading them in place is part of every decision.
  const { inputs } = workload;
  const data = parseJson(JSON.stringify(workload.data), numbers);
  let printed = 0;
  return (index) => {
    const outcome = policy.query(query, { input: { value: inputs[index] }, data: { value: data } });
    if (outcome.kind === 'fault') throw new Error(`katasim: ${outcome.message}`);
    const denied = outcome.kind === 'undefined' || outcome.value === false;
    if (denied && profile !== 'opa') printed += outcome.prints.length;
  };
}
