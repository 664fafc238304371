/** A pod out of its object, each value checked where it stands, in the words of the API server. */
import { readContainers } from './read-container.ts';
import type { ObjectReader, Path } from './object-reader.ts';
import { generatedName } from './generated-name.ts';
import type {
  Pod,
  PodObject,
  PodSecurityContext,
  RestartPolicy,
  ServiceAccountUse,
  Volume,
} from './pod.ts';
import { optionalLabel, readName } from './read-name.ts';
import { readVolume } from './read-volume.ts';

export interface PodContext {
  /** Of a manifest that names none. */
  readonly namespace: string;
  /** `automountServiceAccountToken` of the service accounts that the manifests bring. */
  readonly automount: (serviceAccount: string) => boolean | undefined;
}

/** What a controller gives the pods that it makes from a template. */
export interface PodIdentity {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Volumes of `volumeClaimTemplates`. */
  readonly claims: readonly string[];
}

const POD_CONTEXT: PodContext = { namespace: 'default', automount: () => undefined };

/** Source: Kubernetes 1.34, pkg/apis/core/v1/defaults.go. */
const GRACE_SECONDS = 30;

export function readPod(reader: ObjectReader, context: PodContext = POD_CONTEXT): Pod {
  if (reader.text(['apiVersion']) !== 'v1') {
    reader.fail(
      ['apiVersion'],
      `no matches for kind "Pod" in version "${reader.text(['apiVersion'])}"`,
      'Write apiVersion: v1.',
    );
  }
  const prefix = reader.optionalText(['metadata', 'generateName']) ?? '';
  const isGenerated = prefix !== '' && !reader.has(['metadata', 'name']);
  const identity = {
    name: isGenerated
      ? generatedName(prefix, JSON.stringify(reader.value([])))
      : readName(reader, ['metadata', 'name']),
    namespace: optionalLabel(reader, ['metadata', 'namespace']),
    labels: {},
    claims: [],
  };
  return readPodOf(reader, identity, context);
}

/** The pod of a template, or of a whole object. */
export function readPodOf(reader: ObjectReader, identity: PodIdentity, context: PodContext): Pod {
  const volumes = [...readVolumes(reader), ...identity.claims.map(claimVolume)];
  const names = new Set<string>();
  const containers = readContainers(reader, ['spec', 'containers'], { volumes, names });
  if (containers.length === 0)
    reader.fail(
      ['spec', 'containers'],
      'Required value',
      'Add a container with a name and an image.',
    );
  const namespace = identity.namespace ?? context.namespace;
  return {
    object: objectOf(reader, { ...identity, namespace }),
    name: identity.name,
    namespace,
    uid: undefined,
    annotations: reader.textMap(['metadata', 'annotations']),
    labels: { ...reader.textMap(['metadata', 'labels']), ...identity.labels },
    runtimeClassName: reader.optionalText(['spec', 'runtimeClassName']),
    hostname: optionalLabel(reader, ['spec', 'hostname']),
    securityContext: readPodContext(reader, ['spec', 'securityContext']),
    shareProcessNamespace: reader.flag(['spec', 'shareProcessNamespace']) ?? false,
    serviceAccount: readServiceAccount(reader, context),
    initContainers: readContainers(reader, ['spec', 'initContainers'], { volumes, names }),
    containers,
    volumes,
    restartPolicy: readRestartPolicy(reader, ['spec', 'restartPolicy']),
    terminationGracePeriodSeconds:
      reader.number(['spec', 'terminationGracePeriodSeconds']) ?? GRACE_SECONDS,
  };
}

function readServiceAccount(reader: ObjectReader, { automount }: PodContext): ServiceAccountUse {
  const name =
    reader.optionalText(['spec', 'serviceAccountName']) ??
    reader.optionalText(['spec', 'serviceAccount']) ??
    'default';
  const own = reader.flag(['spec', 'automountServiceAccountToken']);
  return { name, automount: own ?? automount(name) ?? true };
}

/** The pod as a client would send it. */
function objectOf(
  reader: ObjectReader,
  { name, namespace, labels, claims }: PodIdentity,
): PodObject {
  const given = reader.value([]) as Partial<PodObject>;
  const metadata = given.metadata ?? {};
  const spec = given.spec ?? {};
  const allLabels = { ...(metadata['labels'] as object | null), ...labels };
  const claimed = claims.map((claim) => ({
    name: claim,
    persistentVolumeClaim: { claimName: `${claim}-${name}` },
  }));
  const volumes = [...((spec['volumes'] as unknown[] | null | undefined) ?? []), ...claimed];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name,
      namespace,
      ...(Object.keys(allLabels).length > 0 && { labels: allLabels }),
    },
    spec: { ...spec, ...(volumes.length > 0 && { volumes }) },
  };
}

const claimVolume = (name: string): Volume => ({
  kind: 'node',
  name,
  source: 'persistentVolumeClaim',
  path: '',
  type: '',
  readOnly: false,
});

const RESTART_POLICIES: readonly RestartPolicy[] = ['Always', 'OnFailure', 'Never'];

function readRestartPolicy(reader: ObjectReader, path: Path): RestartPolicy {
  const text = reader.optionalText(path) ?? 'Always';
  return (
    RESTART_POLICIES.find((policy) => policy === text) ??
    reader.fail(
      path,
      `Unsupported value: ${JSON.stringify(text)}: supported values: ${RESTART_POLICIES.map((one) => JSON.stringify(one)).join(', ')}`,
      `Write ${RESTART_POLICIES.join(', ')}.`,
    )
  );
}

function readVolumes(reader: ObjectReader): readonly Volume[] {
  const names = new Set<string>();
  return reader.list(['spec', 'volumes'], (at) => {
    const volume = readVolume(reader, at);
    if (names.has(volume.name)) {
      reader.fail(
        [...at, 'name'],
        `Duplicate value: ${JSON.stringify(volume.name)}`,
        'Give each volume a name of its own.',
      );
    }
    names.add(volume.name);
    return volume;
  });
}

function readPodContext(reader: ObjectReader, at: Path): PodSecurityContext {
  const groups = reader.list([...at, 'supplementalGroups'], (path) => reader.number(path) ?? 0);
  const sysctls = reader.list(
    [...at, 'sysctls'],
    (path) => [reader.text([...path, 'name']), reader.text([...path, 'value'])] as const,
  );
  return {
    runAsUser: reader.number([...at, 'runAsUser']),
    runAsGroup: reader.number([...at, 'runAsGroup']),
    runAsNonRoot: reader.flag([...at, 'runAsNonRoot']),
    fsGroup: reader.number([...at, 'fsGroup']),
    supplementalGroups: groups,
    sysctls: Object.fromEntries(sysctls),
  };
}
