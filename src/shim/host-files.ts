/**
 * The files that the kubelet and containerd bind into a pod's containers: resolv.conf, hosts,
 * hostname, the termination log, and those of the pod's volumes.
 */
import type { ResolveContext } from './environment.ts';
import type { HostFile } from './mounts.ts';
import { hostnameOf, type Container } from '#kube';
import { volumeFiles } from './volume-files.ts';

export interface PodNetwork {
  readonly ip: string;
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
}

/** Source: kata-agent.md 2.3: the option list of the copied resolv.conf. */
const sandboxFileOptions = ['rbind', 'ro', 'nosuid', 'nodev', 'noexec'];
const readWrite = ['rbind', 'rprivate', 'rw'];

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

export function containerFiles(
  container: Container,
  network: PodNetwork,
  context: ResolveContext,
): readonly HostFile[] {
  const hostname = hostnameOf(context.pod);
  const hosts = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    `${network.ip}\t${hostname}`,
    '',
  ].join('\n');
  const file = (destination: string, content: string, options: readonly string[]): HostFile => ({
    destination,
    mode: REGULAR | 0o644,
    options,
    content,
  });
  return [
    file('/etc/hosts', hosts, readWrite),
    { ...file(container.terminationMessagePath, '', readWrite), mode: REGULAR | 0o666 },
    file('/etc/hostname', `${hostname}\n`, readWrite),
    file('/etc/resolv.conf', resolvConf(network), readWrite),
    ...volumeFiles(container, context),
  ];
}
