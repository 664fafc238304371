/**
 * What the adaptor keeps of one pod, and what it reads from the shim's CreateVM annotations.
 * Source: kata-containers 4.1.0 src/runtime/virtcontainers/remote.go, cloud-api-adaptor v0.22.0
 * pkg/adaptor/cloud/cloud.go.
 */
import type { AgentProxy } from '../proxy/agent-proxy.ts';
import type { Closable } from '#base';
import type { TlsSettings } from '../tls/settings.ts';
import type { InitdataChoice } from './initdata-choice.ts';
import type { ResourceRequest } from './instance-type.ts';
import type { PodInterface } from './pod-cni.ts';
import type { Instance } from './provider.ts';
import { peerpodErrors } from '../errors.ts';

export interface Sandbox {
  readonly id: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly netns: string;
  readonly instanceName: string;
  readonly resources: ResourceRequest;
  /** Chosen with StartVM. */
  instanceType: string | undefined;
  readonly image: string;
  readonly initdata: InitdataChoice;
  readonly userData: string;
  readonly directory: string;
  readonly vni: number;
  readonly podInterface: PodInterface;
  readonly proxy: AgentProxy;
  /** How the proxy dials the forwarder. */
  readonly dial: { readonly serverName: string; readonly tls: TlsSettings | 'plain' };
  instance: Instance | undefined;
  tunnel: Closable | undefined;
  peerPod: string | undefined;
}

const HYPERVISOR = 'io.katacontainers.config.hypervisor';

/** The annotation map of CreateVM: synthesised by the shim, not the pod's own. */
export const VM_ANNOTATION = {
  podName: 'io.kubernetes.cri.sandbox-name',
  podNamespace: 'io.kubernetes.cri.sandbox-namespace',
  machineType: `${HYPERVISOR}.machine_type`,
  image: `${HYPERVISOR}.image`,
  vcpus: `${HYPERVISOR}.default_vcpus`,
  memory: `${HYPERVISOR}.default_memory`,
  gpus: `${HYPERVISOR}.default_gpus`,
} as const;

type Annotations = Readonly<Record<string, string>>;

/** Under CRI-O the name may be `k8s_<pod>_<namespace>_<uid>_0`; the second field is the pod's. */
export function podNameOf(annotations: Annotations): string {
  const name = annotations[VM_ANNOTATION.podName] ?? '';
  if (name === '') throw peerpodErrors.missingPodName(VM_ANNOTATION.podName);
  return name.startsWith('k8s_') ? (name.split('_')[1] ?? name) : name;
}

export function podNamespaceOf(annotations: Annotations): string {
  const namespace = annotations[VM_ANNOTATION.podNamespace] ?? '';
  if (namespace === '') throw peerpodErrors.missingNamespace(VM_ANNOTATION.podNamespace);
  return namespace;
}

/** A number that does not parse counts as 0. */
export function resourcesOf(annotations: Annotations): ResourceRequest {
  const number = (key: string): number => {
    const text = annotations[key] ?? '';
    return /^\d{1,15}$/.test(text) ? Number(text) : 0;
  };
  return {
    instanceType: annotations[VM_ANNOTATION.machineType] ?? '',
    vcpus: number(VM_ANNOTATION.vcpus),
    memoryMib: number(VM_ANNOTATION.memory),
    gpus: number(VM_ANNOTATION.gpus),
  };
}
