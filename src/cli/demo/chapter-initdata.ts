/** Chapter 5: a pod's own initdata replaces the global one whole. */
import { ExecError } from '#shim';
import { exec } from './actions.ts';
import type { DemoContext } from './demo.ts';
import { initdataAnnotation, initdataToml, podOf } from './manifests.ts';

export async function tellOwnInitdata(demo: DemoContext): Promise<void> {
  const { story, sim, policy, signal, globalDigest } = demo;
  story.chapter(5, 'Pod 4, its own initdata annotation: no merging');
  story.command('kubectl apply -f pod-4.yaml   # io.katacontainers.config.hypervisor.cc_init_data');
  const toml = initdataToml(await policy('allow-all.rego'), 'sha384');
  const pod = await sim.runPod(
    podOf({
      name: 'pod-4',
      image: 'busybox',
      command: ['sleep', '3600'],
      annotations: initdataAnnotation(toml),
    }),
    { signal },
  );
  const { initdata } = pod;
  story.tell(`initdata from: ${initdata.source}, ${initdata.algorithm}`);
  story.tell(`digest ${initdata.digest}`);
  story.tell(`PCR 8  ${initdata.pcr8}`);
  story.tell(`pod 1 had ${globalDigest}`);
  story.equal('the annotation replaced the global initdata', initdata.source, 'annotation');
  story.check('the digests differ, so attestation notices', initdata.digest !== globalDigest);
  story.command('kubectl exec pod-4 -- hostname');
  const hostname = await exec(pod, ['hostname']).catch((error: unknown) => error);
  if (!(hostname instanceof Error)) story.screen((hostname as { stdout: string }).stdout);
  story.check(
    'exec is allowed: the global policy no longer applies',
    !(hostname instanceof ExecError) && (hostname as { stdout: string }).stdout === 'pod-4\n',
    hostname,
  );
}
