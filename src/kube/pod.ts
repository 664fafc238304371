/** The pod as the shim and the kubelet's part beside it need it; `read-pod.ts` reads it from a manifest. */

/** Where a value comes from that is known only when the pod starts. */
export type ValueSource =
  /** `fieldRef`: `metadata.name`, `status.podIP`, `metadata.labels['app']`, ... */
  | { readonly kind: 'field'; readonly path: string }
  /** `resourceFieldRef`: `limits.memory` of a container, in units of the divisor. */
  | {
      readonly kind: 'resource';
      readonly resource: string;
      readonly container: string;
      readonly divisor: string;
    };

/** A key of a ConfigMap or Secret. */
export interface ObjectKey {
  readonly kind: 'key';
  /** `configMap/name` or `secret/name`. */
  readonly object: string;
  readonly key: string;
  readonly optional: boolean;
}

export interface EnvVar {
  readonly name: string;
  readonly value: string;
  /** In place of `value`. */
  readonly from?: ValueSource | ObjectKey | undefined;
}

/** `envFrom`: each key of an object as a variable. */
export interface EnvObject {
  readonly prefix: string;
  readonly object: string;
  readonly optional: boolean;
}

export interface Resources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** What a container says of itself; what it leaves out is the pod's. */
export interface SecurityContext {
  readonly runAsUser?: number | undefined;
  readonly runAsGroup?: number | undefined;
  readonly runAsNonRoot?: boolean | undefined;
  readonly privileged?: boolean | undefined;
  readonly allowPrivilegeEscalation?: boolean | undefined;
  readonly readOnlyRootFilesystem?: boolean | undefined;
  readonly capabilities?:
    { readonly add?: readonly string[]; readonly drop?: readonly string[] } | undefined;
}

export interface PodSecurityContext {
  readonly runAsUser?: number | undefined;
  readonly runAsGroup?: number | undefined;
  readonly runAsNonRoot?: boolean | undefined;
  readonly fsGroup?: number | undefined;
  readonly supplementalGroups?: readonly number[] | undefined;
  readonly sysctls?: Readonly<Record<string, string>> | undefined;
}

export type MountPropagation = 'None' | 'HostToContainer' | 'Bidirectional';

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath: string;
  /** With `$(NAME)` in place of `subPath`. */
  readonly subPathExpr: string;
  readonly readOnly: boolean;
  readonly propagation: MountPropagation;
}

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

interface ExecAction {
  readonly kind: 'exec';
  readonly command: readonly string[];
}

interface HttpAction {
  readonly kind: 'http';
  readonly path: string;
  readonly port: number;
  readonly headers: readonly (readonly [string, string])[];
}

interface TcpAction {
  readonly kind: 'tcp';
  readonly port: number;
}

interface SleepAction {
  readonly kind: 'sleep';
  readonly seconds: number;
}

export type LifecycleAction = ExecAction | HttpAction | TcpAction | SleepAction;

/** Run after a container has started, and before it is asked to end. */
export interface Lifecycle {
  readonly postStart?: LifecycleAction | undefined;
  readonly preStop?: LifecycleAction | undefined;
}

export interface Probe {
  readonly action: ExecAction | HttpAction | TcpAction;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly workingDir?: string | undefined;
  readonly env: readonly EnvVar[];
  readonly envFrom: readonly EnvObject[];
  readonly resources: Resources;
  readonly securityContext: SecurityContext;
  readonly volumeMounts: readonly VolumeMount[];
  readonly probes: Readonly<Partial<Record<ProbeKind, Probe>>>;
  readonly lifecycle: Lifecycle;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly terminationMessagePath: string;
}

export interface VolumeItem {
  readonly path: string;
  readonly mode?: number | undefined;
}

/** One source of the files of a volume; a projected volume has several. */
export type FileSource =
  | {
      readonly kind: 'object';
      readonly object: string;
      readonly optional: boolean;
      /** Only these keys; all of them when undefined. */
      readonly items?: readonly (VolumeItem & { readonly key: string })[] | undefined;
    }
  | {
      readonly kind: 'downward';
      readonly items: readonly (VolumeItem & { readonly from: ValueSource })[];
    }
  /** A token of the pod's service account. */
  | {
      readonly kind: 'token';
      readonly path: string;
      readonly audience: string;
      readonly expirationSeconds: number;
    };

/** A volume is files by relative path, an empty directory of the guest, or something of the node. */
export type Volume =
  /** `hostPath`, or a volume that a driver would mount on the node; its content is not simulated. */
  | {
      readonly kind: 'node';
      readonly name: string;
      /** The field that names it: `hostPath`, `persistentVolumeClaim`, `nfs`, ... */
      readonly source: string;
      /** Of `hostPath`. */
      readonly path: string;
      /** Of `hostPath`: `Directory`, `FileOrCreate`, `Socket`, ... */
      readonly type: string;
      readonly readOnly: boolean;
    }
  | { readonly kind: 'emptyDir'; readonly name: string; readonly medium: string }
  | {
      readonly kind: 'files';
      readonly name: string;
      readonly sources: readonly FileSource[];
      readonly defaultMode: number;
    };

export interface ServiceAccountUse {
  readonly name: string;
  /** `automountServiceAccountToken` of the pod, else of the service account where the manifests have it. */
  readonly automount: boolean;
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

/** A pod as plain data: what the API server holds. */
export interface PodObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Pod {
  /** The object it was read from. */
  readonly object: PodObject;
  readonly name: string;
  readonly namespace: string;
  /** The API server's; a manifest has none. */
  readonly uid: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly runtimeClassName: string | undefined;
  readonly hostname: string | undefined;
  readonly securityContext: PodSecurityContext;
  /** Its containers see each other's processes. */
  readonly shareProcessNamespace: boolean;
  readonly serviceAccount: ServiceAccountUse;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly restartPolicy: RestartPolicy;
  readonly terminationGracePeriodSeconds: number;
}

/** The container's own values, with the pod's where it has none. */
export function effectiveSecurityContext(
  pod: PodSecurityContext,
  container: SecurityContext,
): SecurityContext & PodSecurityContext {
  return {
    ...pod,
    ...container,
    runAsUser: container.runAsUser ?? pod.runAsUser,
    runAsGroup: container.runAsGroup ?? pod.runAsGroup,
    runAsNonRoot: container.runAsNonRoot ?? pod.runAsNonRoot,
  };
}

const HOSTNAME_MAX = 63;

/** The host name in the guest: cut as the kubelet cuts it, without a dot or dash at its end. */
export function hostnameOf({ hostname, name }: Pick<Pod, 'hostname' | 'name'>): string {
  return hostname ?? name.slice(0, HOSTNAME_MAX).replace(/[-.]+$/, '');
}
