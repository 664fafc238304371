/** The containers of a pod out of its object. */
import { posix } from 'node:path';
import type { ObjectReader, Path } from './object-reader.ts';
import type { Container, MountPropagation, SecurityContext, Volume, VolumeMount } from './pod.ts';
import { parseQuantity } from './quantity.ts';
import { readLabel } from './read-name.ts';
import { readLifecycle, readProbes } from './read-probe.ts';
import { readEnvObject, readEnvVar } from './read-values.ts';

interface ContainerContext {
  readonly volumes: readonly Volume[];
  /** Of the containers so far: init containers and containers share one set. */
  readonly names: Set<string>;
}

export function readContainers(
  reader: ObjectReader,
  path: Path,
  { volumes, names }: ContainerContext,
): readonly Container[] {
  return reader.list(path, (at) => {
    const container = readContainer(reader, at);
    if (names.has(container.name))
      reader.fail(
        [...at, 'name'],
        `Duplicate value: ${JSON.stringify(container.name)}`,
        'Give each container a name of its own.',
      );
    names.add(container.name);
    checkMounts(reader, at, container, volumes);
    return container;
  });
}

/** Source: Kubernetes 1.34, pkg/apis/core/validation/validation.go, ValidateVolumeMounts. */
function checkMounts(
  reader: ObjectReader,
  at: Path,
  { volumeMounts, securityContext }: Container,
  volumes: readonly Volume[],
): void {
  const paths = new Set<string>();
  for (const [index, { name, mountPath, propagation }] of volumeMounts.entries()) {
    const path = [...at, 'volumeMounts', index];
    if (!volumes.some((volume) => volume.name === name)) {
      reader.fail(
        [...path, 'name'],
        `Not found: ${JSON.stringify(name)}`,
        'List it under spec.volumes.',
      );
    }
    if (paths.has(mountPath)) {
      reader.fail(
        [...path, 'mountPath'],
        `Invalid value: ${JSON.stringify(mountPath)}: must be unique`,
        'Mount one volume at each path.',
      );
    }
    paths.add(mountPath);
    if (propagation === 'Bidirectional' && securityContext.privileged !== true) {
      reader.fail(
        [...path, 'mountPropagation'],
        'Forbidden: Bidirectional mount propagation is available only to privileged containers',
        'Use HostToContainer, or make the container privileged.',
      );
    }
  }
}

function readContainer(reader: ObjectReader, at: Path): Container {
  const name = readLabel(reader, [...at, 'name']);
  const command = reader.texts([...at, 'command']);
  const args = reader.texts([...at, 'args']);
  if (reader.has([...at, 'restartPolicy'])) {
    reader.fail(
      [...at, 'restartPolicy'],
      'Forbidden: sidecar containers are not supported',
      'List it under spec.containers, without restartPolicy.',
    );
  }
  return {
    name,
    image: reader.text([...at, 'image']),
    command: command.length > 0 ? command : undefined,
    args: args.length > 0 ? args : undefined,
    workingDir: reader.optionalText([...at, 'workingDir']),
    env: reader.list([...at, 'env'], (path) => readEnvVar(reader, path, name)),
    envFrom: reader.list([...at, 'envFrom'], (path) => readEnvObject(reader, path)),
    resources: {
      requests: readQuantities(reader, [...at, 'resources', 'requests']),
      limits: readQuantities(reader, [...at, 'resources', 'limits']),
    },
    securityContext: readSecurityContext(reader, [...at, 'securityContext']),
    volumeMounts: reader.list([...at, 'volumeMounts'], (path) => readMount(reader, path)),
    probes: readProbes(reader, at),
    lifecycle: readLifecycle(reader, at),
    stdin: reader.flag([...at, 'stdin']) ?? false,
    tty: reader.flag([...at, 'tty']) ?? false,
    terminationMessagePath:
      reader.optionalText([...at, 'terminationMessagePath']) ?? '/dev/termination-log',
  };
}

const PROPAGATIONS: readonly MountPropagation[] = ['None', 'HostToContainer', 'Bidirectional'];

function readMount(reader: ObjectReader, path: Path): VolumeMount {
  const subPath = readSubPath(reader, [...path, 'subPath']);
  const subPathExpr = readSubPath(reader, [...path, 'subPathExpr']);
  if (subPath !== '' && subPathExpr !== '') {
    reader.fail(
      [...path, 'subPathExpr'],
      `Invalid value: ${JSON.stringify(subPathExpr)}: subPathExpr and subPath are mutually exclusive`,
      'Keep one of the two.',
    );
  }
  return {
    name: reader.text([...path, 'name']),
    mountPath: reader.text([...path, 'mountPath']),
    subPath,
    subPathExpr,
    readOnly: reader.flag([...path, 'readOnly']) ?? false,
    propagation: readPropagation(reader, [...path, 'mountPropagation']),
  };
}

function readSubPath(reader: ObjectReader, path: Path): string {
  const text = reader.optionalText(path) ?? '';
  const hint = 'Write a path below the volume.';
  const shown = JSON.stringify(text);
  if (text.startsWith('/')) {
    reader.fail(path, `Invalid value: ${shown}: must be a relative path`, hint);
  }
  if (text.split('/').includes('..')) {
    reader.fail(path, `Invalid value: ${shown}: must not contain '..'`, hint);
  }
  return text === '' ? '' : posix.normalize(text);
}

function readPropagation(reader: ObjectReader, path: Path): MountPropagation {
  const text = reader.optionalText(path) ?? 'None';
  return (
    PROPAGATIONS.find((one) => one === text) ??
    reader.fail(
      path,
      `Unsupported value: ${JSON.stringify(text)}: supported values: "Bidirectional", "HostToContainer", "None"`,
      'Write one of them, or leave it out.',
    )
  );
}

/** Source: Kubernetes 1.34, apimachinery pkg/api/resource, ErrFormatWrong. */
const NO_QUANTITY =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function readQuantities(reader: ObjectReader, path: Path): Readonly<Record<string, string>> {
  const quantities: Record<string, string> = {};
  for (const key of reader.keys(path)) {
    const at = [...path, key];
    const text = reader.numberText(at) ?? '0';
    const amount = parseQuantity(text);
    if (amount === undefined || amount < 0) {
      const problem = amount === undefined ? NO_QUANTITY : 'must be greater than or equal to 0';
      reader.fail(
        at,
        `Invalid value: ${JSON.stringify(text)}: ${problem}`,
        'Write one such as 500m, 2 or 128Mi.',
      );
    }
    quantities[key] = text;
  }
  return quantities;
}

function readSecurityContext(reader: ObjectReader, at: Path): SecurityContext {
  return {
    runAsUser: reader.number([...at, 'runAsUser']),
    runAsGroup: reader.number([...at, 'runAsGroup']),
    runAsNonRoot: reader.flag([...at, 'runAsNonRoot']),
    privileged: reader.flag([...at, 'privileged']),
    allowPrivilegeEscalation: reader.flag([...at, 'allowPrivilegeEscalation']),
    readOnlyRootFilesystem: reader.flag([...at, 'readOnlyRootFilesystem']),
    capabilities: {
      add: reader.texts([...at, 'capabilities', 'add']),
      drop: reader.texts([...at, 'capabilities', 'drop']),
    },
  };
}
