/**
 * The policies and requests of the benchmark and of the differential tests. The big policy is
 * policies/genpolicy-style.rego; its requests are derived from its own `policy_data`, so that the
 * number of containers and the size of a request can grow without another file.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** JSON as a program builds it; undefined never occurs inside. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

interface Mount {
  readonly destination: string;
  readonly source: string;
  readonly type: string;
  readonly options: readonly string[];
}

interface Storage {
  readonly driver: string;
  readonly source: string;
  readonly mount_point: string;
  readonly [key: string]: Json;
}

/** One entry of `policy_data.containers`, as far as requests are made from it. */
export interface PolicyContainer {
  readonly name: string;
  readonly image: string;
  readonly root_readonly: boolean;
  readonly sandbox_pidns: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  readonly process: {
    readonly terminal: boolean;
    readonly cwd: string;
    readonly args: readonly string[];
    readonly user: {
      readonly uid: number;
      readonly gid: number;
      readonly additional_gids: readonly number[];
    };
    readonly no_new_privileges: boolean;
    readonly capabilities: Readonly<Record<string, string | readonly string[]>>;
    readonly env: readonly string[];
  };
  readonly linux: {
    readonly namespaces: readonly string[];
    readonly masked_paths: readonly string[];
    readonly readonly_paths: readonly string[];
    readonly devices: readonly { readonly type: string; readonly path: string }[];
  };
  readonly mounts: readonly Mount[];
  readonly storages: readonly Storage[];
  readonly devices: readonly { readonly type: string; readonly container_path: string }[];
}

interface PolicyData {
  readonly common: {
    readonly capability_sets: Readonly<Record<string, readonly string[]>>;
    readonly mounts: readonly Mount[];
  };
  readonly containers: readonly PolicyContainer[];
}

export const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
const DATA_MARK = '\npolicy_data := ';

export const SANDBOX_ID = '5e'.repeat(32);
export const POD_NAME = 'shop-7c9f8b6d5-x2x4k';
const POD_UID = 'fd055c20-d44c-4fc5-aa90-283f629201af';
const SHARED = '/run/kata-containers/shared/containers';

/** 64 hexadecimal digits that tell containers apart. */
export function containerId(index: number): string {
  return (0xc0de00 + index).toString(16).padStart(64, 'a');
}

export interface GenpolicyStyle {
  readonly rules: string;
  readonly data: PolicyData;
  readonly text: string;
}

export function readGenpolicyStyle(): GenpolicyStyle {
  const text = readFileSync(join(REPOSITORY, 'policies', 'genpolicy-style.rego'), 'utf8');
  const at = text.indexOf(DATA_MARK);
  if (at < 0) throw new Error('policies/genpolicy-style.rego has lost its policy_data');
  const data = JSON.parse(text.slice(at + DATA_MARK.length)) as PolicyData;
  return { rules: text.slice(0, at), data, text };
}

/** The same policy for a pod of `count` application containers, for growth curves. */
export function growPolicy(policy: GenpolicyStyle, count: number): GenpolicyStyle {
  const [pause, ...applications] = policy.data.containers;
  if (pause === undefined || applications.length === 0) throw new Error('no containers to copy');
  const containers = [pause];
  for (let i = 0; i < count; i += 1) {
    const original = applications[i % applications.length] ?? pause;
    const name = `${original.name}-${i}`;
    containers.push({
      ...original,
      name,
      annotations: { ...original.annotations, 'io.kubernetes.cri.container-name': name },
    });
  }
  const data = { ...policy.data, containers };
  const text = `${policy.rules}${DATA_MARK}${JSON.stringify(data, null, 2)}\n`;
  return { rules: policy.rules, data, text };
}

/** What a shim would send for this container of the policy; `extraEnv` makes the request larger. */
export function createContainerRequest(
  policy: GenpolicyStyle,
  index: number,
  options: { readonly extraEnv?: number; readonly id?: string } = {},
): Json {
  const container = policy.data.containers[index];
  if (container === undefined) throw new Error(`the policy has no container ${index}`);
  const id = index === 0 ? SANDBOX_ID : (options.id ?? containerId(index));
  const fill = (template: string): string => substitute(template, id);
  const capabilities = container.process.capabilities;
  const expand = (name: string): readonly string[] => {
    const value = capabilities[name] ?? [];
    return typeof value === 'string' ? (policy.data.common.capability_sets[value] ?? []) : value;
  };
  const env = [...container.process.env.map(fill), `HOSTNAME=${POD_NAME}`, ...serviceEnv(options)];
  return {
    container_id: id,
    exec_id: id,
    string_user: null,
    devices: container.devices.map((device, i) => ({
      id: `vfio${i + 1}`,
      type_: device.type,
      vm_path: '',
      container_path: device.container_path,
      options: [`0000:${65 + i}:00.0=0${6 + i}/00`],
    })),
    storages: [pulledImage(container, id), ...container.storages.map((s) => storageOf(s, fill))],
    OCI: {
      Version: '1.1.0',
      Process: {
        Terminal: container.process.terminal,
        ConsoleSize: null,
        User: {
          UID: container.process.user.uid,
          GID: container.process.user.gid,
          AdditionalGids: container.process.user.additional_gids,
          Username: '',
        },
        Args: container.process.args.map(fill),
        Env: env,
        Cwd: container.process.cwd,
        Capabilities: {
          Bounding: expand('bounding'),
          Effective: expand('effective'),
          Inheritable: expand('inheritable'),
          Permitted: expand('permitted'),
          Ambient: expand('ambient'),
        },
        Rlimits: [],
        NoNewPrivileges: container.process.no_new_privileges,
        ApparmorProfile: '',
        OOMScoreAdj: index === 0 ? -998 : 985,
        SelinuxLabel: '',
      },
      Root: { Path: `/run/kata-containers/${id}/rootfs`, Readonly: container.root_readonly },
      Hostname: POD_NAME,
      Mounts: [...policy.data.common.mounts, ...container.mounts].map((m) => mountOf(m, id)),
      Hooks: null,
      Annotations: annotationsOf(container, id),
      Linux: linuxOf(container, id),
      Solaris: null,
      Windows: null,
    },
    sandbox_pidns: container.sandbox_pidns,
    shared_mounts: [],
    stdin_port: 0,
    stdout_port: 0,
    stderr_port: 0,
  };
}

/** A copy of `document` in which the value at `path` is replaced; for requests to be denied. */
export function withChange(
  document: Json,
  path: readonly (string | number)[],
  change: (old: Json) => Json,
): Json {
  const [key, ...rest] = path;
  if (key === undefined) return change(document);
  if (Array.isArray(document)) {
    const items = document as readonly Json[];
    return items.map((item, i) => (i === key ? withChange(item, rest, change) : item));
  }
  const object = document as Readonly<Record<string, Json>>;
  return { ...object, [key]: withChange(object[key] ?? null, rest, change) };
}

function substitute(template: string, id: string): string {
  return template
    .replaceAll('$(sandbox-id)', SANDBOX_ID)
    .replaceAll('$(bundle-id)', id)
    .replaceAll('$(sandbox-name)', POD_NAME)
    .replaceAll('$(sandbox-namespace)', 'default')
    .replaceAll('$(host-name)', POD_NAME);
}

/** What Kubernetes adds for every service of the namespace. */
function serviceEnv(options: { readonly extraEnv?: number }): string[] {
  const env = ['KUBERNETES_SERVICE_HOST=10.96.0.1', 'KUBERNETES_SERVICE_PORT=443'];
  for (let i = 0; i < (options.extraEnv ?? 2); i += 1) {
    env.push(`SHOP_${i}_PORT_80_TCP=tcp://10.96.${i >> 8}.${i & 255}:80`);
  }
  return env;
}

function pulledImage(container: PolicyContainer, id: string): Json {
  return {
    driver: 'image_guest_pull',
    driver_options: [`image_guest_pull={"metadata":{"io.kubernetes.cri.image-name":"x"}}`],
    source: container.image,
    fstype: 'overlay',
    options: [],
    mount_point: `/run/kata-containers/${id}/rootfs`,
    fs_group: null,
    shared: false,
  };
}

function storageOf(storage: Storage, fill: (template: string) => string): Json {
  if (storage.driver !== 'blk') return { ...storage, mount_point: fill(storage.mount_point) };
  const source = '02/02';
  const encoded = Buffer.from(source).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return { ...storage, source, mount_point: `/run/kata-containers/sandbox/storage/${encoded}` };
}

/** Turns the pattern of a mount source into a source that matches it. */
function mountOf(mount: Mount, id: string): Json {
  const source = mount.source.startsWith('^')
    ? substitute(mount.source.slice(1, -1), id)
        .replaceAll('$(shared)', SHARED)
        .replaceAll('[a-z0-9]{16}', '8f7f27d37e8af290')
        .replaceAll('[A-Za-z0-9_-]+=*', 'MDIvMDI=')
        .replaceAll('\\.', '.')
    : mount.source;
  return { destination: mount.destination, source, type_: mount.type, options: mount.options };
}

function annotationsOf(container: PolicyContainer, id: string): Json {
  return {
    ...container.annotations,
    'io.katacontainers.pkg.oci.bundle_path': `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}`,
    'io.kubernetes.cri.sandbox-id': SANDBOX_ID,
    'io.kubernetes.cri.sandbox-name': POD_NAME,
    'io.kubernetes.cri.sandbox-namespace': 'default',
    'io.kubernetes.cri.sandbox-uid': POD_UID,
    'io.kubernetes.cri.sandbox-log-directory': `/var/log/pods/default_${POD_NAME}_${POD_UID}`,
    'nerdctl/network-namespace': '/var/run/netns/cni-50720768-bd65-bf4b-6185-5d5a2adf5305',
  };
}

function linuxOf(container: PolicyContainer, id: string): Json {
  return {
    UIDMappings: [],
    GIDMappings: [],
    Sysctl: { 'net.ipv4.ip_unprivileged_port_start': '0' },
    Resources: {
      Devices: [],
      Memory: null,
      CPU: {
        Shares: 2,
        Quota: 0,
        Period: 0,
        RealtimeRuntime: 0,
        RealtimePeriod: 0,
        Cpus: '',
        Mems: '',
      },
      Pids: null,
      BlockIO: null,
      HugepageLimits: [],
      Network: null,
    },
    CgroupsPath: `kubepods-besteffort-pod${POD_UID.replaceAll('-', '_')}.slice:cri-containerd:${id}`,
    Namespaces: container.linux.namespaces.map((type) => ({ Type: type, Path: '' })),
    Devices: container.linux.devices.map((device) => ({
      Type: device.type,
      Path: device.path,
      Major: 10,
      Minor: 224,
      FileMode: 438,
      UID: 0,
      GID: 0,
    })),
    Seccomp: null,
    RootfsPropagation: '',
    MaskedPaths: container.linux.masked_paths,
    ReadonlyPaths: container.linux.readonly_paths,
    MountLabel: '',
    IntelRdt: null,
  };
}
