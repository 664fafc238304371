/** Every command, one row each. A command's file is loaded only when it runs or shows its help. */
import type { Command } from './command.ts';

export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const commandRows: readonly CommandRow[] = [
  {
    name: 'demo',
    summary: 'the main job, told step by step: exec and logs denied, then allowed',
    load: async () => (await import('./commands/demo.ts')).command,
  },
  {
    name: 'run',
    summary: 'run a pod through the whole peer-pod path',
    load: async () => (await import('./commands/run.ts')).command,
  },
  {
    name: 'exec',
    summary: 'run a command in a container of a running pod',
    load: async () => (await import('./commands/exec.ts')).command,
  },
  {
    name: 'logs',
    summary: 'print the output of a container of a pod',
    load: async () => (await import('./commands/logs.ts')).command,
  },
  {
    name: 'get',
    summary: 'list pods, or show one',
    load: async () => (await import('./commands/get.ts')).command,
  },
  {
    name: 'describe',
    summary: 'what happened to a pod: state, policy, decisions, events',
    load: async () => (await import('./commands/describe.ts')).command,
  },
  {
    name: 'delete',
    summary: 'stop a pod and remove what is left of it',
    load: async () => (await import('./commands/delete.ts')).command,
  },
  {
    name: 'agent',
    summary: 'serve the Kata agent API over gRPC and ttrpc, behind a policy',
    load: async () => (await import('./commands/agent.ts')).command,
  },
  {
    name: 'adaptor',
    summary: 'a worker alone: the remote hypervisor’s socket for any shim, pod VMs behind it',
    load: async () => (await import('./commands/adaptor.ts')).command,
  },
  {
    name: 'podvm',
    summary: 'a pod VM as a process: user-data, policy, agent, forwarder, VXLAN end',
    load: async () => (await import('./commands/podvm.ts')).command,
  },
  {
    name: 'forwarder',
    summary: 'the agent-protocol-forwarder: TCP 15150 in front of an agent’s socket',
    load: async () => (await import('./commands/forwarder.ts')).command,
  },
  {
    name: 'proxy',
    summary: 'the agent proxy of one pod VM: a unix socket in front of TCP 15150',
    load: async () => (await import('./commands/proxy.ts')).command,
  },
  {
    name: 'webhook',
    summary: 'serve the peer-pods mutating webhook over HTTPS',
    load: async () => (await import('./commands/webhook.ts')).command,
  },
  {
    name: 'port-forward',
    summary: 'forward local ports to ports of a running pod, through its tunnel',
    load: async () => (await import('./commands/port-forward.ts')).command,
  },
  {
    name: 'peerpod fault',
    summary: 'make the VM of a running pod misbehave, or lift what is wrong with it',
    load: async () => (await import('./commands/peerpod/fault.ts')).command,
  },
  {
    name: 'peerpod doctor',
    summary: 'explain what is wrong in the path to a pod VM',
    load: async () => (await import('./commands/peerpod/doctor.ts')).command,
  },
  {
    name: 'policy check',
    summary: 'find what is wrong with a policy before a pod does',
    load: async () => (await import('./commands/policy/check.ts')).command,
  },
  {
    name: 'policy can-i',
    summary: 'whether exec, logs, cp and the like work under a policy, call by call',
    load: async () => (await import('./commands/policy/can-i.ts')).command,
  },
  {
    name: 'policy fmt',
    summary: 'write policies in their canonical form',
    load: async () => (await import('./commands/policy/fmt.ts')).command,
  },
  {
    name: 'policy encode',
    summary: 'a policy as the annotation or initdata that carries it, with the size budgets',
    load: async () => (await import('./commands/policy/encode.ts')).command,
  },
  {
    name: 'policy decode',
    summary: 'the policy inside an annotation, initdata, a pod manifest or peer-pods-cm',
    load: async () => (await import('./commands/policy/decode.ts')).command,
  },
  {
    name: 'policy eval',
    summary: 'the decision of a policy on one request',
    load: async () => (await import('./commands/policy/eval.ts')).command,
  },
  {
    name: 'policy test',
    summary: 'run test cases against a policy and show why one fails',
    load: async () => (await import('./commands/policy/test.ts')).command,
  },
  {
    name: 'policy learn',
    summary: 'write a least-privilege policy from recorded requests',
    load: async () => (await import('./commands/policy/learn.ts')).command,
  },
  {
    name: 'policy explain',
    summary: 'say why a request was refused: the field, the rule, the line, the values',
    load: async () => (await import('./commands/policy/explain.ts')).command,
  },
  {
    name: 'policy replay',
    summary: 'decide a recorded log again, line by line, and show where it goes otherwise',
    load: async () => (await import('./commands/policy/replay.ts')).command,
  },
  {
    name: 'policy coverage',
    summary: 'show what of a policy a corpus of requests never reached',
    load: async () => (await import('./commands/policy/coverage.ts')).command,
  },
  {
    name: 'policy bench',
    summary: 'measure how fast a policy decides a corpus, warm and cold',
    load: async () => (await import('./commands/policy/bench.ts')).command,
  },
  {
    name: 'policy mutate',
    summary: 'how strong a policy is: hostile variants of recorded requests that it still allows',
    load: async () => (await import('./commands/policy/mutate.ts')).command,
  },
  {
    name: 'policy diff',
    summary: 'whose verdict changes between two policies or releases; where two requests differ',
    load: async () => (await import('./commands/policy/diff.ts')).command,
  },
  {
    name: 'decisions',
    summary: 'the decisions of a running agent, as OPA decision-log events',
    load: async () => (await import('./commands/decisions.ts')).command,
  },
  {
    name: 'versions',
    summary: 'what changed for a policy between Kata releases',
    load: async () => (await import('./commands/versions.ts')).command,
  },
  {
    name: 'call',
    summary: 'make agent calls, with kata-agent-ctl’s argument forms',
    load: async () => (await import('./commands/call.ts')).command,
  },
  {
    name: 'initdata encode',
    summary: 'print the annotation value of an initdata file',
    load: async () => (await import('./commands/initdata/encode.ts')).command,
  },
  {
    name: 'initdata decode',
    summary: 'print the TOML document, or one file of it, behind an annotation value',
    load: async () => (await import('./commands/initdata/decode.ts')).command,
  },
  {
    name: 'initdata digest',
    summary: 'print the digest of an initdata document and where each platform shows it',
    load: async () => (await import('./commands/initdata/digest.ts')).command,
  },
  {
    name: 'initdata rvps',
    summary: 'print the reference values of an initdata document for Trustee',
    load: async () => (await import('./commands/initdata/rvps.ts')).command,
  },
  {
    name: 'initdata doctor',
    summary: 'take an initdata value apart layer by layer and say which is wrong',
    load: async () => (await import('./commands/initdata/doctor.ts')).command,
  },
  {
    name: 'initdata diff',
    summary: 'compare two initdata documents by key, byte and digest',
    load: async () => (await import('./commands/initdata/diff.ts')).command,
  },
  {
    name: 'rego eval',
    summary: 'evaluate a query against policies and data',
    load: async () => (await import('./commands/rego/eval.ts')).command,
  },
  {
    name: 'rego check',
    summary: 'parse and compile policies and print every error',
    load: async () => (await import('./commands/rego/check.ts')).command,
  },
  {
    name: 'rego fmt',
    summary: 'write policies in their canonical form',
    load: async () => (await import('./commands/rego/fmt.ts')).command,
  },
  {
    name: 'rego test',
    summary: 'run the rules whose names start with test_',
    load: async () => (await import('./commands/rego/test.ts')).command,
  },
  {
    name: 'rego parse',
    summary: 'print the syntax tree of a policy',
    load: async () => (await import('./commands/rego/parse.ts')).command,
  },
  {
    name: 'rego plan',
    summary: 'print what the engine makes of a policy before it evaluates',
    load: async () => (await import('./commands/rego/plan.ts')).command,
  },
  {
    name: 'rego bench',
    summary: 'measure how long a query takes',
    load: async () => (await import('./commands/rego/bench.ts')).command,
  },
  {
    name: 'scenario run',
    summary: 'run executable scenarios',
    load: async () => (await import('./commands/scenario/run.ts')).command,
  },
];
