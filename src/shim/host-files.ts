/**
 * The files that the kubelet and containerd bind into a pod's containers: resolv.conf, hosts,
 * hostname, the termination log, the service account, and the pod's ConfigMap and Secret volumes.
 */
import { posix } from 'node:path';
import { shimErrors } from './errors.ts';
import type { HostFile } from './mounts.ts';
import { hostnameOf, type Container, type Manifest, type Pod } from './pod.ts';

export interface PodNetwork {
  readonly ip: string;
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
}

/** Source: kata-agent.md 2.3: the option list of the copied resolv.conf. */
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

export function containerFiles(
  pod: Pod,
  container: Container,
  network: PodNetwork,
  objects: Manifest['objects'],
): readonly HostFile[] {
  const hostname = hostnameOf(pod);
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
    ...volumeFiles(pod, container, objects),
  ];
}

function volumeFiles(
  pod: Pod,
  container: Container,
  objects: Manifest['objects'],
): readonly HostFile[] {
  return container.volumeMounts.flatMap(({ name, mountPath, subPath }): readonly HostFile[] => {
    const volume = pod.volumes.find((candidate) => candidate.name === name);
    if (volume === undefined || volume.kind === 'emptyDir') return [];
    const key = `${volume.kind}/${volume.source}`;
    const files = objects.get(key);
    if (files === undefined) {
      throw shimErrors.invalidPod(
        { file: pod.name },
        `spec.volumes ${name}`,
        `${key} was not given`,
        'Put the object into the same manifest, behind a line of three dashes.',
      );
    }
    const content = subPath === undefined ? files : (files.get(posix.normalize(subPath)) ?? '');
    return [{ destination: mountPath, mode: REGULAR | 0o644, options: readOnly, content }];
  });
}
