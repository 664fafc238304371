import { expect, test } from 'vitest';
import { decodeMessage, encodeMessage, toPolicyInput } from '#wire';
import { capabilitiesOf } from './capabilities.ts';
import { argsOf, containerSpec, sandboxSpec } from './oci-spec.ts';
import { parseManifest } from '#kube';

const id = '1f'.repeat(32);
const identityOf = (yaml: string) => {
  const pod = parseManifest(yaml, 'pod.yaml').pods[0]!;
  return {
    pod,
    podUid: 'fd055c20-d44c-4fc5-aa90-283f629201af',
    sandboxId: id,
    containerId: id,
    networkNamespacePath: '/var/run/netns/cni-1',
  };
};
const simple = `apiVersion: v1
kind: Pod
metadata: {name: web-0}
spec:
  containers:
  - name: web
    image: busybox
    command: [sleep]
    args: ['36000']
    env: [{name: A, value: b}]
    resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {memory: 2Gi}}
    securityContext: {runAsUser: 1000, capabilities: {drop: [KILL], add: [NET_ADMIN]}}
`;
const image = {
  reference: 'docker.io/library/busybox:latest',
  entrypoint: ['/entry'],
  cmd: ['sh'],
  env: ['PATH=/bin', 'LANG=C'],
  workingDir: '',
  user: '',
};

/** As a policy sees it: the spec goes over the wire first. */
function policyView(spec: Parameters<typeof encodeMessage<'grpc.Spec'>>[1]) {
  const message = decodeMessage('grpc.Spec', encodeMessage('grpc.Spec', spec));
  return toPolicyInput('grpc.Spec', message) as ReturnType<typeof JSON.parse>;
}

test('the pause container is the one of the reference example', () => {
  const spec = policyView(sandboxSpec(identityOf(simple), []));
  expect(spec.Process).toMatchObject({
    Terminal: false,
    ConsoleSize: null,
    User: { UID: 65535, GID: 65535, AdditionalGids: [65535], Username: '' },
    Args: ['/pause'],
    Cwd: '/',
    NoNewPrivileges: true,
    OOMScoreAdj: -998,
  });
  expect(spec.Process.Capabilities).toMatchObject({ Inheritable: [], Ambient: [] });
  expect(spec.Root).toEqual({ Path: `/run/kata-containers/${id}/rootfs`, Readonly: true });
  expect(spec.Hostname).toBe('web-0');
  expect(spec.Hooks).toBeNull();
  expect(spec.Linux.Resources).toMatchObject({
    Devices: [],
    Memory: null,
    CPU: { Shares: 2, Quota: 0, Period: 0, Cpus: '', Mems: '' },
    Pids: null,
    BlockIO: null,
    Network: null,
  });
  expect(spec.Linux.Namespaces).toEqual(
    ['ipc', 'uts', 'mount'].map((Type) => ({ Type, Path: '' })),
  );
  expect(spec.Linux.Seccomp).toBeNull();
  expect(spec.Annotations).toMatchObject({
    'io.katacontainers.pkg.oci.container_type': 'pod_sandbox',
    'io.kubernetes.cri.container-type': 'sandbox',
    'io.kubernetes.cri.sandbox-name': 'web-0',
    'nerdctl/network-namespace': '/var/run/netns/cni-1',
  });
});

test('a workload container takes command, environment, user and resources from the pod', () => {
  const identity = identityOf(simple);
  const spec = policyView(containerSpec(identity, identity.pod.containers[0]!, image, []));
  expect(spec.Process.Args).toEqual(['sleep', '36000']);
  expect(spec.Process.Env.slice(0, 4)).toEqual(['PATH=/bin', 'HOSTNAME=web-0', 'LANG=C', 'A=b']);
  expect(spec.Process.User).toMatchObject({ UID: 1000, GID: 0 });
  expect(spec.Process.Capabilities.Bounding).toContain('CAP_NET_ADMIN');
  expect(spec.Process.Capabilities.Bounding).not.toContain('CAP_KILL');
  // 1000 - 1000 * 1 GiB / 16 GiB
  expect(spec.Process.OOMScoreAdj).toBe(938);
  expect(spec.Linux.Resources).toMatchObject({
    CPU: { Shares: 512, Quota: 0, Period: 100000 },
    Memory: { Limit: 2 * 2 ** 30 },
  });
  expect(spec.Linux.CgroupsPath).toMatch(/^kubepods-burstable-podfd055c20_.*:cri-containerd:1f1f/);
});

test.each([
  { note: 'nothing of its own', container: {}, want: ['/entry', 'sh'] },
  { note: 'arguments only', container: { args: ['-c'] }, want: ['/entry', '-c'] },
  { note: 'a command only', container: { command: ['id'] }, want: ['id'] },
  { note: 'both', container: { command: ['id'], args: ['-u'] }, want: ['id', '-u'] },
])('a container with $note runs %#', ({ container, want }) => {
  expect(argsOf(container, image)).toEqual(want);
});

test.each([
  { note: 'the defaults', context: {}, length: 14 },
  { note: 'a privileged one', context: { privileged: true }, length: 41 },
  { note: 'all dropped', context: { capabilities: { drop: ['ALL'] } }, length: 0 },
  {
    note: 'all dropped and one added',
    context: { capabilities: { drop: ['ALL'], add: ['KILL'] } },
    length: 1,
  },
  {
    note: 'all added and one dropped',
    context: { capabilities: { add: ['ALL'], drop: ['KILL'] } },
    length: 40,
  },
  {
    note: 'all added and all dropped',
    context: { capabilities: { add: ['ALL'], drop: ['ALL'] } },
    length: 0,
  },
  {
    note: 'one both added and dropped',
    context: { capabilities: { add: ['KILL', 'NET_ADMIN', 'NET_ADMIN'], drop: ['KILL'] } },
    length: 14,
  },
])('a container with $note has $length capabilities', ({ context, length }) => {
  expect(capabilitiesOf(context)).toHaveLength(length);
});

const specOf = (container: string, metadata = '{name: web-0}', from = image) => {
  const identity = identityOf(
    `apiVersion: v1\nkind: Pod\nmetadata: ${metadata}\nspec: {containers: [{name: web, image: busybox, ${container}}]}`,
  );
  return policyView(containerSpec(identity, identity.pod.containers[0]!, from, []));
};

test('the group of the image is not handed on by CRI', () => {
  const from = { ...image, user: '1000:2000' };
  const name = '{name: web-0}';
  expect(specOf('', name, from).Process.User).toMatchObject({ UID: 1000, GID: 0 });
  expect(specOf('securityContext: {runAsUser: 5}', name, from).Process.User).toMatchObject({
    UID: 5,
    GID: 0,
  });
});

test.each([
  { limits: '{cpu: 0, memory: 0}', quota: 0, memory: 0, shares: 2 },
  { limits: '{cpu: 1m}', quota: 1000, memory: 0, shares: 2 },
  { limits: '{cpu: 0.5, memory: 1Mi}', quota: 50_000, memory: 2 ** 20, shares: 512 },
  { limits: '{cpu: 1000}', quota: 100_000_000, memory: 0, shares: 262_144 },
])('limits $limits', ({ limits, quota, memory, shares }) => {
  const { CPU, Memory } = specOf(`resources: {limits: ${limits}}`).Linux.Resources;
  expect(CPU).toMatchObject({ Quota: quota, Period: 100_000, Shares: shares });
  expect(Memory).toMatchObject({ Limit: memory });
});

test.each([
  {
    note: 'equal amounts spelled differently',
    resources: '{requests: {cpu: 1000m, memory: 1024Mi}, limits: {cpu: 1, memory: 1Gi}}',
    slice: 'kubepods-pod',
  },
  { note: 'zeros', resources: '{requests: {cpu: 0m}}', slice: 'kubepods-besteffort-pod' },
  { note: 'a limit of one kind', resources: '{limits: {cpu: 1}}', slice: 'kubepods-burstable-pod' },
])('a pod with $note lies in $slice', ({ resources, slice }) => {
  expect(specOf(`resources: ${resources}`).Linux.CgroupsPath.startsWith(slice)).toBe(true);
});

test('a host name is cut as the kubelet cuts it', () => {
  const long = `${'a'.repeat(62)}-b`;
  const { Env } = specOf('', `{name: ${long}}`).Process;
  expect(Env).toContain(`HOSTNAME=${'a'.repeat(62)}`);
});

test('huge pages are limited by the size of their pages', () => {
  const limits = '{hugepages-2Mi: 100Mi, hugepages-1Gi: 2Gi}';
  expect(specOf(`resources: {limits: ${limits}}`).Linux.Resources.HugepageLimits).toEqual([
    { Pagesize: '2MB', Limit: 100 * 2 ** 20 },
    { Pagesize: '1GB', Limit: 2 ** 31 },
  ]);
});

test('sysctls and masked paths: the sandbox has those of containerd, a container those of the kubelet', () => {
  const identity = identityOf(
    simple.replace(
      'spec:',
      'spec:\n  securityContext: {sysctls: [{name: net.ipv4.ip_forward, value: "1"}]}',
    ),
  );
  const sandbox = policyView(sandboxSpec(identity, [])).Linux;
  expect(sandbox.Sysctl).toEqual({
    'net.ipv4.ip_forward': '1',
    'net.ipv4.ip_unprivileged_port_start': '0',
    'net.ipv4.ping_group_range': '0 2147483647',
  });
  expect(sandbox.MaskedPaths.slice(0, 2)).toEqual(['/proc/acpi', '/proc/asound']);
  const { Linux } = specOf('');
  expect(Linux.Sysctl).toEqual({});
  expect(Linux.MaskedPaths.slice(0, 2)).toEqual(['/proc/asound', '/proc/acpi']);
  expect(Linux.MaskedPaths).toHaveLength(11);
});

test('the sandbox notes the size of the whole pod', () => {
  const identity = identityOf(simple);
  expect(policyView(sandboxSpec(identity, [])).Annotations).toMatchObject({
    'io.kubernetes.cri.sandbox-cpu-period': '100000',
    'io.kubernetes.cri.sandbox-cpu-quota': '0',
    'io.kubernetes.cri.sandbox-cpu-shares': '512',
    'io.kubernetes.cri.sandbox-memory': String(2 * 2 ** 30),
  });
});
