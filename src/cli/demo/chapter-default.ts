/** Chapter 2: a pod without annotations gets the global initdata; exec and logs are denied. */
import { ExecError } from '#shim';
import { lineText, denialReason, type Decision } from '#gate';
import type { DemoContext } from './demo.ts';
import { exec, readLog } from './actions.ts';
import { podOf } from './manifests.ts';

export async function tellDefaultPolicy(demo: DemoContext): Promise<void> {
  const { story, sim, signal } = demo;
  story.chapter(2, 'Pod 1, no annotations: the global initdata rules');
  story.command('kubectl apply -f pod-1.yaml');
  const calls: string[] = [];
  const decisions: Decision[] = [];
  const pod = await sim.runPod(podOf({ name: 'pod-1', image: 'nginx' }), {
    signal,
    onCall: (method) => calls.push(method),
    onAgent: ({ policy }) => policy?.onDecision((decision) => decisions.push(decision)),
  });
  const { vm, initdata, podIp, vni } = pod;
  const tls = vm.forwarder?.host ?? vm.address.host;
  story.tell(`shim -> ${sim.worker.hypervisorSocket}: CreateVM, StartVM`);
  story.tell(`VM ${vm.name} boots at ${vm.address.host}; initdata from: ${initdata.source}`);
  story.tell(`initdata digest (${initdata.algorithm}) ${initdata.digest}`);
  story.tell(`PCR 8 ${initdata.pcr8}`);
  story.tell(
    `agent proxy -> ${tls}:${vm.forwarder?.port ?? 0}, mutual TLS, server name ${vm.name}`,
  );
  story.tell(`shim -> ${pod.sandbox.agentSocketPath}`);
  story.tell(
    `  ${calls.filter((name, at) => calls.indexOf(name) === at && !isBackground(name)).join(', ')}`,
  );
  story.equal('the forwarder listens on TCP 15150', vm.forwarder?.port, 15150);
  story.equal(
    'the policy came from the global initdata',
    [initdata.source, pod.agent.policy?.provenance.source],
    ['global', 'initdata'],
  );
  story.check(
    'sandbox and container were started',
    has(decisions, 'CreateSandboxRequest') && pod.sandbox.containers.length === 1,
  );
  demo.globalDigest = initdata.digest;

  story.tell(
    `VXLAN: worker ${sim.worker.network.host}:${sim.worker.network.port}, VM ${vm.address.host}:${vm.address.vxlan.port}, VNI ${vni}`,
  );
  story.command(`ping -c 1 ${podIp}`);
  const reply = await pod.ping(signal);
  story.screen(
    `${reply.bytes} bytes from ${reply.from}: icmp_seq=${reply.sequence} time=${reply.ms.toFixed(2)} ms`,
  );
  story.equal('the pod IP answers through VNI 555000', [reply.from, vni], [podIp, 555000]);
  story.command(`curl http://${podIp}/`);
  const page = await pod.fetch('/', { signal });
  story.screen(page.body.split('\n').find((line) => line.includes('<h1>')) ?? page.body);
  story.equal('HTTP through the tunnel is answered 200', page.status, 200);

  story.command('kubectl exec pod-1 -- id');
  const refused = await exec(pod, ['id']).catch((error: unknown) => error);
  if (refused instanceof ExecError) story.screen(refused.message);
  story.check(
    'exec is refused, in the words that kubectl prints',
    refused instanceof ExecError &&
      refused.message.endsWith(
        'with err rpc error: code = PermissionDenied desc = "ExecProcessRequest is blocked by policy: ": unknown',
      ),
    refused,
  );
  const decision = decisions.find(({ endpoint }) => endpoint === 'ExecProcessRequest');
  const reason = decision && pod.agent.policy && denialReason(pod.agent.policy, decision);
  if (reason?.decidedBy) story.tell(`why: ${lineText(reason.decidedBy)}`);
  story.equal(
    'the reason is the line of the policy',
    reason?.decidedBy?.text,
    'default ExecProcessRequest := false',
  );

  story.command('kubectl logs pod-1');
  const log = await readLog(pod, signal);
  story.screen('(empty, exit code 0)');
  story.equal('the log is empty although nginx writes one', log, '');
  story.tell(
    'why: ReadStreamRequest is false. The agent reads the output, drops it and answers with empty data, which every runtime takes for the end of the stream. Nothing complains.',
  );
  story.check(
    'the agent decided it so',
    decisions.some(
      ({ endpoint, verdict }) => endpoint === 'ReadStreamRequest' && verdict === 'deny',
    ),
  );
}

const has = (decisions: readonly Decision[], endpoint: string): boolean =>
  decisions.some((decision) => decision.endpoint === endpoint && decision.verdict === 'allow');

const isBackground = (method: string): boolean => ['GetOOMEvent', 'WaitProcess'].includes(method);
