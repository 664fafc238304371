/**
 * The files that the kubelet and containerd bind into a pod's containers: hosts, the termination log,
 * hostname and resolv.conf.
 */
import type { HostFile } from './mounts.ts';
import { hostnameOf, type Container } from '#kube';
import type { PlanContext, PodNetwork } from './plan-context.ts';

/** Source: containerd 2.2, internal/cri/server/podsandbox/sandbox_run_linux.go. */
const sandboxFileOptions = ['rbind', 'ro', 'nosuid', 'nodev', 'noexec'];
const readWrite = ['rbind', 'rprivate', 'rw'];
const readOnly = ['rbind', 'rprivate', 'ro'];

const REGULAR = 0o100000;

export function resolvConf({ nameservers, searches }: PodNetwork): string {
  return [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((server) => `nameserver ${server}`),
    'options ndots:5',
    '',
  ].join('\n');
}

export function sandboxFiles(network: PodNetwork): readonly HostFile[] {
  return [
    {
      destination: '/etc/resolv.conf',
      mode: REGULAR | 0o644,
      options: sandboxFileOptions,
      content: resolvConf(network),
    },
  ];
}

const HOSTS = '/etc/hosts';

/** In the kubelet's order. Source: Kubernetes 1.34, pkg/kubelet/kubelet_pods.go. */
export function kubeletFiles(
  container: Container,
  { pod, network }: PlanContext,
): readonly HostFile[] {
  const hosts = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    `${network.ip}\t${hostnameOf(pod)}`,
    '',
  ].join('\n');
  const hasHosts = container.volumeMounts.some(({ mountPath }) => mountPath === HOSTS);
  const log = file(container.terminationMessagePath, '', readWrite);
  return [...(hasHosts ? [] : [file(HOSTS, hosts, readWrite)]), { ...log, mode: REGULAR | 0o666 }];
}

/** Source: containerd 2.2, internal/cri/server/container_create.go, linuxContainerMounts. */
export function runtimeFiles(
  { pod, network }: Pick<PlanContext, 'pod' | 'network'>,
  isReadOnlyRoot: boolean,
): readonly HostFile[] {
  const options = isReadOnlyRoot ? readOnly : readWrite;
  return [
    file('/etc/hostname', `${hostnameOf(pod)}\n`, options),
    file('/etc/resolv.conf', resolvConf(network), options),
  ];
}

const file = (destination: string, content: string, options: readonly string[]): HostFile => ({
  destination,
  mode: REGULAR | 0o644,
  options,
  content,
});
