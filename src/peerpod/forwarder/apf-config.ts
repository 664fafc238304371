/**
 * apf.json: what the adaptor tells the forwarder about its pod. Written with the adaptor's key
 * order and indent of four, read with unknown keys ignored. Source: cloud-api-adaptor v0.22.0
 * pkg/forwarder/forwarder.go (Config) and pkg/podnetwork/tunneler/tunneler.go.
 */
import { readFile } from 'node:fs/promises';
import { messageOf } from '#base';
import { peerpodErrors } from '../errors.ts';

export const APF_CONFIG_PATH = '/run/peerpod/apf.json';

export interface PodRoute {
  readonly dst: string;
  /** Empty when there is no gateway. */
  readonly gw: string;
  readonly dev: string;
  readonly protocol?: string;
  readonly scope?: string;
}

export interface PodNeighbor {
  readonly ip: string;
  readonly 'hw-addr': string;
  readonly dev: string;
  readonly state: string;
}

/** The tunnel config, `pod-network`. */
export interface PodNetworkConfig {
  readonly podip: string;
  readonly 'pod-hw-addr': string;
  readonly interface: string;
  readonly 'worker-node-ip': string;
  readonly 'tunnel-type': string;
  readonly routes: readonly PodRoute[] | null;
  readonly neighbors: readonly PodNeighbor[] | null;
  readonly mtu: number;
  readonly index: number;
  readonly 'vxlan-port'?: number;
  readonly 'vxlan-id'?: number;
  readonly dedicated: boolean;
  readonly 'external-net-via-pod-vm': boolean;
}

export interface ApfConfig {
  readonly 'pod-network': PodNetworkConfig | null;
  /** Kubernetes namespace and name; not the network namespace that the flag of that name takes. */
  readonly 'pod-namespace': string;
  readonly 'pod-name': string;
  readonly 'tls-server-key'?: string;
  readonly 'tls-server-cert'?: string;
  readonly 'tls-client-ca'?: string;
  readonly 'tls-min-version'?: string;
  readonly 'tls-cipher-suites'?: readonly string[];
}

const KEYS = [
  'pod-network',
  'pod-namespace',
  'pod-name',
  'tls-server-key',
  'tls-server-cert',
  'tls-client-ca',
  'tls-min-version',
  'tls-cipher-suites',
] as const;

const NETWORK_KEYS = [
  'podip',
  'pod-hw-addr',
  'interface',
  'worker-node-ip',
  'tunnel-type',
  'routes',
  'neighbors',
  'mtu',
  'index',
  'vxlan-port',
  'vxlan-id',
  'dedicated',
  'external-net-via-pod-vm',
] as const;

/** Left out when empty or 0, as Go's omitempty does. */
const OMIT_EMPTY = new Set<string>([
  'tls-server-key',
  'tls-server-cert',
  'tls-client-ca',
  'tls-min-version',
  'tls-cipher-suites',
  'vxlan-port',
  'vxlan-id',
]);

export function encodeApfConfig(config: ApfConfig): string {
  const network = config['pod-network'];
  const value = {
    ...pick(config, KEYS),
    'pod-network': network === null ? null : pick(network, NETWORK_KEYS),
  };
  // encoding/json escapes these three in strings.
  return JSON.stringify(value, null, 4).replace(
    /[<>&]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
  );
}

function pick<T extends object>(value: T, keys: readonly (keyof T & string)[]): object {
  const isEmpty = (field: unknown): boolean =>
    field === undefined ||
    field === '' ||
    field === 0 ||
    (Array.isArray(field) && field.length === 0);
  return Object.fromEntries(
    keys
      .filter((key) => !(OMIT_EMPTY.has(key) && isEmpty(value[key])))
      .map((key) => [key, value[key]]),
  );
}

/** Throws with the forwarder's text, its doubled word included. */
export function parseApfConfig(text: string, path = APF_CONFIG_PATH): ApfConfig {
  try {
    const value = struct(JSON.parse(text), 'Config', CONFIG_TYPES);
    const network = value['pod-network'] ?? null;
    return {
      ...value,
      'pod-network': network === null ? null : networkOf(network),
    } as unknown as ApfConfig;
  } catch (error) {
    throw peerpodErrors.apfUndecodable(path, messageOf(error), error);
  }
}

type GoType = 'string' | 'int' | 'bool' | 'object' | 'array';
type Types<K extends string> = Readonly<Record<K, GoType>>;

const CONFIG_TYPES: Types<keyof ApfConfig> = {
  'pod-network': 'object',
  'pod-namespace': 'string',
  'pod-name': 'string',
  'tls-server-key': 'string',
  'tls-server-cert': 'string',
  'tls-client-ca': 'string',
  'tls-min-version': 'string',
  'tls-cipher-suites': 'array',
};

const NETWORK_TYPES: Types<keyof PodNetworkConfig> = {
  podip: 'string',
  'pod-hw-addr': 'string',
  interface: 'string',
  'worker-node-ip': 'string',
  'tunnel-type': 'string',
  routes: 'array',
  neighbors: 'array',
  mtu: 'int',
  index: 'int',
  'vxlan-port': 'int',
  'vxlan-id': 'int',
  dedicated: 'bool',
  'external-net-via-pod-vm': 'bool',
};

const ROUTE_TYPES: Types<keyof PodRoute> = {
  dst: 'string',
  gw: 'string',
  dev: 'string',
  protocol: 'string',
  scope: 'string',
};
const NEIGHBOR_TYPES: Types<keyof PodNeighbor> = {
  ip: 'string',
  'hw-addr': 'string',
  dev: 'string',
  state: 'string',
};

function networkOf(value: unknown): Record<string, unknown> {
  const network = struct(value, 'Config.pod-network', NETWORK_TYPES);
  const items = (key: 'routes' | 'neighbors', types: Types<string>): unknown =>
    (network[key] as readonly unknown[] | null)?.map((item) =>
      struct(item ?? {}, `Config.pod-network.${key}`, types),
    ) ?? null;
  return {
    ...network,
    routes: items('routes', ROUTE_TYPES),
    neighbors: items('neighbors', NEIGHBOR_TYPES),
  };
}

/** What is missing or null becomes Go's zero value; unknown keys are ignored. */
const ZERO: Readonly<Record<GoType, unknown>> = {
  string: '',
  int: 0,
  bool: false,
  object: null,
  array: null,
};

function struct(value: unknown, path: string, types: Types<string>): Record<string, unknown> {
  if (typeOf(value) !== 'object') throw mismatch(value, path, 'object');
  return Object.fromEntries(
    Object.entries(types).flatMap(([key, type]): [string, unknown][] => {
      const field = (value as Readonly<Record<string, unknown>>)[key] ?? undefined;
      if (field !== undefined && typeOf(field) !== type) {
        throw mismatch(field, `${path}.${key}`, type);
      }
      if (key === 'tls-cipher-suites') assertTexts(field, `${path}.${key}`);
      const filled = field ?? ZERO[type];
      return OMIT_EMPTY.has(key) && filled === ZERO[type] ? [] : [[key, filled]];
    }),
  );
}

function assertTexts(list: unknown, path: string): void {
  for (const item of (list ?? []) as readonly unknown[]) {
    if (typeof item !== 'string') throw mismatch(item, path, 'string');
  }
}

const typeOf = (value: unknown): GoType | 'number' | 'null' => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'int' : 'number';
  return typeof value === 'string' ? 'string' : 'object';
};

const mismatch = (value: unknown, path: string, type: GoType): Error => {
  const kind = typeOf(value);
  const given = kind === 'int' || kind === 'number' ? 'number' : kind;
  return new Error(`json: cannot unmarshal ${given} into Go struct field ${path} of type ${type}`);
};

export async function readApfConfig(path: string): Promise<ApfConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw peerpodErrors.apfUnreadable(path, error);
  }
  return parseApfConfig(text, path);
}
