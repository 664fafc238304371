/** Chapter 4: the corrected sample: exec works, logs stream, interactive input is refused. */
import { watch } from 'node:fs';
import { once } from 'node:events';
import { RpcStatusError } from '#rpc';
import type { SimulatedPod } from '#sim';
import { exec, readLog } from './actions.ts';
import type { DemoContext } from './demo.ts';
import { podOf, policyAnnotation } from './manifests.ts';

const TICKER = 'i=0; while true; do i=$((i+1)); echo "tick $i"; sleep 1; done';

export async function tellCorrected({ story, sim, policy, signal }: DemoContext): Promise<void> {
  story.chapter(4, 'Pod 3, the corrected sample: exec and logs allowed');
  story.command('kubectl apply -f pod-3.yaml');
  const annotations = policyAnnotation(await policy('redhat-sample-corrected.rego'));
  const pod = await sim.runPod(
    podOf({
      name: 'pod-3',
      image: 'registry.access.redhat.com/ubi9/ubi:latest',
      command: ['sh', '-c', TICKER],
      annotations,
    }),
    { signal },
  );
  story.tell(`VM ${pod.vm.name} at ${pod.vm.address.host}, pod IP ${pod.podIp}, VNI ${pod.vni}`);
  story.equal(
    'the annotation’s policy is in force',
    pod.agent.policy?.provenance.source,
    'annotation',
  );

  story.command('kubectl exec pod-3 -- id');
  const id = await exec(pod, ['id']);
  story.screen(id.stdout);
  story.check('exec works', id.code === 0 && id.stdout.startsWith('uid=0(root)'), id);

  story.command('kubectl logs -f pod-3');
  const log = await logWithLines(pod, 3, signal);
  story.screen(log);
  story.equal('the log streams, a line a second', log.split('\n').slice(0, 3), [
    'tick 1',
    'tick 2',
    'tick 3',
  ]);

  story.command('echo hello | kubectl exec -i pod-3 -- cat');
  const cat = await exec(pod, ['cat'], 'hello\n');
  const failure = cat.stdinFailure;
  if (failure instanceof RpcStatusError) {
    story.tell(`WriteStdin was refused: ${failure.codeName} ${failure.message}`);
  }
  story.check(
    'interactive input is refused: cat got nothing and ended',
    cat.code === 0 && cat.stdout === '',
    cat,
  );
  story.check(
    'by WriteStreamRequest := false',
    failure instanceof RpcStatusError &&
      failure.message === '"WriteStreamRequest is blocked by policy: "',
    failure,
  );
}

/** The log once it has so many lines; the file reports each change. */
async function logWithLines(
  pod: SimulatedPod,
  lines: number,
  signal: AbortSignal,
): Promise<string> {
  const [container] = pod.sandbox.containers;
  const changes = watch(pod.logs.pathOf(container?.name ?? ''));
  try {
    while (true) {
      const text = await readLog(pod, signal);
      if (text.split('\n').length > lines) return text;
      await once(changes, 'change', { signal });
    }
  } finally {
    changes.close();
  }
}
