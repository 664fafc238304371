/**
 * The pod as the shim needs it, read from a manifest. Everything a user can get wrong is found here,
 * with line and column, before a virtual machine is made.
 */
import { LineCounter, parseAllDocuments } from 'yaml';
import { shimErrors } from './errors.ts';
import { ObjectReader, type Path } from './manifest-reader.ts';
import { parseQuantity } from './quantity.ts';

export interface EnvVar {
  readonly name: string;
  readonly value: string;
}

export interface Resources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

export interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly fsGroup?: number;
  readonly supplementalGroups?: readonly number[];
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly EnvVar[];
  readonly resources: Resources;
  readonly securityContext: SecurityContext;
  readonly volumeMounts: readonly VolumeMount[];
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly terminationMessagePath: string;
  readonly ports: readonly number[];
}

/** A volume is files by relative path, or an empty directory on disk or in memory. */
export interface Volume {
  readonly name: string;
  readonly kind: 'configMap' | 'secret' | 'emptyDir';
  readonly source: string;
  readonly medium: string;
}

export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly runtimeClassName: string | undefined;
  readonly hostname: string | undefined;
  readonly securityContext: SecurityContext;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly terminationGracePeriodSeconds: number;
}

const HOSTNAME_MAX = 63;

/** The host name in the guest: cut as the kubelet cuts it, without a dot or dash at its end. */
export function hostnameOf({ hostname, name }: Pick<Pod, 'hostname' | 'name'>): string {
  return hostname ?? name.slice(0, HOSTNAME_MAX).replace(/[-.]+$/, '');
}

/** What one manifest file held: pods, and the objects their volumes take files from. */
export interface Manifest {
  readonly pods: readonly Pod[];
  /** `configMap/name` or `secret/name` to files. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** 1.5 MiB, the default request limit of etcd, and so the largest object a cluster takes. */
const MAX_MANIFEST_BYTES = 1_572_864;

/** Reads a manifest of one or more documents. `file` appears in error locations. */
export function parseManifest(text: string, file: string): Manifest {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES) {
    throw shimErrors.invalidPod(
      { file },
      '',
      `it is larger than ${MAX_MANIFEST_BYTES} bytes`,
      'Kubernetes takes no larger object.',
    );
  }
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter });
  const pods: Pod[] = [];
  const objects = new Map<string, ReadonlyMap<string, string>>();
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col: column } = lineCounter.linePos(error.pos[0]);
      const [reason = 'it does not parse', ...excerpt] = error.message.split('\n');
      throw shimErrors.notYaml(
        { file, line, column },
        reason.replace(/ at line.*$/, ''),
        excerpt.filter((row) => row !== ''),
      );
    }
    if (document.contents === null) continue;
    const reader = new ObjectReader(file, document, lineCounter);
    const kind = reader.text(['kind']);
    if (kind === 'Pod') pods.push(readPod(reader));
    else if (kind === 'ConfigMap' || kind === 'Secret') objects.set(...readFiles(reader, kind));
    else
      reader.fail(
        ['kind'],
        `${kind} is not supported here`,
        'Give a Pod, with the ConfigMaps and Secrets that its volumes name.',
      );
  }
  if (pods.length === 0) {
    throw shimErrors.invalidPod(
      { file },
      '',
      'it holds no Pod',
      'Begin with apiVersion: v1 and kind: Pod.',
    );
  }
  return { pods, objects };
}

/** Present values only: exactOptionalPropertyTypes keeps `undefined` out of optional fields. */
function present<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function readPod(reader: ObjectReader): Pod {
  if (reader.text(['apiVersion']) !== 'v1')
    reader.fail(['apiVersion'], 'a Pod is apiVersion v1', 'Write apiVersion: v1.');
  const name = readName(reader, ['metadata', 'name']);
  const volumes = reader.list(['spec', 'volumes'], (path) => readVolume(reader, path));
  const names = new Set<string>();
  const containers = readContainers(reader, ['spec', 'containers'], { volumes, names });
  if (containers.length === 0)
    reader.fail(
      ['spec', 'containers'],
      'a pod needs at least one container',
      'Add a container with a name and an image.',
    );
  return {
    name,
    namespace: optionalLabel(reader, ['metadata', 'namespace']) ?? 'default',
    uid: optionalLabel(reader, ['metadata', 'uid']),
    annotations: reader.textMap(['metadata', 'annotations']),
    labels: reader.textMap(['metadata', 'labels']),
    runtimeClassName: reader.optionalText(['spec', 'runtimeClassName']),
    hostname: optionalLabel(reader, ['spec', 'hostname']),
    securityContext: readSecurityContext(reader, ['spec', 'securityContext']),
    initContainers: readContainers(reader, ['spec', 'initContainers'], { volumes, names }),
    containers,
    volumes,
    terminationGracePeriodSeconds: reader.number(['spec', 'terminationGracePeriodSeconds']) ?? 30,
  };
}

function readName(reader: ObjectReader, path: Path): string {
  const name = reader.text(path);
  if (name.length > 253 || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) {
    reader.fail(
      path,
      `${JSON.stringify(name.slice(0, 80))} is no name`,
      'Use lower-case letters, digits and dashes.',
    );
  }
  return name;
}

/** Source: Kubernetes, DNS label (RFC 1123): names that become parts of paths and host names. */
function readLabel(reader: ObjectReader, path: Path): string {
  const label = reader.text(path);
  if (label.length > 63 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(label)) {
    reader.fail(
      path,
      `${JSON.stringify(label.slice(0, 80))} is no name`,
      'Use lower-case letters, digits and dashes, at most 63.',
    );
  }
  return label;
}

const optionalLabel = (reader: ObjectReader, path: Path): string | undefined =>
  reader.has(path) ? readLabel(reader, path) : undefined;

function readContainers(
  reader: ObjectReader,
  path: Path,
  { volumes, names }: { readonly volumes: readonly Volume[]; readonly names: Set<string> },
): readonly Container[] {
  return reader.list(path, (at) => {
    const container = readContainer(reader, at);
    // Init containers and containers share one set of names.
    if (names.has(container.name))
      reader.fail(
        [...at, 'name'],
        `${container.name} is used twice`,
        'Give each container a name of its own.',
      );
    names.add(container.name);
    for (const [index, { name }] of container.volumeMounts.entries()) {
      if (!volumes.some((volume) => volume.name === name)) {
        reader.fail(
          [...at, 'volumeMounts', index, 'name'],
          `there is no volume ${name}`,
          'List it under spec.volumes.',
        );
      }
    }
    return container;
  });
}

function readContainer(reader: ObjectReader, at: Path): Container {
  const command = reader.texts([...at, 'command']);
  const args = reader.texts([...at, 'args']);
  return {
    name: readLabel(reader, [...at, 'name']),
    image: reader.text([...at, 'image']),
    ...(command.length > 0 && { command }),
    ...(args.length > 0 && { args }),
    ...present<{ workingDir?: string }>({ workingDir: reader.optionalText([...at, 'workingDir']) }),
    env: reader.list([...at, 'env'], (path) => readEnvVar(reader, path)),
    resources: {
      requests: readQuantities(reader, [...at, 'resources', 'requests']),
      limits: readQuantities(reader, [...at, 'resources', 'limits']),
    },
    securityContext: readSecurityContext(reader, [...at, 'securityContext']),
    volumeMounts: reader.list([...at, 'volumeMounts'], (path) => ({
      name: reader.text([...path, 'name']),
      mountPath: reader.text([...path, 'mountPath']),
      ...present<{ subPath?: string; readOnly?: boolean }>({
        subPath: reader.optionalText([...path, 'subPath']),
        readOnly: reader.flag([...path, 'readOnly']),
      }),
    })),
    stdin: reader.flag([...at, 'stdin']) ?? false,
    tty: reader.flag([...at, 'tty']) ?? false,
    terminationMessagePath:
      reader.optionalText([...at, 'terminationMessagePath']) ?? '/dev/termination-log',
    ports: reader.list([...at, 'ports'], (path) => reader.number([...path, 'containerPort']) ?? 0),
  };
}

function readEnvVar(reader: ObjectReader, path: Path): EnvVar {
  const source = [...path, 'valueFrom'];
  if (reader.has(source)) {
    reader.fail(source, 'values from elsewhere are not supported', 'Write the value itself.');
  }
  return {
    name: reader.text([...path, 'name']),
    value: reader.optionalText([...path, 'value']) ?? '',
  };
}

function readQuantities(reader: ObjectReader, path: Path): Readonly<Record<string, string>> {
  const quantities: Record<string, string> = {};
  for (const key of reader.keys(path)) {
    const at = [...path, key];
    const text = reader.numberText(at) ?? '0';
    if ((parseQuantity(text) ?? -1) < 0)
      reader.fail(
        at,
        `${JSON.stringify(text)} is no quantity`,
        'Write one such as 500m, 2 or 128Mi.',
      );
    quantities[key] = text;
  }
  return quantities;
}

function readSecurityContext(reader: ObjectReader, at: Path): SecurityContext {
  const groups = reader.list([...at, 'supplementalGroups'], (path) => reader.number(path) ?? 0);
  const capabilities = {
    add: reader.texts([...at, 'capabilities', 'add']),
    drop: reader.texts([...at, 'capabilities', 'drop']),
  };
  return {
    ...present<SecurityContext>({
      runAsUser: reader.number([...at, 'runAsUser']),
      runAsGroup: reader.number([...at, 'runAsGroup']),
      fsGroup: reader.number([...at, 'fsGroup']),
      privileged: reader.flag([...at, 'privileged']),
      allowPrivilegeEscalation: reader.flag([...at, 'allowPrivilegeEscalation']),
      readOnlyRootFilesystem: reader.flag([...at, 'readOnlyRootFilesystem']),
      supplementalGroups: groups.length > 0 ? groups : undefined,
      capabilities:
        capabilities.add.length + capabilities.drop.length > 0 ? capabilities : undefined,
    }),
  };
}

function readVolume(reader: ObjectReader, at: Path): Volume {
  const name = readLabel(reader, [...at, 'name']);
  const configMap = reader.optionalText([...at, 'configMap', 'name']);
  if (configMap !== undefined) return { name, kind: 'configMap', source: configMap, medium: '' };
  const secret = reader.optionalText([...at, 'secret', 'secretName']);
  if (secret !== undefined) return { name, kind: 'secret', source: secret, medium: '' };
  if (reader.has([...at, 'emptyDir']) || reader.keys(at).includes('emptyDir')) {
    return {
      name,
      kind: 'emptyDir',
      source: '',
      medium: reader.optionalText([...at, 'emptyDir', 'medium']) ?? '',
    };
  }
  return reader.fail(
    at,
    'this kind of volume is not supported',
    'Use configMap, secret or emptyDir.',
  );
}

function readFiles(
  reader: ObjectReader,
  kind: 'ConfigMap' | 'Secret',
): readonly [string, ReadonlyMap<string, string>] {
  const files = new Map(Object.entries(reader.textMap(['data'])));
  if (kind === 'Secret') {
    for (const [name, value] of files)
      files.set(name, Buffer.from(value, 'base64').toString('latin1'));
    for (const [name, value] of Object.entries(reader.textMap(['stringData'])))
      files.set(name, Buffer.from(value).toString('latin1'));
  } else {
    for (const [name, value] of files) files.set(name, Buffer.from(value).toString('latin1'));
  }
  return [
    `${kind === 'Secret' ? 'secret' : 'configMap'}/${readName(reader, ['metadata', 'name'])}`,
    files,
  ];
}
