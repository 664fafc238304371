/** A pod and its containers out of a manifest, each value checked where it stands. */
import type { ObjectReader, Path } from './object-reader.ts';
import { parseQuantity } from './quantity.ts';
import type { Container, Pod, RestartPolicy, SecurityContext, Volume, VolumeMount } from './pod.ts';
import { readProbes } from './read-probe.ts';
import { readEnvObject, readEnvVar, readVolume } from './read-values.ts';

/** Present values only: exactOptionalPropertyTypes keeps `undefined` out of optional fields. */
function present<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

export function readPod(reader: ObjectReader): Pod {
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
    restartPolicy: readRestartPolicy(reader, ['spec', 'restartPolicy']),
    terminationGracePeriodSeconds: reader.number(['spec', 'terminationGracePeriodSeconds']) ?? 30,
  };
}

const RESTART_POLICIES: readonly RestartPolicy[] = ['Always', 'OnFailure', 'Never'];

function readRestartPolicy(reader: ObjectReader, path: Path): RestartPolicy {
  const text = reader.optionalText(path) ?? 'Always';
  return (
    RESTART_POLICIES.find((policy) => policy === text) ??
    reader.fail(
      path,
      `Unsupported value: ${JSON.stringify(text)}`,
      `Write ${RESTART_POLICIES.join(', ')}.`,
    )
  );
}

export function readName(reader: ObjectReader, path: Path): string {
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
  const name = readLabel(reader, [...at, 'name']);
  const command = reader.texts([...at, 'command']);
  const args = reader.texts([...at, 'args']);
  if (reader.has([...at, 'restartPolicy'])) {
    reader.fail(
      [...at, 'restartPolicy'],
      'sidecar containers are not supported',
      'List it under spec.containers, without restartPolicy.',
    );
  }
  return {
    name,
    image: reader.text([...at, 'image']),
    ...(command.length > 0 && { command }),
    ...(args.length > 0 && { args }),
    ...present<{ workingDir?: string }>({ workingDir: reader.optionalText([...at, 'workingDir']) }),
    env: reader.list([...at, 'env'], (path) => readEnvVar(reader, path, name)),
    envFrom: reader.list([...at, 'envFrom'], (path) => readEnvObject(reader, path)),
    resources: {
      requests: readQuantities(reader, [...at, 'resources', 'requests']),
      limits: readQuantities(reader, [...at, 'resources', 'limits']),
    },
    securityContext: readSecurityContext(reader, [...at, 'securityContext']),
    volumeMounts: reader.list([...at, 'volumeMounts'], (path) => readMount(reader, path)),
    probes: readProbes(reader, at),
    stdin: reader.flag([...at, 'stdin']) ?? false,
    tty: reader.flag([...at, 'tty']) ?? false,
    terminationMessagePath:
      reader.optionalText([...at, 'terminationMessagePath']) ?? '/dev/termination-log',
  };
}

function readMount(reader: ObjectReader, path: Path): VolumeMount {
  if (reader.has([...path, 'subPathExpr'])) {
    reader.fail([...path, 'subPathExpr'], 'it is not supported', 'Write the path as subPath.');
  }
  return {
    name: reader.text([...path, 'name']),
    mountPath: reader.text([...path, 'mountPath']),
    ...present<{ subPath?: string; readOnly?: boolean }>({
      subPath: reader.optionalText([...path, 'subPath']),
      readOnly: reader.flag([...path, 'readOnly']),
    }),
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
  return present<SecurityContext>({
    runAsUser: reader.number([...at, 'runAsUser']),
    runAsGroup: reader.number([...at, 'runAsGroup']),
    runAsNonRoot: reader.flag([...at, 'runAsNonRoot']),
    fsGroup: reader.number([...at, 'fsGroup']),
    privileged: reader.flag([...at, 'privileged']),
    allowPrivilegeEscalation: reader.flag([...at, 'allowPrivilegeEscalation']),
    readOnlyRootFilesystem: reader.flag([...at, 'readOnlyRootFilesystem']),
    supplementalGroups: groups.length > 0 ? groups : undefined,
    capabilities: capabilities.add.length + capabilities.drop.length > 0 ? capabilities : undefined,
  });
}
