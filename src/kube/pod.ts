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
  readonly from?: ValueSource | ObjectKey;
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

export interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
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

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface Probe {
  readonly action:
    | { readonly kind: 'exec'; readonly command: readonly string[] }
    | {
        readonly kind: 'http';
        readonly path: string;
        readonly port: number;
        readonly headers: readonly (readonly [string, string])[];
      }
    | { readonly kind: 'tcp'; readonly port: number };
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly EnvVar[];
  readonly envFrom: readonly EnvObject[];
  readonly resources: Resources;
  readonly securityContext: SecurityContext;
  readonly volumeMounts: readonly VolumeMount[];
  readonly probes: Readonly<Partial<Record<ProbeKind, Probe>>>;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly terminationMessagePath: string;
}

export interface VolumeItem {
  readonly path: string;
  readonly mode?: number;
}

/** One source of the files of a volume; a projected volume has several. */
export type FileSource =
  | {
      readonly kind: 'object';
      readonly object: string;
      readonly optional: boolean;
      /** Only these keys; all of them when undefined. */
      readonly items?: readonly (VolumeItem & { readonly key: string })[];
    }
  | {
      readonly kind: 'downward';
      readonly items: readonly (VolumeItem & { readonly from: ValueSource })[];
    };

/** A volume is files by relative path, or an empty directory on disk or in memory. */
export type Volume =
  | { readonly kind: 'emptyDir'; readonly name: string; readonly medium: string }
  | {
      readonly kind: 'files';
      readonly name: string;
      readonly sources: readonly FileSource[];
      readonly defaultMode: number;
    };

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

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
  readonly restartPolicy: RestartPolicy;
  readonly terminationGracePeriodSeconds: number;
}

const HOSTNAME_MAX = 63;

/** The host name in the guest: cut as the kubelet cuts it, without a dot or dash at its end. */
export function hostnameOf({ hostname, name }: Pick<Pod, 'hostname' | 'name'>): string {
  return hostname ?? name.slice(0, HOSTNAME_MAX).replace(/[-.]+$/, '');
}
