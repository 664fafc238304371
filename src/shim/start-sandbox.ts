/**
 * The sandbox of a pod: the calls up to the start of its pause container, for a remote hypervisor.
 * Source: kata-containers 4.1.0, src/runtime/virtcontainers/kata_agent.go, startSandbox.
 */
import { hostnameOf } from '#kube';
import { copyFile } from './copy-files.ts';
import { resolvConf, sandboxFiles } from './host-files.ts';
import { copiedMount, type OciMount } from './mounts.ts';
import { sandboxSpec } from './oci-spec.ts';
import type { PreparedStart } from './prepare-start.ts';
import { during, identityOf, type Start } from './start-steps.ts';
import { imageStorage, shmStorage } from './storages.ts';

/**
 * Tells a simulated agent that this SetPolicy carries the pod's annotation, for the provenance of its
 * decisions. A real agent ignores metadata that it does not know.
 */
const FROM_ANNOTATION = [['katasim-policy-source', 'annotation']] as const;

export async function startSandbox(start: Start): Promise<void> {
  const { agent, annotations, sandboxId, pod, placement, shim } = start;
  const at = <T>(endpoint: string, action: () => Promise<T>) =>
    during(start, { stage: 'sandbox', endpoint, id: sandboxId }, action);
  if (start.runtime.checksFirst) await agent.check();
  const { policy } = annotations;
  if (policy !== undefined) {
    await at('SetPolicyRequest', () =>
      agent.call('SetPolicy', { policy }, undefined, FROM_ANNOTATION),
    );
  }
  await at('CreateSandboxRequest', () =>
    agent.call('CreateSandbox', {
      hostname: hostnameOf(pod),
      dns: resolvConf(placement.network).split('\n'),
      storages: [shmStorage],
      sandbox_id: sandboxId,
      kernel_modules: start.runtime.sendsKernelModules ? annotations.kernelModules : [],
    }),
  );
  await at('GuestDetailsRequest', () =>
    agent.call('GetGuestDetails', { mem_block_size: true, mem_hotplug_probe: true }),
  );
  const copied: OciMount[] = [];
  await at('CopyFileRequest', async () => {
    const context = { agent, containerId: sandboxId, random: shim.random, shared: start.shared };
    for (const file of sandboxFiles(placement.network)) {
      copied.push(copiedMount(file, await copyFile(file, context)));
    }
  });
  const request = sandboxContainerRequest(start, copied);
  await at('CreateContainerRequest', () => agent.call('CreateContainer', request));
  await at('StartContainerRequest', () =>
    agent.call('StartContainer', { container_id: sandboxId }),
  );
}

function sandboxContainerRequest(start: PreparedStart, copied: readonly OciMount[]) {
  const { sandboxId, annotations, runtime, shim } = start;
  const spec = runtime.amendSpec(sandboxSpec(identityOf(start, sandboxId), copied), shim.random);
  const all = { ...annotations.forwarded, ...spec.Annotations };
  return {
    container_id: sandboxId,
    exec_id: runtime.initExecId(sandboxId),
    OCI: { ...spec, Annotations: all },
    storages: [imageStorage(sandboxId, { reference: 'pause' }, all as Record<string, string>)],
  };
}
