/**
 * The fields of the objects that a manifest may hold, by name, and what becomes of each. A name that
 * is not here is unknown, as it is to an API server with strict field validation.
 * Source: the Kubernetes API, core/v1 of 1.34.
 */

/** What becomes of one field. */
export type FieldRule =
  /** The path reads it, as it stands. */
  | { readonly kind: 'read' }
  /** It makes no difference to what a node does with the pod. */
  | { readonly kind: 'without-effect' }
  /** A cluster would honour it and this path does not: a warning, unless its value is what is done anyway. */
  | { readonly kind: 'ignored'; readonly because: string; readonly fits: readonly unknown[] }
  | { readonly kind: 'object'; readonly fields: FieldTable }
  | { readonly kind: 'list'; readonly fields: FieldTable };

export type FieldTable = Readonly<Record<string, FieldRule>>;

const read: FieldRule = { kind: 'read' };
const silent: FieldRule = { kind: 'without-effect' };
const ignored = (because: string, ...fits: readonly unknown[]): FieldRule => ({
  kind: 'ignored',
  because,
  fits,
});
const object = (fields: FieldTable): FieldRule => ({ kind: 'object', fields });
const list = (fields: FieldTable): FieldRule => ({ kind: 'list', fields });

const metadata = object({
  name: read,
  namespace: read,
  labels: read,
  annotations: read,
  generateName: read,
  // The API server makes its own.
  uid: silent,
  creationTimestamp: silent,
  deletionGracePeriodSeconds: silent,
  deletionTimestamp: silent,
  finalizers: silent,
  generation: silent,
  managedFields: silent,
  ownerReferences: silent,
  resourceVersion: silent,
  selfLink: silent,
});

/** What the API server's DefaultTolerationSeconds adds to every pod. */
export const DEFAULT_TOLERATIONS = ['not-ready', 'unreachable'].map((condition) => ({
  key: `node.kubernetes.io/${condition}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

const ONE_NODE = 'there is one node, and no other pod of the cluster to mind';
const IN_THE_VM = 'a pod VM is a machine of its own';
const DROPPED = 'the shim drops it on its way to the guest, as the runtime does by default';

const contextOfBoth: FieldTable = {
  runAsUser: read,
  runAsGroup: read,
  runAsNonRoot: read,
  seccompProfile: ignored(DROPPED),
  seLinuxOptions: ignored(DROPPED),
  appArmorProfile: ignored(DROPPED),
  windowsOptions: ignored('the guest is Linux'),
};

const podContext = object({
  ...contextOfBoth,
  fsGroup: read,
  supplementalGroups: read,
  fsGroupChangePolicy: ignored('volumes are made new for each pod'),
  seLinuxChangePolicy: ignored('volumes are made new for each pod'),
  supplementalGroupsPolicy: ignored('groups of the image are merged in', 'Merge'),
  sysctls: list({ name: read, value: read }),
});

const containerContext = object({
  ...contextOfBoth,
  privileged: read,
  allowPrivilegeEscalation: read,
  readOnlyRootFilesystem: read,
  capabilities: object({ add: read, drop: read }),
  procMount: ignored('masked paths are those of Default', 'Default'),
});

const objectKey = object({ name: read, key: read, optional: read });
const fieldRef = object({ apiVersion: silent, fieldPath: read });
const resourceFieldRef = object({ containerName: read, resource: read, divisor: read });

const env = list({
  name: read,
  value: read,
  valueFrom: object({
    fieldRef,
    resourceFieldRef,
    configMapKeyRef: objectKey,
    secretKeyRef: objectKey,
  }),
});
const envObject = object({ name: read, optional: read });

const probe = object({
  exec: object({ command: read }),
  httpGet: object({
    path: read,
    port: read,
    host: read,
    scheme: read,
    httpHeaders: list({ name: read, value: read }),
  }),
  tcpSocket: object({ port: read, host: read }),
  grpc: object({ port: read, service: read }),
  initialDelaySeconds: read,
  periodSeconds: read,
  timeoutSeconds: read,
  successThreshold: read,
  failureThreshold: read,
  terminationGracePeriodSeconds: ignored('the grace period of the pod holds'),
});

const NO_HTTP_HOOK = 'only exec and sleep hooks are run';
const hook = object({
  exec: object({ command: read }),
  httpGet: ignored(NO_HTTP_HOOK),
  tcpSocket: ignored(NO_HTTP_HOOK),
  sleep: object({ seconds: read }),
});

const resources = object({
  limits: read,
  requests: read,
  claims: ignored('there are no devices to claim', []),
});

const container: FieldTable = {
  name: read,
  image: read,
  command: read,
  args: read,
  workingDir: read,
  env,
  envFrom: list({ prefix: read, configMapRef: envObject, secretRef: envObject }),
  ports: list({
    name: read,
    containerPort: read,
    hostIP: silent,
    hostPort: ignored(IN_THE_VM),
    protocol: silent,
  }),
  resources,
  securityContext: containerContext,
  volumeMounts: list({
    name: read,
    mountPath: read,
    subPath: read,
    subPathExpr: read,
    readOnly: read,
    mountPropagation: read,
    recursiveReadOnly: ignored('mounts have no mounts below them', 'Disabled'),
  }),
  volumeDevices: ignored('there are no block volumes', []),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: object({ postStart: hook, preStop: hook, stopSignal: ignored('SIGTERM is sent') }),
  imagePullPolicy: ignored('images come from the catalogue in the guest', 'IfNotPresent', 'Always'),
  restartPolicy: read,
  restartPolicyRules: ignored('a container runs once', []),
  resizePolicy: ignored('a running container keeps its size', []),
  stdin: read,
  stdinOnce: ignored('stdin stays open', false),
  tty: read,
  terminationMessagePath: read,
  terminationMessagePolicy: ignored('nobody reads the message', 'File'),
};

const keys = list({ key: read, path: read, mode: read });
const downwardItems = list({ path: read, mode: read, fieldRef, resourceFieldRef });

/** Volumes that the kubelet or a driver mounts on the node. */
export const NODE_VOLUMES: readonly string[] = [
  'hostPath',
  'persistentVolumeClaim',
  'awsElasticBlockStore',
  'azureDisk',
  'azureFile',
  'cephfs',
  'cinder',
  'csi',
  'ephemeral',
  'fc',
  'flexVolume',
  'flocker',
  'gcePersistentDisk',
  'gitRepo',
  'glusterfs',
  'image',
  'iscsi',
  'nfs',
  'photonPersistentDisk',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
];

const token = object({ audience: read, expirationSeconds: read, path: read });

const volumes = list({
  name: read,
  configMap: object({ name: read, items: keys, defaultMode: read, optional: read }),
  secret: object({ secretName: read, items: keys, defaultMode: read, optional: read }),
  downwardAPI: object({ items: downwardItems, defaultMode: read }),
  projected: object({
    defaultMode: read,
    sources: list({
      configMap: object({ name: read, items: keys, optional: read }),
      secret: object({ name: read, items: keys, optional: read }),
      downwardAPI: object({ items: downwardItems }),
      serviceAccountToken: token,
      clusterTrustBundle: read,
      podCertificate: read,
    }),
  }),
  emptyDir: object({
    medium: read,
    sizeLimit: ignored('the guest’s memory is the limit'),
  }),
  hostPath: object({ path: read, type: read }),
  // Known, and an empty directory where volumes are made.
  ...Object.fromEntries(
    NODE_VOLUMES.filter((name) => name !== 'hostPath').map((name) => [
      name,
      ignored('it is an empty directory: the storage behind it is not simulated'),
    ]),
  ),
});

const podSpec = object({
  containers: list(container),
  initContainers: list(container),
  ephemeralContainers: ignored('a manifest cannot bring them', []),
  volumes,
  securityContext: podContext,
  hostname: read,
  runtimeClassName: ignored(
    'every pod gets a pod VM here, but only one of kata-remote passes the webhook',
    'kata-remote',
  ),
  restartPolicy: read,
  terminationGracePeriodSeconds: read,
  activeDeadlineSeconds: ignored('the pod has no deadline'),
  affinity: ignored(ONE_NODE),
  automountServiceAccountToken: read,
  dnsConfig: ignored('resolv.conf is that of ClusterFirst'),
  dnsPolicy: ignored('resolv.conf is that of ClusterFirst', 'ClusterFirst'),
  enableServiceLinks: ignored('kubernetes is the only service', true),
  hostAliases: ignored('/etc/hosts has the pod’s own line only', []),
  hostIPC: ignored(IN_THE_VM, false),
  hostNetwork: ignored(IN_THE_VM, false),
  hostPID: ignored(IN_THE_VM, false),
  hostUsers: ignored(IN_THE_VM, true),
  hostnameOverride: ignored('spec.hostname or the pod’s name is taken'),
  imagePullSecrets: ignored('images come from the catalogue in the guest', []),
  nodeName: ignored(ONE_NODE),
  nodeSelector: ignored(ONE_NODE, {}),
  os: ignored('the guest is Linux', { name: 'linux' }),
  overhead: ignored('the overhead is that of kata-remote'),
  preemptionPolicy: ignored(ONE_NODE, 'PreemptLowerPriority'),
  priority: ignored(ONE_NODE, 0),
  priorityClassName: ignored(ONE_NODE),
  readinessGates: ignored('nobody sets the conditions', []),
  resourceClaims: ignored('there are no devices to claim', []),
  resources: ignored('the containers’ own resources count'),
  schedulerName: ignored(ONE_NODE, 'default-scheduler'),
  schedulingGates: ignored(ONE_NODE, []),
  // The deprecated alias of serviceAccountName.
  serviceAccount: silent,
  serviceAccountName: read,
  setHostnameAsFQDN: ignored('the host name is the short one', false),
  shareProcessNamespace: read,
  subdomain: ignored('there is no DNS that would answer'),
  tolerations: ignored(ONE_NODE, [], DEFAULT_TOLERATIONS),
  topologySpreadConstraints: ignored(ONE_NODE, []),
});

const typeMeta: FieldTable = { apiVersion: read, kind: read };
const names = (...fields: readonly string[]): FieldTable =>
  Object.fromEntries(fields.map((name) => [name, silent]));

const template = object({ metadata, spec: podSpec });
const jobFields: FieldTable = {
  template,
  ...names(
    'activeDeadlineSeconds',
    'backoffLimit',
    'backoffLimitPerIndex',
    'completionMode',
    'completions',
    'managedBy',
    'manualSelector',
    'maxFailedIndexes',
    'parallelism',
    'podFailurePolicy',
    'podReplacementPolicy',
    'selector',
    'successPolicy',
    'suspend',
    'ttlSecondsAfterFinished',
  ),
};
const workload = (spec: FieldTable): FieldTable => ({
  ...typeMeta,
  metadata,
  spec: object(spec),
  status: silent,
});
const updates = ['minReadySeconds', 'revisionHistoryLimit', 'selector'] as const;

export type KnownKind = keyof typeof objectFields;

export const objectFields = {
  Pod: { ...typeMeta, metadata, spec: podSpec, status: silent },
  ConfigMap: { ...typeMeta, metadata, data: read, binaryData: read, immutable: silent },
  Secret: { ...typeMeta, metadata, data: read, stringData: read, type: silent, immutable: silent },
  ServiceAccount: {
    ...typeMeta,
    metadata,
    automountServiceAccountToken: read,
    imagePullSecrets: silent,
    secrets: silent,
  },
  Deployment: workload({
    template,
    ...names(...updates, 'paused', 'progressDeadlineSeconds', 'replicas', 'strategy'),
  }),
  ReplicaSet: workload({ template, ...names('minReadySeconds', 'replicas', 'selector') }),
  ReplicationController: workload({
    template,
    ...names('minReadySeconds', 'replicas', 'selector'),
  }),
  StatefulSet: workload({
    template,
    volumeClaimTemplates: read,
    ...names(
      ...updates,
      'ordinals',
      'persistentVolumeClaimRetentionPolicy',
      'podManagementPolicy',
      'replicas',
      'serviceName',
      'updateStrategy',
    ),
  }),
  DaemonSet: workload({ template, ...names(...updates, 'updateStrategy') }),
  Job: workload(jobFields),
  CronJob: workload({
    jobTemplate: object({ metadata, spec: object(jobFields) }),
    ...names(
      'concurrencyPolicy',
      'failedJobsHistoryLimit',
      'schedule',
      'startingDeadlineSeconds',
      'successfulJobsHistoryLimit',
      'suspend',
      'timeZone',
    ),
  }),
} satisfies Readonly<Record<string, FieldTable>>;
