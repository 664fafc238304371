/**
 * A pod as the API server stores it: its defaults, and what the admission plugins that every cluster has
 * add to it. Webhooks come after that.
 * Sources: Kubernetes 1.34, pkg/apis/core/v1/defaults.go; plugin/pkg/admission/serviceaccount,
 * defaulttolerationseconds and priority.
 */
import { Document } from 'yaml';
import { DEFAULT_TOLERATIONS } from './object-fields.ts';
import { ObjectReader } from './object-reader.ts';
import type { Pod, PodObject } from './pod.ts';
import { readPod } from './read-pod.ts';

type Fields = Readonly<Record<string, unknown>>;

const TOKEN_MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** What is left of an hour's token when the kubelet asks for a new one, and a margin. */
const TOKEN_SECONDS = 3607;
const MODE = 0o644;
const GRACE_SECONDS = 30;

interface Admission {
  /** Of the token volume's name: five characters, random in a cluster. */
  readonly suffix: string;
}

export function admitPod(pod: Pod, { suffix }: Admission): PodObject {
  const defaulted = withDefaults(currentObject(pod));
  return withServiceAccount(defaulted, pod.serviceAccount, `kube-api-access-${suffix}`);
}

/** The object with what a caller may have changed of the pod since it was read. */
function currentObject({ object, name, namespace, annotations, labels }: Pod): PodObject {
  const { annotations: _a, labels: _l, ...metadata } = object.metadata;
  const filled = (map: Readonly<Record<string, string>>) => Object.keys(map).length > 0;
  return {
    ...object,
    metadata: {
      ...metadata,
      name,
      namespace,
      ...(filled(annotations) && { annotations }),
      ...(filled(labels) && { labels }),
    },
  };
}

/** A pod that was admitted, as the node reads it. */
export function readPodObject(object: PodObject): Pod {
  const document = new Document(object, { aliasDuplicateObjects: false });
  return readPod(ObjectReader.ofDocument('pod', document));
}

const listOf = (value: unknown): readonly Fields[] => (value ?? []) as readonly Fields[];
const fieldsOf = (value: unknown): Fields => (value ?? {}) as Fields;

function withDefaults(object: PodObject): PodObject {
  const { status: _status, ...written } = object as PodObject & { readonly status?: unknown };
  const { spec } = written;
  const inits = listOf(spec['initContainers']).map(withContainerDefaults);
  return {
    ...written,
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: GRACE_SECONDS,
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      securityContext: {},
      ...spec,
      containers: listOf(spec['containers']).map(withContainerDefaults),
      ...(inits.length > 0 && { initContainers: inits }),
      ...(spec['volumes'] !== undefined && {
        volumes: listOf(spec['volumes']).map(withVolumeDefaults),
      }),
      tolerations: withTolerations(listOf(spec['tolerations'])),
    },
  };
}

function withTolerations(own: readonly Fields[]): readonly Fields[] {
  const added = DEFAULT_TOLERATIONS.filter(
    ({ key }) => !own.some((one) => one['key'] === key || one['key'] === undefined),
  );
  return [...own, ...added];
}

function withContainerDefaults(container: Fields): Fields {
  const {
    limits = {},
    requests = {},
    ...resources
  } = fieldsOf(container['resources']) as {
    readonly limits?: Fields;
    readonly requests?: Fields;
  };
  // A request that is not made is the limit.
  const all = { ...limits, ...requests };
  const image = container['image'] as string;
  const isLatest = !image.includes('@') && !/:(?!latest$)[^/]*$/.test(image);
  return {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isLatest ? 'Always' : 'IfNotPresent',
    ...container,
    resources: {
      ...resources,
      ...(Object.keys(limits).length > 0 && { limits }),
      ...(Object.keys(all).length > 0 && { requests: all }),
    },
    ...(container['ports'] !== undefined && {
      ports: listOf(container['ports']).map((port) => ({ protocol: 'TCP', ...port })),
    }),
    ...probes(container),
  };
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];

function probes(container: Fields): Fields {
  const present = PROBES.filter((name) => container[name] !== undefined);
  const defaults = {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  };
  return Object.fromEntries(
    present.map((name) => [name, { ...defaults, ...fieldsOf(container[name]) }]),
  );
}

const MODED = ['configMap', 'secret', 'downwardAPI', 'projected'];

function withVolumeDefaults(volume: Fields): Fields {
  const kind = MODED.find((name) => volume[name] !== undefined);
  if (kind !== undefined) {
    return { ...volume, [kind]: { defaultMode: MODE, ...fieldsOf(volume[kind]) } };
  }
  return Object.keys(volume).length === 1 ? { ...volume, emptyDir: {} } : volume;
}

/** The account's name, and its token where the pod takes one and has none. */
function withServiceAccount(
  object: PodObject,
  { name, automount }: Pod['serviceAccount'],
  volume: string,
): PodObject {
  const spec = { ...object.spec, serviceAccountName: name, serviceAccount: name };
  if (!automount) return { ...object, spec };
  const containers = listOf(object.spec['containers']).map((one) => withToken(one, volume));
  const inits = listOf(object.spec['initContainers']).map((one) => withToken(one, volume));
  const isNeeded = [...containers, ...inits].some((container) => mounts(container, volume));
  if (!isNeeded) return { ...object, spec };
  return {
    ...object,
    spec: {
      ...spec,
      containers,
      ...(inits.length > 0 && { initContainers: inits }),
      volumes: [...listOf(object.spec['volumes']), tokenVolume(volume)],
    },
  };
}

const mounts = (container: Fields, volume: string): boolean =>
  listOf(container['volumeMounts']).some(({ name }) => name === volume);

/** Whatever is mounted there already stays. */
function withToken(container: Fields, volume: string): Fields {
  const own = listOf(container['volumeMounts']);
  if (own.some(({ mountPath }) => mountPath === TOKEN_MOUNT_PATH)) return container;
  const mount = { name: volume, readOnly: true, mountPath: TOKEN_MOUNT_PATH };
  return { ...container, volumeMounts: [...own, mount] };
}

const tokenVolume = (name: string): Fields => ({
  name,
  projected: {
    defaultMode: MODE,
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [
            {
              path: 'namespace',
              fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
            },
          ],
        },
      },
    ],
  },
});
