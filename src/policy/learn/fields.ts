/**
 * How the fields of the agent's requests are generalised. What no row names is learned exactly as it
 * was recorded; ids and bound values are found wherever they occur.
 */
import type { FreeType } from './shape.ts';
import { patterns, type Pattern } from './patterns.ts';

/**
 * - `host`: a name made by the host: ids, UUIDs and file tags in it differ from start to start
 * - `address`, `mac`: what the network gives the pod
 * - `exec-id`: chosen by the runtime for each exec
 */
export type Treatment =
  | { readonly as: 'host' }
  | { readonly as: 'address' }
  | { readonly as: 'mac' }
  | { readonly as: 'exec-id' }
  | { readonly as: 'env' }
  | { readonly as: 'set' }
  | { readonly as: 'map' }
  | { readonly as: 'free'; readonly type: FreeType };

interface FieldRow {
  /** Absent: of any endpoint. */
  readonly endpoint?: string;
  /** `OCI.Mounts.*.source`; `*` is any index or key. */
  readonly path: string;
  readonly treatment: Treatment;
}

const host = { as: 'host' } as const;
const address = { as: 'address' } as const;
const anyNumber = { as: 'free', type: 'number' } as const;
const anyBytes = { as: 'free', type: 'bytes' } as const;

const rows: readonly FieldRow[] = [
  { path: 'exec_id', treatment: { as: 'exec-id' } },
  { path: 'container_id', treatment: host },
  { path: 'sandbox_id', treatment: host },
  { path: 'OCI.Process.Env', treatment: { as: 'env' } },
  { path: 'process.Env', treatment: { as: 'env' } },
  // runtime-rs sends capabilities in random order.
  { path: 'OCI.Process.Capabilities.*', treatment: { as: 'set' } },
  { path: 'process.Capabilities.*', treatment: { as: 'set' } },
  { path: 'OCI.Annotations', treatment: { as: 'map' } },
  { path: 'OCI.Annotations.*', treatment: host },
  { path: 'OCI.Root.Path', treatment: host },
  { path: 'OCI.Mounts.*.source', treatment: host },
  { path: 'OCI.Linux.CgroupsPath', treatment: host },
  { path: 'storages.*.source', treatment: host },
  { path: 'storages.*.mount_point', treatment: host },
  { path: 'storages.*.driver_options.*', treatment: host },
  { path: 'shared_mounts.*.src_path', treatment: host },
  { path: 'shared_mounts.*.dst_path', treatment: host },
  { endpoint: 'CopyFileRequest', path: 'path', treatment: host },
  { endpoint: 'CopyFileRequest', path: 'symlink_target', treatment: host },
  { endpoint: 'CopyFileRequest', path: 'file_size', treatment: anyNumber },
  { endpoint: 'CopyFileRequest', path: 'offset', treatment: anyNumber },
  { endpoint: 'ReadStreamRequest', path: 'len', treatment: anyNumber },
  { endpoint: 'WriteStreamRequest', path: 'data', treatment: anyBytes },
  { endpoint: 'TtyWinResizeRequest', path: 'row', treatment: anyNumber },
  { endpoint: 'TtyWinResizeRequest', path: 'column', treatment: anyNumber },
  { endpoint: 'SetGuestDateTimeRequest', path: 'Sec', treatment: anyNumber },
  { endpoint: 'SetGuestDateTimeRequest', path: 'Usec', treatment: anyNumber },
  { endpoint: 'ReseedRandomDevRequest', path: 'data', treatment: anyBytes },
  {
    endpoint: 'UpdateInterfaceRequest',
    path: 'interface.IPAddresses.*.address',
    treatment: address,
  },
  { endpoint: 'UpdateInterfaceRequest', path: 'interface.hwAddr', treatment: { as: 'mac' } },
  { endpoint: 'UpdateRoutesRequest', path: 'routes.Routes.*.gateway', treatment: address },
  { endpoint: 'UpdateRoutesRequest', path: 'routes.Routes.*.source', treatment: address },
  { endpoint: 'UpdateRoutesRequest', path: 'routes.Routes.*.dest', treatment: address },
  {
    endpoint: 'AddARPNeighborsRequest',
    path: 'neighbors.ARPNeighbors.*.toIPAddress.address',
    treatment: address,
  },
  {
    endpoint: 'AddARPNeighborsRequest',
    path: 'neighbors.ARPNeighbors.*.lladdr',
    treatment: { as: 'mac' },
  },
];

const split = rows.map((row) => ({ ...row, parts: row.path.split('.') }));

/** Undefined: as recorded. With `exact` only ids, variables by name and sets are still treated. */
export function treatmentOf(
  endpoint: string,
  path: readonly string[],
  exact: boolean,
): Treatment | undefined {
  const row = split.find(
    ({ endpoint: only, parts }) =>
      (only === undefined || only === endpoint) &&
      parts.length === path.length &&
      parts.every((part, i) => part === '*' || part === path[i]),
  );
  const treatment = row?.treatment;
  if (!exact || treatment === undefined) return treatment;
  return ['address', 'mac', 'free'].includes(treatment.as) ? undefined : treatment;
}

/** Generated pieces of names that the host makes; found anywhere in them, first one first. */
export const HOST_PIECES: readonly { readonly find: RegExp; readonly pattern: Pattern }[] = [
  // An image's digest stays: it is what the image is.
  { find: /(?<!sha256[:/@-]|[0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g, pattern: patterns.id },
  {
    find: /(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])/g,
    pattern: patterns.uuid,
  },
  {
    find: /(?<![0-9a-f])[0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12}(?![0-9a-f])/g,
    pattern: patterns.slicedUuid,
  },
  { find: /(?<=-)[0-9a-f]{16}(?=-)/g, pattern: patterns.fileTag },
  { find: /(?<=\.\.)[0-9]{4}(?:_[0-9]{2}){5}\.[0-9]{1,10}/g, pattern: patterns.volumeTime },
];

/** `10.0.0.1`, or with a prefix length behind it as routes have. */
export const ADDRESS_PATTERNS: readonly Pattern[] = [patterns.ipv4, patterns.ipv6];
/** The more telling first. */
export const MAC_PATTERNS: readonly Pattern[] = [patterns.localMac, patterns.mac];

/** Variables that Kubernetes makes for services, and the address in their values. */
export const SERVICE_VARIABLE =
  /^[A-Z0-9_]+_(?:SERVICE_HOST|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_ADDR)?)?)$/;
export const SERVICE_ADDRESS = /^((?:tcp|udp|sctp):\/\/\[?)?([0-9a-f.:]+?)(\]?:[0-9]+)?$/;

/** Names of variables whose values are likely secrets. */
export const SECRET_NAME =
  /PASS(?:WORD|WD|PHRASE)?(?:_|$)|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIAL/i;
