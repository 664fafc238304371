/** Every command, one row each. A command's file is loaded only when it runs or shows its help. */
import type { Command } from './command.ts';

export interface CommandRow {
  /** The words that name it: `initdata encode`. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

// A table reads best with one row per line.
// prettier-ignore
const table: readonly (readonly [CommandRow['name'], CommandRow['summary'], CommandRow['load']])[] = [
  ['demo', 'walk through the main job: exec and logs denied, then allowed', () => import('./commands/demo.ts')],
  ['run', 'run a pod through the whole peer-pod path', () => import('./commands/run.ts')],
  ['exec', 'run a command in a container of a running pod', () => import('./commands/exec.ts')],
  ['logs', 'print the output of a container of a pod', () => import('./commands/logs.ts')],
  ['get', 'list pods, or show one', () => import('./commands/get.ts')],
  ['describe', 'show the details of a pod: state, policy, decisions, events', () => import('./commands/describe.ts')],
  ['delete', 'stop pods and remove what is left of them', () => import('./commands/delete.ts')],
  ['agent', 'serve the Kata agent API over gRPC and ttrpc, behind a policy', () => import('./commands/agent.ts')],
  ['adaptor', 'serve the remote hypervisor socket of a worker for any shim, with pod VMs behind it', () => import('./commands/adaptor.ts')],
  ['podvm', 'run a pod VM as a process: user-data, policy, agent, forwarder, VXLAN end', () => import('./commands/podvm.ts')],
  ['forwarder', 'run the agent-protocol-forwarder: TCP 15150 in front of an agent’s socket', () => import('./commands/forwarder.ts')],
  ['proxy', 'run the agent proxy of one pod VM: a unix socket in front of TCP 15150', () => import('./commands/proxy.ts')],
  ['webhook', 'serve the peer-pods mutating webhook over HTTPS', () => import('./commands/webhook.ts')],
  ['port-forward', 'forward local ports to ports of a running pod, through its tunnel', () => import('./commands/port-forward.ts')],
  ['peerpod fault', 'inject faults into the VM of a running pod, or clear them', () => import('./commands/peerpod/fault.ts')],
  ['peerpod doctor', 'find what is wrong in the path to a pod VM', () => import('./commands/peerpod/doctor.ts')],
  ['policy check', 'find mistakes in a policy before a pod does', () => import('./commands/policy/check.ts')],
  ['policy can-i', 'show whether kubectl exec, logs, cp and the like work under a policy', () => import('./commands/policy/can-i.ts')],
  ['policy fmt', 'format policies', () => import('./commands/policy/fmt.ts')],
  ['policy encode', 'wrap a policy as an annotation or initdata, and show the size limits', () => import('./commands/policy/encode.ts')],
  ['policy decode', 'print the policy inside an annotation, initdata, a pod manifest or peer-pods-cm', () => import('./commands/policy/decode.ts')],
  ['policy eval', 'decide one request', () => import('./commands/policy/eval.ts')],
  ['policy test', 'run test cases against a policy', () => import('./commands/policy/test.ts')],
  ['policy learn', 'write a least-privilege policy from recorded requests', () => import('./commands/policy/learn.ts')],
  ['policy explain', 'explain why a request was denied: the field, the rule, the line, the values', () => import('./commands/policy/explain.ts')],
  ['policy replay', 'decide a recorded log again and report what differs', () => import('./commands/policy/replay.ts')],
  ['policy coverage', 'report which parts of a policy a corpus of requests never reaches', () => import('./commands/policy/coverage.ts')],
  ['policy bench', 'measure how fast a policy decides a corpus, warm and cold', () => import('./commands/policy/bench.ts')],
  ['policy mutate', 'test how strict a policy is with hostile variants of recorded requests', () => import('./commands/policy/mutate.ts')],
  ['policy diff', 'compare two policies, two Kata releases or two requests', () => import('./commands/policy/diff.ts')],
  ['decisions', 'print the decisions of a running agent, as OPA decision-log events', () => import('./commands/decisions.ts')],
  ['versions', 'list what changed for policies between Kata releases', () => import('./commands/versions.ts')],
  ['call', 'make agent calls, in the argument forms of kata-agent-ctl', () => import('./commands/call.ts')],
  ['initdata encode', 'print the annotation value of an initdata file', () => import('./commands/initdata/encode.ts')],
  ['initdata decode', 'print the TOML document, or one file of it, of an annotation value', () => import('./commands/initdata/decode.ts')],
  ['initdata digest', 'print the digest of an initdata document and where each platform shows it', () => import('./commands/initdata/digest.ts')],
  ['initdata rvps', 'print the reference values of an initdata document for Trustee', () => import('./commands/initdata/rvps.ts')],
  ['initdata doctor', 'check an initdata value layer by layer', () => import('./commands/initdata/doctor.ts')],
  ['initdata diff', 'compare two initdata documents by key, byte and digest', () => import('./commands/initdata/diff.ts')],
  ['rego eval', 'evaluate a query against policies and data', () => import('./commands/rego/eval.ts')],
  ['rego check', 'parse and compile policies and print every error', () => import('./commands/rego/check.ts')],
  ['rego fmt', 'format policies', () => import('./commands/rego/fmt.ts')],
  ['rego test', 'run the rules whose names start with test_', () => import('./commands/rego/test.ts')],
  ['rego parse', 'print the syntax tree of a policy', () => import('./commands/rego/parse.ts')],
  ['rego plan', 'print the evaluation plan of a policy', () => import('./commands/rego/plan.ts')],
  ['rego bench', 'measure how long a query takes', () => import('./commands/rego/bench.ts')],
  ['scenario run', 'run executable scenarios', () => import('./commands/scenario/run.ts')],
];

export const commandRows: readonly CommandRow[] = table.map(([name, summary, load]) => ({
  name,
  summary,
  load,
}));
