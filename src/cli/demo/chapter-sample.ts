/** Chapter 3: the sample as it is printed refuses the calls that a pod starts with. */
import { RpcStatusError } from '#rpc';
import { lineText, denialReason, type AgentPolicy, type Decision } from '#gate';
import { PodStartError } from '#shim';
import type { DemoContext } from './demo.ts';
import { podOf, policyAnnotation } from './manifests.ts';

/** Enough of a request for both ends of the tunnel; the gate comes before the agent looks at it. */
const pauseContainer = {
  container_id: 'pause',
  OCI: {
    Version: '1.1.0',
    Process: { Args: ['/pause'], Cwd: '/' },
    Root: { Path: '/' },
    Linux: {},
  },
};

export async function tellSample({ story, sim, policy, signal }: DemoContext): Promise<void> {
  story.chapter(3, 'Pod 2, the Red Hat sample verbatim as policy annotation');
  story.command('kubectl apply -f pod-2.yaml   # io.katacontainers.config.agent.policy: <base64>');
  const annotations = policyAnnotation(await policy('redhat-sample.rego'));
  let agentPolicy: AgentPolicy | undefined;
  const denials: { readonly decision: Decision; readonly line: string | undefined }[] = [];
  let direct: unknown;
  const error = await sim
    .runPod(podOf({ name: 'pod-2', image: 'ubi9', command: ['sleep', '36000'], annotations }), {
      signal,
      onAgent: ({ policy: started }) => {
        agentPolicy = started;
        started?.onDecision((decision) => {
          if (decision.verdict !== 'deny') return;
          const reason = denialReason(started, decision);
          denials.push({ decision, line: reason?.decidedBy && lineText(reason.decidedBy) });
        });
      },
      // The runtime stops at the first refusal. The one that the sample is known for comes next:
      // ask for it too, over the same tunnel, before the VM is taken down.
      onRefused: async ({ client }) => {
        direct = await client
          .call('grpc.AgentService', 'CreateContainer', pauseContainer, { signal })
          .catch((refusal: unknown) => refusal);
      },
    })
    .catch((thrown: unknown) => thrown);
  if (error instanceof PodStartError) story.screen(`${error.reason}: ${error.message}`);
  story.equal(
    'the policy in force came from the annotation, through SetPolicy',
    agentPolicy?.provenance.source,
    'annotation',
  );
  const [first, second] = denials;
  story.check(
    'the pod does not start: the runtime first copies resolv.conf, and CopyFile is refused',
    error instanceof PodStartError &&
      error.reason === 'FailedCreatePodSandBox' &&
      error.status.message === '"CopyFileRequest is blocked by policy: "',
    error,
  );
  story.tell(`why: ${first?.line ?? 'unknown'}`);
  story.tell(
    'With nothing to copy it gets one call further. The same agent, asked over the same tunnel:',
  );
  story.command('katasim call -a unix://.../agent.ttrpc CreateContainer json://{...}');
  if (direct instanceof RpcStatusError) story.screen(`${direct.codeName}: ${direct.message}`);
  story.check(
    'CreateContainer is blocked: with this policy no container can start',
    direct instanceof RpcStatusError &&
      direct.codeName === 'PERMISSION_DENIED' &&
      direct.message === '"CreateContainerRequest is blocked by policy: "',
    direct,
  );
  story.tell(`why: ${second?.line ?? 'unknown'}`);
  story.equal(
    'line 7 of the policy did it',
    second?.line,
    'agent_policy:7: default CreateContainerRequest := false',
  );
}
