/**
 * The part of the agent's messages that the guest acts upon, under the proto's field names. These
 * are structural: a decoded wire message fits as it is. 64-bit integers may arrive as bigint or
 * number; an unset message field is null or absent.
 */

export type Int64 = bigint | number;
type Unset = null | undefined;

export interface OciUser {
  readonly UID: number;
  readonly GID: number;
  readonly AdditionalGids: readonly number[];
  readonly Username?: string;
}

export interface OciCapabilities {
  readonly Bounding: readonly string[];
  readonly Effective: readonly string[];
  readonly Inheritable: readonly string[];
  readonly Permitted: readonly string[];
  readonly Ambient: readonly string[];
}

export interface OciProcess {
  readonly Terminal: boolean;
  readonly ConsoleSize?: { readonly Height: number; readonly Width: number } | Unset;
  readonly User?: OciUser | Unset;
  readonly Args: readonly string[];
  readonly Env: readonly string[];
  readonly Cwd: string;
  readonly Capabilities?: OciCapabilities | Unset;
  readonly NoNewPrivileges?: boolean;
  readonly OOMScoreAdj?: Int64;
}

export interface OciMount {
  readonly destination: string;
  readonly source: string;
  readonly type: string;
  readonly options: readonly string[];
}

export interface OciResources {
  readonly Memory?:
    { readonly Limit: Int64; readonly Reservation?: Int64; readonly Swap?: Int64 } | Unset;
  readonly CPU?:
    | {
        readonly Shares: Int64;
        readonly Quota: Int64;
        readonly Period: Int64;
        readonly Cpus?: string;
      }
    | Unset;
  readonly Pids?: { readonly Limit: Int64 } | Unset;
}

export interface OciSpec {
  readonly Version?: string;
  readonly Process?: OciProcess | Unset;
  readonly Root?: { readonly Path: string; readonly Readonly: boolean } | Unset;
  readonly Hostname: string;
  readonly Mounts: readonly OciMount[];
  readonly Annotations: Readonly<Record<string, string>>;
  readonly Linux?:
    | {
        readonly Resources?: OciResources | Unset;
        readonly Namespaces: readonly { readonly Type: string; readonly Path: string }[];
        readonly CgroupsPath?: string;
        readonly MaskedPaths?: readonly string[];
        readonly ReadonlyPaths?: readonly string[];
      }
    | Unset;
}

export interface Storage {
  readonly driver: string;
  readonly driver_options: readonly string[];
  readonly source: string;
  readonly fstype: string;
  readonly options: readonly string[];
  readonly mount_point: string;
  readonly fs_group?: { readonly group_id: number; readonly group_change_policy: number } | Unset;
  readonly shared?: boolean;
}

export interface Device {
  readonly id: string;
  readonly type: string;
  readonly vm_path: string;
  readonly container_path: string;
  readonly options: readonly string[];
}
